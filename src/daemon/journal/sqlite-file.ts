/**
 * The journal's file: a SQLite database with one writer, us. Its methods throw, and after a throw only `close` may be called.
 *
 * The lock is exclusive and held for as long as the file is open. That finds a second daemon, and SQLite then maps no
 * shared memory, so that a file which is cut off under us ends in an error and not in SIGBUS.
 */
import { chmodSync, closeSync, existsSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { makeDirectory } from "../state-dir.ts";
import { mustBeSynced, parseEntry, type Stamped } from "./entry.ts";
import type { GroupEntries, JournalDisk, JournalFile, Retention, StampedSegment } from "./journal-file.ts";
import { moveAside } from "./quarantine.ts";
import type { EntryPage, EntryQuery } from "./query.ts";
import type { Segment } from "./runs.ts";
import { SqliteHistory } from "./sqlite-history.ts";
import { prune } from "./sqlite-prune.ts";
import { SqliteRuns } from "./sqlite-runs.ts";
import { ofMove, prepareDatabase } from "./sqlite-schema.ts";

const journalFileName = "journal.db";

/** Entries of one group that recovery looks at; 100 moves of 200 entries each. */
const readMax = 20_000;
/** Entries after those of a group that are asked for a stamp that can be true. */
const laterMax = 1_000;
/** @returns the journal's file in this directory, which need not exist. */
export function sqliteDisk(stateDir: string): JournalDisk {
  const path = join(stateDir, journalFileName);
  return {
    path,
    open: (busyMs) => new SqliteFile(path, busyMs),
    moveAside: (stampWallMs) => moveAside(path, stampWallMs),
  };
}

export class SqliteFile implements JournalFile {
  readonly fresh: boolean;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #inode: number;
  readonly #insertEntry: StatementSync;
  readonly #groupIds = new Map<string, number>();
  readonly #runs: SqliteRuns;
  readonly #history: SqliteHistory;

  /** @param busyMs how long to wait for another process that has it, 0 to 100 milliseconds. @throws when it cannot be written to. */
  constructor(path: string, busyMs: number) {
    this.#path = path;
    makeFile(path);
    this.#db = new DatabaseSync(path, { timeout: busyMs });
    try {
      this.fresh = prepareDatabase(this.#db);
      this.#inode = statSync(path).ino;
      this.#insertEntry = this.#db.prepare(
        "INSERT INTO entries (at_wall_ms, group_id, type, entry) VALUES (?, ?, ?, ?)",
      );
      this.#runs = new SqliteRuns(this.#db, (group, identity) => this.#groupId(group, identity));
      this.#history = new SqliteHistory(this.#db);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  isInPlace(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  insert(all: readonly Stamped[]): void {
    this.#synchronise(all.some(({ entry }) => mustBeSynced(entry)));
    this.#db.exec("BEGIN IMMEDIATE");
    for (const { atWallMs, identity, entry } of all) {
      const { type, group } = entry;
      this.#insertEntry.run(atWallMs, this.#groupId(group, identity), type, JSON.stringify(entry));
    }
    this.#db.exec("COMMIT");
  }

  saveRuns(all: readonly StampedSegment[]): void {
    this.#synchronise(false);
    this.#db.exec("BEGIN IMMEDIATE");
    for (const { segment, identity } of all) this.#runs.save(segment, identity);
    this.#db.exec("COMMIT");
  }

  page(query: EntryQuery): EntryPage {
    return this.#history.page(query);
  }

  segments(group: string, fromWallMs: number, toWallMs: number): readonly Segment[] {
    return this.#runs.of(group, fromWallMs, toWallMs);
  }

  lastRunHour(untilWallMs: number): number | null {
    return this.#runs.lastHour(untilWallMs);
  }

  read(group: string, identity: string, wallNow: number): GroupEntries {
    const rows = this.#db
      .prepare(
        `SELECT id, at_wall_ms AS atWallMs, entry FROM entries
         WHERE group_id = (SELECT id FROM groups WHERE name = ? AND identity = ?) AND type IN (${ofMove})
         ORDER BY id DESC LIMIT ${readMax}`,
      )
      .all(group, identity)
      .toReversed();
    const entries = rows.flatMap((row): readonly Stamped[] => {
      const entry = parseEntry(String(row["entry"]));
      return entry === null ? [] : [{ atWallMs: Number(row["atWallMs"]), identity, entry }];
    });
    const later = this.#db
      .prepare(
        `SELECT at_wall_ms AS atWallMs FROM (SELECT id, at_wall_ms FROM entries WHERE id > ? ORDER BY id LIMIT ${laterMax})
         WHERE at_wall_ms <= ? ORDER BY id LIMIT 1`,
      )
      .get(Number(rows.at(-1)?.["id"] ?? 0), Math.trunc(wallNow));
    const laterWallMs = later === undefined ? null : Number(later["atWallMs"]);
    return { entries, laterWallMs, foreign: rows.length === 0 && this.#isForeign(group, identity) };
  }

  prune(retention: Retention, wallNow: number): number {
    this.#synchronise(false);
    return prune(this.#db, retention, wallNow);
  }

  close(): void {
    try {
      this.#db.close();
    } catch {
      // It is given up anyway; what was committed is in the file.
    }
  }

  /** @param full every commit is on the disk before it returns; else only before the next checkpoint. */
  #synchronise(full: boolean): void {
    this.#db.exec(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  }

  #isForeign(group: string, identity: string): boolean {
    const known = this.#db.prepare("SELECT identity FROM groups WHERE name = ? LIMIT 100").all(group);
    return known.length > 0 && known.every((row) => row["identity"] !== identity);
  }

  #groupId(name: string, identity: string): number {
    const key = JSON.stringify([name, identity]);
    const known = this.#groupIds.get(key);
    if (known !== undefined) return known;
    this.#db.prepare("INSERT OR IGNORE INTO groups (name, identity) VALUES (?, ?)").run(name, identity);
    const row = this.#db.prepare("SELECT id FROM groups WHERE name = ? AND identity = ?").get(name, identity);
    const id = Number(row?.["id"]);
    this.#groupIds.set(key, id);
    return id;
  }
}

/** SQLite would make it readable for all; its companions get the mode of the file. */
function makeFile(path: string): void {
  makeDirectory(dirname(path));
  if (existsSync(path)) chmodSync(path, 0o600);
  else closeSync(openSync(path, "wx", 0o600));
}
