/** What the journal asks of a disk: SQLite on a real one, a simulated twin in tests. */
import type { Stamped } from "./entry.ts";
import type { EntryPage, EntryQuery } from "./query.ts";
import type { Segment } from "./runs.ts";

/** A place for one file, which may not be there yet. */
export interface JournalDisk {
  /** For messages. */
  readonly path: string;
  /**
   * @param busyMs how long to wait for another process that has the file, 0 to 100 milliseconds.
   * @throws when it cannot be written to.
   */
  open(busyMs: number): JournalFile;
  /**
   * Takes a damaged file out of the way and keeps it.
   *
   * @param stampWallMs milliseconds since 1970.
   * @returns its new path.
   * @throws when that fails.
   */
  moveAside(stampWallMs: number): string;
}

/** The open file, with one writer, us. Its methods throw, and after a throw only `close` may be called. */
export interface JournalFile {
  /** Nothing was in it when it was opened. */
  readonly fresh: boolean;
  /** @returns false when the file was removed or replaced: what is written now would be lost. */
  isInPlace(): boolean;
  /** All or none of them. On the disk as this returns when one of them must be; else only safe from the death of the process. */
  insert(all: readonly Stamped[]): void;
  /** All or none of them, each in place of the one of the same target and start. Safe from the death of the process. */
  saveRuns(all: readonly StampedSegment[]): void;
  /** @returns the entries that are asked for; takes a few milliseconds at most. */
  page(query: EntryQuery): EntryPage;
  /**
   * @param fromWallMs milliseconds since 1970.
   * @returns the segments of all targets of a group that begin in the hours from one stamp to the other, at most six hours.
   */
  segments(group: string, fromWallMs: number, toWallMs: number): readonly Segment[];
  /** @returns the last hour until then, counted since 1970, in which a segment of any target begins. Null: none is there. */
  lastRunHour(untilWallMs: number): number | null;
  /** @param wallNow milliseconds since 1970. */
  read(group: string, identity: string, wallNow: number): GroupEntries;
  /** @param wallNow milliseconds since 1970. @returns how many entries and segments were dropped. */
  prune(retention: Retention, wallNow: number): number;
  close(): void;
}

/** Runs of a target with the identity of its group. */
export interface StampedSegment {
  readonly identity: string;
  readonly segment: Segment;
}

/** What is kept. */
export interface Retention {
  /** Entries that are older are dropped. Milliseconds. */
  readonly ageMaxMs: number;
  /** The size of the database above which the oldest is dropped, and last what recovery looks at. Bytes. */
  readonly bytesMax: number;
  /** The newest entries stay whatever their stamps: a clock that runs a year ahead must not empty the journal. */
  readonly entriesMin: number;
}

export interface GroupEntries {
  readonly entries: readonly Stamped[];
  /** The first stamp after them, of any group, that is not later than now. Null: none is near. */
  readonly laterWallMs: number | null;
  /** There are entries of a group of this name with another identity, and none with this one. */
  readonly foreign: boolean;
}
