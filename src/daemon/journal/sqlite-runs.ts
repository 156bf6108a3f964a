/** The runs of probes in the journal's file: one row for each segment, which is written again as long as it grows. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { decodeRuns, encodeRuns } from "./run-code.ts";
import { hourMs, hourOf, type Segment } from "./runs.ts";

/** Bounds of one question: targets of a group, hours, rows of a target in an hour. */
const targetsMax = 200;
const hoursMax = 6;
const rowsMax = 200;

export const runsSql: Readonly<
  Record<"save" | "targets" | "ofHour" | "lastHour" | "addTarget" | "target", string>
> = {
  save: "INSERT INTO runs (hour, target_id, start_ms, runs) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET runs = excluded.runs",
  targets: `SELECT targets.id, member FROM groups JOIN targets ON group_id = groups.id WHERE name = ? LIMIT ${targetsMax}`,
  ofHour: `SELECT start_ms AS startMs, runs FROM runs WHERE hour = ? AND target_id = ? ORDER BY start_ms LIMIT ${rowsMax}`,
  lastHour: "SELECT max(hour) AS hour FROM runs WHERE hour <= ?",
  addTarget: "INSERT OR IGNORE INTO targets (group_id, member) VALUES (?, ?)",
  target: "SELECT id FROM targets WHERE group_id = ? AND member = ?",
};

export class SqliteRuns {
  readonly #db: DatabaseSync;
  readonly #groupId: (group: string, identity: string) => number;
  readonly #save: StatementSync;
  readonly #targetIds = new Map<string, number>();

  /** @param groupId of a group of this name and identity, which is there afterwards. */
  constructor(db: DatabaseSync, groupId: (group: string, identity: string) => number) {
    this.#db = db;
    this.#groupId = groupId;
    this.#save = db.prepare(runsSql.save);
  }

  /** In the transaction that is open. */
  save(segment: Segment, identity: string): void {
    const { group, member, startWallMs } = segment;
    const hour = hourOf(startWallMs);
    const target = this.#targetId(this.#groupId(group, identity), member);
    this.#save.run(hour, target, startWallMs - hour * hourMs, encodeRuns(segment));
  }

  /** @returns the segments of a group's targets that begin in the hours of these stamps, at most six of them. */
  of(group: string, fromWallMs: number, toWallMs: number): readonly Segment[] {
    const last = hourOf(toWallMs);
    const first = Math.max(hourOf(fromWallMs), last - hoursMax + 1);
    const ofHour = this.#db.prepare(runsSql.ofHour);
    return this.#db
      .prepare(runsSql.targets)
      .all(group)
      .flatMap(({ id, member }) => {
        const segments: Segment[] = [];
        for (let hour = first; hour <= last; hour++) {
          for (const { startMs, runs } of ofHour.all(hour, Number(id))) {
            const startWallMs = hour * hourMs + Number(startMs);
            if (!(runs instanceof Uint8Array)) continue;
            segments.push({
              group,
              member: String(member),
              startWallMs,
              runs: decodeRuns(runs, startWallMs),
            });
          }
        }
        return segments;
      });
  }

  lastHour(untilWallMs: number): number | null {
    const hour = this.#db.prepare(runsSql.lastHour).get(hourOf(untilWallMs))?.["hour"] ?? null;
    return hour === null ? null : Number(hour);
  }

  #targetId(groupId: number, member: string): number {
    const key = `${groupId} ${member}`;
    const known = this.#targetIds.get(key);
    if (known !== undefined) return known;
    this.#db.prepare(runsSql.addTarget).run(groupId, member);
    const id = Number(this.#db.prepare(runsSql.target).get(groupId, member)?.["id"]);
    this.#targetIds.set(key, id);
    return id;
  }
}
