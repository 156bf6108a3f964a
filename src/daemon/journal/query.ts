/** What can be asked of the journal's past, and the same answered from a list in memory. */
import { allGroups, type JournalEntry } from "./journal.ts";

export type EntryType = JournalEntry["type"];

/** Where an entry is among the others: by its stamp, and of the same stamp by the order of writing. */
export interface Place {
  /** Milliseconds since 1970. */
  readonly atWallMs: number;
  readonly id: number;
}

export interface Recorded extends Place {
  readonly entry: JournalEntry;
}

export interface EntryQuery {
  /** With what is about all groups. Null: of every group. */
  readonly group: string | null;
  /** Stamps, both included. Null: no bound. */
  readonly sinceWallMs: number | null;
  readonly untilWallMs: number | null;
  readonly order: "newest-first" | "oldest-first";
  /** Only what comes beyond it in that order. Null: from the beginning. */
  readonly beyond: Place | null;
  /** Null: all of them. */
  readonly types: readonly EntryType[] | null;
  /** 1 to `pageMax`. */
  readonly limit: number;
}

/** The newest entries of all groups. */
export const everything: EntryQuery = {
  group: null,
  sinceWallMs: null,
  untilWallMs: null,
  order: "newest-first",
  beyond: null,
  types: null,
  limit: 100,
};

export interface EntryPage {
  readonly entries: readonly Recorded[];
  /** Where to go on; a page may have fewer entries than asked for, and none, and yet not be the last. Null: there is no more. */
  readonly next: Place | null;
}

/** Entries on one page. */
export const pageMax = 500;

/** Entries that one question looks at, so that it takes a few milliseconds whatever it asks for. */
export const scanMax = 2_000;

/** @returns a negative number when `a` comes before `b`. */
export function compareTo(order: EntryQuery["order"]): (a: Place, b: Place) => number {
  const sign = order === "newest-first" ? -1 : 1;
  return (a, b) => sign * (a.atWallMs - b.atWallMs || a.id - b.id);
}

/** @returns the page from entries that are all in memory. */
export function pageOf(all: readonly Recorded[], query: EntryQuery): EntryPage {
  const { group, sinceWallMs, untilWallMs, order, beyond, types, limit } = query;
  const compare = compareTo(order);
  const found = all
    .filter(
      ({ atWallMs, id, entry }) =>
        (group === null || entry.group === group || entry.group === allGroups) &&
        atWallMs >= (sinceWallMs ?? -Infinity) &&
        atWallMs <= (untilWallMs ?? Infinity) &&
        (beyond === null || compare({ atWallMs, id }, beyond) > 0) &&
        (types === null || types.includes(entry.type)),
    )
    .toSorted(compare);
  const entries = found.slice(0, limit);
  const last = entries.at(-1);
  return { entries, next: found.length > limit && last !== undefined ? placeOf(last) : null };
}

export function placeOf({ atWallMs, id }: Place): Place {
  return { atWallMs, id };
}
