/**
 * Questions to the journal's file about its past. The file has one reader, which is the writer too, so each of them is small: it
 * goes along an index, looks at a bounded number of entries, and gives a place to go on from.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { parseEntry } from "./entry.ts";
import { allGroups } from "./journal.ts";
import {
  compareTo,
  placeOf,
  scanMax,
  type EntryPage,
  type EntryQuery,
  type Place,
  type Recorded,
} from "./query.ts";

/** Identities that a group of one name had; each is asked for itself. */
const identitiesMax = 20;

/** The statements, apart for the test that reads their query plans. */
export const historySql: {
  readonly groupIds: string;
  readonly entry: string;
  readonly ofGroup: Readonly<Record<EntryQuery["order"], string>>;
  readonly ofAll: Readonly<Record<EntryQuery["order"], string>>;
} = {
  groupIds: `SELECT id FROM groups WHERE name = ? ORDER BY id DESC LIMIT ${identitiesMax}`,
  entry: "SELECT entry FROM entries WHERE id = ?",
  ofGroup: {
    "newest-first": scan("group_id = ? AND", "DESC"),
    "oldest-first": scan("group_id = ? AND", "ASC"),
  },
  ofAll: { "newest-first": scan("", "DESC"), "oldest-first": scan("", "ASC") },
};

function scan(which: string, direction: "ASC" | "DESC"): string {
  const beyond = direction === "DESC" ? "<" : ">";
  return `SELECT id, at_wall_ms AS atWallMs, type FROM entries
    WHERE ${which} at_wall_ms >= ? AND at_wall_ms <= ? AND (at_wall_ms, id) ${beyond} (?, ?)
    ORDER BY at_wall_ms ${direction}, id ${direction}`;
}

const safe = Number.MAX_SAFE_INTEGER;

export class SqliteHistory {
  readonly #db: DatabaseSync;
  readonly #entry: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#entry = db.prepare(historySql.entry);
  }

  page(query: EntryQuery): EntryPage {
    const { group, order, limit } = query;
    const compare = compareTo(order);
    const scans =
      group === null
        ? [this.#scan(historySql.ofAll[order], [], query)]
        : this.#groupIds(group).map((id) => this.#scan(historySql.ofGroup[order], [id], query));
    // Beyond the place that one of them has reached, something of it may be missing.
    const horizon = scans.flatMap(({ reached }) => reached ?? []).toSorted(compare)[0] ?? null;
    const all = scans.flatMap(({ found }) => found).toSorted(compare);
    const known = horizon === null ? all : all.filter((place) => compare(place, horizon) <= 0);
    const places = known.slice(0, limit);
    const last = places.at(-1);
    const next = known.length > limit && last !== undefined ? placeOf(last) : horizon;
    return { entries: places.flatMap((place) => this.#read(place) ?? []), next };
  }

  #groupIds(name: string): readonly number[] {
    const names = name === allGroups ? [name] : [name, allGroups];
    return names.flatMap((each) =>
      this.#db
        .prepare(historySql.groupIds)
        .all(each)
        .map((row) => Number(row["id"])),
    );
  }

  /** @returns what is found, and how far it was looked when that is not to the end. */
  #scan(
    sql: string,
    which: readonly number[],
    { sinceWallMs, untilWallMs, order, beyond, types, limit }: EntryQuery,
  ): { readonly found: readonly Place[]; readonly reached: Place | null } {
    const start = order === "newest-first" ? safe : -safe;
    const bounds = [sinceWallMs ?? -safe, untilWallMs ?? safe].map(Math.trunc);
    const from = [beyond?.atWallMs ?? start, beyond?.id ?? start];
    const found: Place[] = [];
    let scanned = 0;
    for (const row of this.#db.prepare(sql).iterate(...which, ...bounds, ...from)) {
      scanned += 1;
      const place = { id: Number(row["id"]), atWallMs: Number(row["atWallMs"]) };
      if (types === null || types.some((type) => type === row["type"])) found.push(place);
      if (found.length > limit || scanned >= scanMax) return { found, reached: place };
    }
    return { found, reached: null };
  }

  /** @returns null for an entry that is damaged, or of a type that this version does not know. */
  #read(place: Place): Recorded | null {
    const row = this.#entry.get(place.id);
    const entry = row === undefined ? null : parseEntry(String(row["entry"]));
    return entry === null ? null : { ...placeOf(place), entry };
  }
}
