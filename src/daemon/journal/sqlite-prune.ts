/**
 * Drops what is too old or too much, a bounded part of it at a time. For the sake of the size what only explains goes first, the
 * oldest of it, be it runs of probes or entries; what a fresh process must know goes last.
 */
import type { DatabaseSync } from "node:sqlite";
import type { Retention } from "./journal-file.ts";
import { hourMs, hourOf } from "./runs.ts";
import { numberOf, ofMove } from "./sqlite-schema.ts";

/** Bounds of one pruning, so that it takes a few milliseconds: rows dropped, pages given back to the disk, entries looked at. */
const batch = 250;
const vacuumPages = 100;
const scanMax = 5_000;

export const pruneSql: Readonly<Record<"oldest" | "oldestHour" | "oldestRuns" | "explaining", string>> = {
  oldest: `SELECT id FROM entries WHERE id <= ? ORDER BY id LIMIT ${batch}`,
  oldestHour: "SELECT min(hour) AS hour FROM runs",
  oldestRuns: `SELECT hour, target_id, start_ms FROM runs WHERE hour < ? ORDER BY hour, target_id, start_ms LIMIT ${batch}`,
  explaining: `SELECT id, atWallMs FROM
    (SELECT id, at_wall_ms AS atWallMs, type FROM entries ORDER BY at_wall_ms, id LIMIT ${scanMax})
    WHERE type NOT IN (${ofMove}) AND id <= ? LIMIT ${batch}`,
};

/** @param wallNow milliseconds since 1970. @returns how many entries and segments were dropped. */
export function prune(db: DatabaseSync, retention: Retention, wallNow: number): number {
  const cutoff = Math.trunc(wallNow - retention.ageMaxMs);
  const newest = numberOf(db, "SELECT coalesce(max(id), 0) FROM entries");
  const droppable = newest - retention.entriesMin;
  let dropped =
    changes(
      db,
      `DELETE FROM entries WHERE id IN (${pruneSql.oldest}) AND at_wall_ms < ?`,
      droppable,
      cutoff,
    ) + dropRuns(db, hourOf(cutoff));
  if (bytesUsed(db) > retention.bytesMax) dropped += dropForSize(db, droppable);
  db.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
  return dropped;
}

function dropForSize(db: DatabaseSync, droppable: number): number {
  const hour = db.prepare(pruneSql.oldestHour).get()?.["hour"] ?? null;
  const explaining = db.prepare(pruneSql.explaining).all(droppable);
  const entriesSince = Number(explaining[0]?.["atWallMs"] ?? Number.MAX_SAFE_INTEGER);
  if (hour !== null && Number(hour) * hourMs <= entriesSince) return dropRuns(db, hourOf(entriesSince) + 1);
  if (explaining.length === 0)
    return changes(db, `DELETE FROM entries WHERE id IN (${pruneSql.oldest})`, droppable);
  const drop = db.prepare("DELETE FROM entries WHERE id = ?");
  db.exec("BEGIN IMMEDIATE");
  for (const row of explaining) drop.run(Number(row["id"]));
  db.exec("COMMIT");
  return explaining.length;
}

/** @param before drops the oldest of those of an hour before this one. */
function dropRuns(db: DatabaseSync, before: number): number {
  return changes(
    db,
    `DELETE FROM runs WHERE (hour, target_id, start_ms) IN (${pruneSql.oldestRuns})`,
    before,
  );
}

/** Pages that were given up and not yet returned to the disk do not count. */
function bytesUsed(db: DatabaseSync): number {
  const pages = numberOf(db, "PRAGMA page_count") - numberOf(db, "PRAGMA freelist_count");
  return pages * numberOf(db, "PRAGMA page_size");
}

function changes(db: DatabaseSync, sql: string, ...parameters: readonly number[]): number {
  return Number(db.prepare(sql).run(...parameters).changes);
}
