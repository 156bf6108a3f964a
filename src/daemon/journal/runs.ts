/**
 * What probes saw, kept as runs: the same outcome for the same cause, one after another, is one run with a count, its first and last
 * stamp, and the shortest, middle and longest of its durations. The runs of one target within an hour are a segment, which is what is
 * stored; it is also bounded by a number of runs, so that writing the newest one again costs little.
 */
import type { Cause } from "../../core/cause.ts";
import { Durations } from "./durations.ts";

/** One run. Stamps are milliseconds since 1970. */
export interface Run {
  readonly cause: Cause;
  /** At least 1. */
  readonly count: number;
  /** When the first and the last of these probes ended. */
  readonly firstWallMs: number;
  readonly lastWallMs: number;
  /** Durations in milliseconds, to a tenth. The median is that of all of them, from 100 ms on to three digits; see `Durations`. */
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

/** The target of a segment: a member's own, or the way through the address under `throughAddress`. */
export interface ProbedTarget {
  readonly group: string;
  readonly member: string;
}

/** What the way through the address is stored under; no member can have this name. */
export const throughAddress = "(address)";

/** Runs of one target, in the order in which they were seen, of one hour of the wall clock. Together with the target `startWallMs` names it. */
export interface Segment extends ProbedTarget {
  /** The first stamp of its first run. */
  readonly startWallMs: number;
  readonly runs: readonly Run[];
}

export const hourMs = 3_600_000;

/** Runs of a segment; about ten bytes each. */
const runsMax = 64;
/** Probes of a run; more than an hour has at one a second. */
const countMax = 4_096;

/** The segment of one target that is being written. */
export class OpenSegment {
  readonly #target: ProbedTarget;
  #start = 0;
  #closed: Run[] = [];
  #open: OpenRun | null = null;

  constructor(target: ProbedTarget) {
    this.#target = target;
  }

  /**
   * Takes one probe in.
   *
   * @returns the segment before, when this probe begins a new one: its hour is over, it is full, or the clock went back. Else null.
   */
  observe(cause: Cause, durationMs: number, wallMs: number): Segment | null {
    const open = this.#open;
    if (open === null) {
      this.#begin(cause, durationMs, wallMs);
      return null;
    }
    const isOver = hourOf(wallMs) !== hourOf(this.#start) || wallMs < open.last;
    const isSame = open.cause === cause && open.durations.count < countMax;
    if (isOver || (!isSame && this.#closed.length + 1 >= runsMax)) {
      const before = this.segment();
      this.#closed = [];
      this.#begin(cause, durationMs, wallMs);
      return before;
    }
    if (isSame) {
      open.last = wallMs;
      open.durations.add(durationMs);
    } else {
      this.#closed.push(runOf(open));
      this.#open = openRun(cause, durationMs, wallMs);
    }
    return null;
  }

  /** What is in it so far. Null: nothing. */
  segment(): Segment | null {
    if (this.#open === null) return null;
    return { ...this.#target, startWallMs: this.#start, runs: [...this.#closed, runOf(this.#open)] };
  }

  #begin(cause: Cause, durationMs: number, wallMs: number): void {
    this.#start = wallMs;
    this.#open = openRun(cause, durationMs, wallMs);
  }
}

interface OpenRun {
  readonly cause: Cause;
  readonly first: number;
  last: number;
  readonly durations: Durations;
}

function openRun(cause: Cause, durationMs: number, wallMs: number): OpenRun {
  const durations = new Durations();
  durations.add(durationMs);
  return { cause, first: wallMs, last: wallMs, durations };
}

function runOf({ cause, first, last, durations }: OpenRun): Run {
  const { count, minMs, medianMs, maxMs } = durations;
  return { cause, count, firstWallMs: first, lastWallMs: last, minMs, medianMs, maxMs };
}

/** @returns those of a group that begin in the hours from one stamp to the other. Milliseconds since 1970. */
export function segmentsWithin(
  segments: readonly Segment[],
  group: string,
  fromWallMs: number,
  toWallMs: number,
): readonly Segment[] {
  const [first, last] = [hourOf(fromWallMs), hourOf(toWallMs)];
  return segments.filter(
    (segment) =>
      segment.group === group && hourOf(segment.startWallMs) >= first && hourOf(segment.startWallMs) <= last,
  );
}

/** @returns which hour since 1970 it is. */
export function hourOf(wallMs: number): number {
  return Math.floor(wallMs / hourMs);
}
