/** Segments in memory: all that there is while the disk fails, until they can be written. */
import { hourOf, segmentsWithin, type Segment } from "./runs.ts";

/** Segments kept; with a hundred targets about a day. */
const recentMax = 2_000;

export class RecentRuns {
  readonly #all = new Map<string, Segment>();

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  get all(): readonly Segment[] {
    return [...this.#all.values()];
  }

  /** Each takes the place of the one with its name; the oldest ones make room. */
  take(segments: readonly Segment[]): void {
    for (const segment of segments) this.#all.set(segmentName(segment), segment);
    for (const name of this.#all.keys()) {
      if (this.#all.size <= recentMax) return;
      this.#all.delete(name);
    }
  }

  clear(): void {
    this.#all.clear();
  }

  lastHour(untilWallMs: number): number | null {
    return lastHourOf(this.all, untilWallMs);
  }

  /** @returns those of a group that begin in the hours from one stamp to the other. Milliseconds since 1970. */
  of(group: string, fromWallMs: number, toWallMs: number): readonly Segment[] {
    return segmentsWithin(this.all, group, fromWallMs, toWallMs);
  }
}

/** @returns the last hour until then in which one of them begins, or null. */
export function lastHourOf(segments: readonly Segment[], untilWallMs: number): number | null {
  const hours = segments.map(({ startWallMs }) => hourOf(startWallMs));
  const last = Math.max(...hours.filter((hour) => hour <= hourOf(untilWallMs)));
  return last === -Infinity ? null : last;
}

/** @returns what tells one segment from another. */
export function segmentName({ group, member, startWallMs }: Segment): string {
  return `${group} ${member} ${startWallMs}`;
}
