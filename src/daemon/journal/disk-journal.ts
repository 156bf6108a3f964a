/**
 * The journal on the disk. Trouble with the file never reaches the caller:
 *
 *   state     event                                  next state
 *   durable   an entry cannot be written             memory, opened again after a wait that grows to a minute
 *   durable   the file was removed or replaced       durable, a new file gets the newest entries again
 *   any       the file is damaged                    moved aside, a new one begun; at most once a minute
 *   memory    the wait is over, an entry comes in    durable when all that is missing could be written, else memory
 *   memory    close                                  durable when all that is missing could be written; then as below
 *   any       close                                  memory
 */
import { backoffMs } from "../../core/backoff.ts";
import type { Clock } from "../clock.ts";
import { ageMaxMs } from "./age.ts";
import { mustBeSynced, type Stamped } from "./entry.ts";
import type { JournalDisk, JournalFile, Retention } from "./journal-file.ts";
import type { Journal, JournalEntry, JournalHealth, Recovered } from "./journal.ts";
import { pageOf, type EntryPage, type EntryQuery } from "./query.ts";
import { RecentRuns } from "./recent-runs.ts";
import { Recent } from "./recent.ts";
import type { Segment } from "./runs.ts";
import { recoverFrom } from "./recover.ts";
import { troubleOf } from "./trouble.ts";

/** At the start a predecessor may be about to let go of the file; later nobody waits for it. Milliseconds. */
const firstBusyMs = 100;
/** One process at one disk needs no jitter, so this is twice the wait: from 1 s to a minute. */
const reopening = { baseMs: 2_000, maxMs: 120_000 } as const;
/** A disk that damages every file is left alone for this long. Milliseconds. */
const asideEveryMs = 60_000;
/** Entries and segments between two prunings that the journal does by itself; fewer than a pruning can drop. */
const pruneEvery = 100;
/** So many entries of one turn wait for its end; fewer than `Recent` keeps of a kind, so that none is dropped before it was to be written. */
const untoldMax = 256;

const defaultRetention: Retention = { ageMaxMs, bytesMax: 95_000_000, entriesMin: 1_000 };

/** None of these functions may throw. */
export interface DiskJournalParts {
  readonly disk: JournalDisk;
  readonly clock: Pick<Clock, "now" | "wallNow">;
  /** Told of each change of health, and of the first state when it is not durable. */
  readonly onHealth: (health: JournalHealth) => void;
  /** Once for each entry, when it was or should have been written: `ok` is in the file. */
  readonly onWrite: (result: "ok" | "failed") => void;
  /** What an operator should read once: a damaged file was moved aside, a foreign journal is ignored. */
  readonly onNotice: (text: string) => void;
  /** Default 90 days, 95 MB (the file is then smaller than 100 MB also while it is pruned), and the newest 1,000 entries in any case. */
  readonly retention?: Retention;
  /**
   * Calls back when this turn of the event loop is over: entries that need not be synced are written then, all of the turn in one
   * transaction. What must be synced takes along those before it, and so does the 256th that waits. Default: calls back at once.
   */
  readonly defer?: (write: () => void) => void;
}

export class DiskJournal implements Journal {
  readonly #parts: DiskJournalParts;
  readonly #recent = new Recent();
  /** Segments that are not in the file. */
  readonly #runs = new RecentRuns();
  /** Entries that are not in the file. */
  #missing = new Set<Stamped>();
  /** Entries of which nobody was told yet whether they were written; fewer than `untoldMax` between two calls. */
  #untold: Stamped[] = [];
  #isDeferred = false;
  #file: JournalFile | null = null;
  #health: JournalHealth = { kind: "durable" };
  #closed = false;
  #failures = 0;
  #reopenAt = -Infinity;
  #lastAsideAt = -Infinity;
  #sincePrune = 0;
  #busyMs = firstBusyMs;

  constructor(parts: DiskJournalParts) {
    this.#parts = parts;
    this.#write();
  }

  get health(): JournalHealth {
    return this.#health;
  }

