/** A journal that outlives nothing: for tests, simulation, and a daemon without a state directory. */
import type { Clock } from "../clock.ts";
import type { Journal, JournalEntry, JournalHealth, Recovered } from "./journal.ts";
import { pageOf, type EntryPage, type EntryQuery } from "./query.ts";
import { RecentRuns } from "./recent-runs.ts";
import { Recent } from "./recent.ts";
import type { Segment } from "./runs.ts";
import { recoverFrom } from "./recover.ts";

export class MemoryJournal implements Journal {
  readonly health: JournalHealth = { kind: "memory", why: "it is not kept on the disk" };
  readonly #clock: Pick<Clock, "wallNow">;
  readonly #recent = new Recent();
  readonly #runs = new RecentRuns();

  constructor(clock: Pick<Clock, "wallNow">) {
    this.#clock = clock;
  }

  /** The newest entries, oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.#recent.all.map(({ entry }) => entry);
  }

  append(entry: JournalEntry): void {
    this.#recent.add(entry, this.#clock.wallNow());
  }

  recover(group: string, identity: string): Recovered {
    this.#recent.begin(group, identity);
    return recoverFrom(this.#recent.of(group), this.#clock.wallNow(), this.#recent.all.at(-1)?.atWallMs);
  }

  saveRuns(segments: readonly Segment[]): void {
    this.#runs.take(segments);
  }

  page(query: EntryQuery): EntryPage {
    return pageOf(this.#recent.recorded, query);
  }

  segments(group: string, fromWallMs: number, toWallMs: number): readonly Segment[] {
    return this.#runs.of(group, fromWallMs, toWallMs);
  }

  lastRunHour(untilWallMs: number): number | null {
    return this.#runs.lastHour(untilWallMs);
  }

  /** It is bounded by itself. */
  prune(): number {
    return 0;
  }

  close(): void {
    // There is nothing to let go of.
  }
}