  append(entry: JournalEntry): void {
    const taken = this.#recent.add(entry, this.#parts.clock.wallNow());
    if (taken === null) {
      this.#parts.onWrite("failed");
      return;
    }
    this.#missing.add(taken.added);
    if (taken.dropped !== null) this.#missing.delete(taken.dropped);
    this.#untold.push(taken.added);
    if (mustBeSynced(entry) || this.#untold.length >= untoldMax) this.#write();
    else this.#writeSoon();
  }

  saveRuns(segments: readonly Segment[]): void {
    this.#runs.take(segments);
    this.#write();
    this.#pruneAfter(segments.length);
  }

  page(query: EntryQuery): EntryPage {
    return this.#try((file) => file.page(query)) ?? pageOf(this.#recent.recorded, query);
  }

  segments(group: string, fromWallMs: number, toWallMs: number): readonly Segment[] {
    const found = this.#try((file) => file.segments(group, fromWallMs, toWallMs)) ?? [];
    return [...found, ...this.#runs.of(group, fromWallMs, toWallMs)];
  }

  lastRunHour(untilWallMs: number): number | null {
    const found = this.#try((file) => file.lastRunHour(untilWallMs)) ?? null;
    const kept = this.#runs.lastHour(untilWallMs);
    return found === null || kept === null ? (found ?? kept) : Math.max(found, kept);
  }

  recover(group: string, identity: string): Recovered {
    this.#recent.begin(group, identity);
    const wallNow = this.#parts.clock.wallNow();
    const found = this.#try((file) => file.read(group, identity, wallNow));
    if (found === null) {
      return recoverFrom(this.#recent.of(group), wallNow, this.#recent.all.at(-1)?.atWallMs);
    }
    if (found.foreign) {
      this.#parts.onNotice(
        `The journal of group ${group} is of another account, zone, address or set of members, and is ignored`,
      );
    }
    return recoverFrom(found.entries, wallNow, found.laterWallMs);
  }

  prune(): number {
    this.#sincePrune = 0;
    const { retention = defaultRetention, clock } = this.#parts;
    return this.#try((file) => file.prune(retention, clock.wallNow())) ?? 0;
  }

  close(): void {
    if (this.#missing.size > 0 || !this.#runs.isEmpty) {
      // The last chance to bring it to the disk, whatever the wait.
      this.#reopenAt = -Infinity;
      this.#write();
    }
    this.#closed = true;
    this.#letGo();
    // Nobody is told: closing is no trouble.
    this.#health = { kind: "memory", why: "the journal is closed" };
  }

  #pruneAfter(count: number): void {
    this.#sincePrune += count;
    if (this.#sincePrune >= pruneEvery) this.prune();
  }

  #writeSoon(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    const { defer = (write): void => write() } = this.#parts;
    defer(() => {
      this.#isDeferred = false;
      this.#write();
    });
  }

  /** Brings everything that is missing into the file, if there is one now. */
  #write(): void {
    this.#try(() => undefined);
    const told = this.#untold;
    this.#untold = [];
    for (const entry of told) this.#parts.onWrite(this.#missing.has(entry) ? "failed" : "ok");
    if (told.length > 0) this.#pruneAfter(told.length);
  }

  /**
   * Does some work on the file, with all entries in it. A damaged file is moved aside and the work done on a new one.
   *
   * @returns null when the journal is in memory.
   */
  #try<T>(work: (file: JournalFile) => T): T | null {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        const file = this.#open();
        if (file === null) return null;
        if (this.#missing.size > 0) file.insert([...this.#missing]);
        this.#missing.clear();
        this.#writeRuns(file);
        const result = work(file);
        this.#failures = 0;
        this.#become({ kind: "durable" });
        return result;
      } catch (error) {
        this.#fail(error);
      }
    }
    return null;
  }

  #writeRuns(file: JournalFile): void {
    if (this.#runs.isEmpty) return;
    const all = this.#runs.all.map((segment) => ({
      segment,
      identity: this.#recent.identityOf(segment.group),
    }));
    file.saveRuns(all);
    this.#runs.clear();
  }

  #open(): JournalFile | null {
    if (this.#closed) return null;
    if (this.#file !== null) {
      if (this.#file.isInPlace()) return this.#file;
      this.#letGo();
      this.#parts.onNotice(`${this.#parts.disk.path} was removed or replaced, so the journal begins anew`);
    } else if (this.#parts.clock.now() < this.#reopenAt) {
      return null;
    }
    const busyMs = this.#busyMs;
    this.#busyMs = 0;
    this.#file = this.#parts.disk.open(busyMs);
    if (this.#file.fresh) this.#missing = new Set(this.#recent.all);
    return this.#file;
  }

  #fail(error: unknown): void {
    this.#letGo();
    const { clock, disk, onNotice } = this.#parts;
    const trouble = troubleOf(error, disk.path);
    const now = clock.now();
    if (trouble.kind === "damaged" && now - this.#lastAsideAt >= asideEveryMs) {
      this.#lastAsideAt = now;
      try {
        const aside = disk.moveAside(clock.wallNow());
        onNotice(`${trouble.why}; it is kept as ${aside}, and a new journal is begun`);
        this.#reopenAt = now;
        return;
      } catch {
        // It stays where it is, and the journal in memory.
      }
    }
    this.#failures += 1;
    this.#reopenAt = now + backoffMs(this.#failures, reopening, 0);
    this.#become({ kind: "memory", why: trouble.why });
  }

  #letGo(): void {
    this.#file?.close();
    this.#file = null;
  }

  #become(health: JournalHealth): void {
    const before = this.#health;
    this.#health = health;
    const same =
      before.kind === "memory" && health.kind === "memory"
        ? before.why === health.why
        : before.kind === health.kind;
    if (!same) this.#parts.onHealth(health);
  }
}
