/**
 * Starts probes on time. Every target has its own place on a fixed grid, so no target waits for another, and a probe
 * never overlaps itself: the next start is chosen when the last one has ended. One timer serves all targets.
 *
 *   state        seen                                    next state
 *   waits        its instant, and there is room          under-way; there is none at the limit, or while held
 *   waits        hurry or a hint                         waits, for this instant
 *   waits        a strike that begins or ends            waits, for another instant
 *   under-way    its result                              waits, for the instant that its rhythm tells
 *   waits        remove                                  gone
 *   under-way    remove                                  gone, and what is seen is told to nobody
 */
import type { ProbeResult } from "../../core/probe-result.ts";
import type { Target } from "../../core/target.ts";
import type { Clock } from "../clock.ts";
import { DueQueue, type Due } from "./due-queue.ts";
import type { EngineLoad, Probed, ProbeEngine, Scheduled } from "./engine.ts";
import { Rhythm } from "./rhythm.ts";
import type { Watch } from "./watch.ts";
import { type OpenWatch, type WatchCounts, Watches, noWatches } from "./watches.ts";

/** Probes one target, one attempt at a time. */
export interface Prober {
  /** One attempt. `onResult` is called once, within two of the target's timeouts, possibly before `start` returns. */
  start(onResult: (result: ProbeResult) => void): void;
  /** Ends the attempt under way, if there is one, as soon as it can, and gives back all that is kept between attempts. */
  abort(): void;
}

export interface SchedulerParts {
  readonly clock: Clock;
  /** Makes what probes a target: what need not be done for each attempt is done here. */
  readonly proberOf: (target: Target) => Prober;
  /**
   * Starts that are due within this time of each other are made together, the first ones that much late, since a turn
   * of the event loop for each costs more than the probe itself. Milliseconds, ≥ 0, default 0.
   */
  readonly tickMs?: number;
  /** How targets are watched. Without it none is. */
  readonly openWatch?: OpenWatch;
}

/**
 * Starts made in one turn of the event loop. The sockets of those under way have to be looked at in between: answers that
 * wait while we are busy with starts would look slow.
 */
const startsPerTurnMax = 64;

/** Node's timers may fire this much early by the clock that is read here: what is due then is due. Milliseconds. */
const earlyMs = 1;

/**
 * Probes under way at the same time. What is due beyond that waits, and shows as late. Each holds a file descriptor; a
 * service of systemd may have 524,288.
 */
const underWayMax = 16_384;

interface Entry extends Due {
  readonly rhythm: Rhythm;
  readonly onProbed: (probed: Probed) => void;
  target: Target;
  prober: Prober;
  /** Counts the changes of the target. */
  generation: number;
  /** A strike counts. */
  striking: boolean;
  state: "waits" | "under-way" | "gone";
  watch: Watch | null;
}

export class ProbeScheduler implements ProbeEngine {
  readonly isApart = false;
  readonly loopLateMs = 0;
  readonly #clock: Clock;
  readonly #proberOf: SchedulerParts["proberOf"];
  readonly #tickMs: number;
  readonly #watches: Watches | null;
  readonly #queue = new DueQueue<Entry>();
  /** With what probes each; it may be of the target before. */
  readonly #underWay = new Map<Entry, Prober>();
  #isHeld = false;
  #wakeAt = Infinity;
  #cancelWake: () => void = () => undefined;
  /** Called once nothing is under way any more. */
  #onStopped: (() => void) | null = null;

  constructor({ clock, proberOf, tickMs = 0, openWatch }: SchedulerParts) {
    this.#clock = clock;
    this.#proberOf = proberOf;
    this.#tickMs = tickMs;
    this.#watches = openWatch === undefined ? null : new Watches(clock, openWatch);
  }

  add(key: string, target: Target, onProbed: (probed: Probed) => void): Scheduled {
    const entry: Entry = {
      rhythm: new Rhythm(key, target),
      onProbed,
      target,
      prober: this.#proberOf(target),
      generation: 0,
      striking: false,
      state: "waits",
      watch: null,
      dueAt: 0,
      place: -1,
    };
    this.#watch(entry);
    this.#plan(entry, entry.rhythm.first(this.#clock.now(), target));
    return {
      hurry: () => this.#hurry(entry),
      setStriking: (counts) => this.#setStriking(entry, counts),
      retarget: (next) => this.#retarget(entry, next),
      remove: () => this.#remove(entry),
    };
  }

  /** Begins no probe until released. What is due meanwhile is late, and shows as late. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#wakeAtLatest(this.#clock.now());
  }

  stop(): Promise<void> {
    for (const { prober } of this.#queue) prober.abort();
    this.#queue.clear();
    this.#cancelWake();
    this.#watches?.close();
    return new Promise((resolve) => {
      this.#onStopped = resolve;
      for (const prober of this.#underWay.values()) prober.abort();
      this.#settle();
    });
  }

  takeLoad(): EngineLoad {
    return { loopLateMs: this.loopLateMs, overdueMs: this.overdueMs };
  }

  get watches(): WatchCounts {
    return this.#watches?.counts ?? noWatches;
  }

  /** How late the most overdue start is. Milliseconds; 0: none is. */
  get overdueMs(): number {
    const { first } = this.#queue;
    return first === undefined ? 0 : Math.max(0, this.#clock.now() - first.dueAt);
  }

  #hurry(entry: Entry): void {
    if (entry.state !== "waits") return;
    entry.rhythm.hurry();
    this.#plan(entry, this.#clock.now());
  }

  #setStriking(entry: Entry, counts: boolean): void {
    if (entry.striking === counts || this.#onStopped !== null) return;
    entry.striking = counts;
    entry.watch?.setStriking(counts);
    if (entry.state === "waits" && entry.target.fastIntervalMs !== null) this.#planNext(entry);
  }

  #retarget(entry: Entry, target: Target): void {
    entry.generation += 1;
    entry.target = target;
    if (entry.state === "waits") entry.prober.abort();
    entry.prober = this.#proberOf(target);
    entry.rhythm.retarget();
    this.#watch(entry);
  }

  #remove(entry: Entry): void {
    if (entry.state === "waits") entry.prober.abort();
    entry.state = "gone";
    this.#queue.remove(entry);
    this.#unwatch(entry);
  }

  /** Watches the present target, if it wants to be. */
  #watch(entry: Entry): void {
    this.#unwatch(entry);
    const { target, rhythm } = entry;
    if (!target.watch || this.#watches === null) return;
    entry.watch = this.#watches.add(target, rhythm.phaseMs / target.intervalMs, () => this.#takeHint(entry));
    entry.watch.setStriking(entry.striking);
  }

  #unwatch(entry: Entry): void {
    if (entry.watch !== null) this.#watches?.remove(entry.watch);
    entry.watch = null;
  }

  #takeHint(entry: Entry): void {
    entry.rhythm.hint();
    if (entry.state === "waits") this.#planNext(entry);
  }

  #planNext(entry: Entry): void {
    this.#plan(entry, entry.rhythm.next(this.#clock.now(), entry.striking, entry.target));
  }

  #plan(entry: Entry, at: number): void {
    if (this.#onStopped !== null) return;
    this.#queue.plan(entry, at);
    this.#wakeFor(at);
  }

  /** There is a start to be made at this instant, or together with others a little later. */
  #wakeFor(at: number): void {
    this.#wakeAtLatest(this.#tickMs === 0 ? at : Math.ceil(at / this.#tickMs) * this.#tickMs);
  }

  #wakeAtLatest(wakeAt: number): void {
    if (wakeAt >= this.#wakeAt) return;
    this.#cancelWake();
    this.#wakeAt = wakeAt;
    this.#cancelWake = this.#clock.after(wakeAt - this.#clock.now(), () => this.#startDue());
  }

  #startDue(): void {
    this.#wakeAt = Infinity;
    const now = this.#clock.now();
    for (let starts = 0; starts < startsPerTurnMax && this.#hasRoom; starts++) {
      const { first } = this.#queue;
      if (first === undefined || first.dueAt > now + earlyMs) break;
      this.#start(first);
    }
    const { first } = this.#queue;
    // Whatever makes room again wakes us.
    if (first === undefined || !this.#hasRoom) return;
    if (first.dueAt > now + earlyMs) this.#wakeFor(first.dueAt);
    else this.#wakeAtLatest(now);
  }

  get #hasRoom(): boolean {
    return this.#underWay.size < underWayMax && !this.#isHeld;
  }

  #start(entry: Entry): void {
    this.#queue.remove(entry);
    entry.state = "under-way";
    const { generation, prober, rhythm, dueAt } = entry;
    const now = this.#clock.now();
    // Whether the target is still there, a connection of before may not know.
    if (rhythm.begin(dueAt, now)) prober.abort();
    this.#underWay.set(entry, prober);
    const latenessMs = Math.max(0, now - dueAt);
    prober.start((result) => {
      const isOld = generation !== entry.generation;
      this.#end(entry, { result, latenessMs, heardAt: this.#clock.now(), isOld });
      // Nothing is kept for a probe that never comes.
      if (!isHere(entry) || entry.prober !== prober || this.#onStopped !== null) prober.abort();
    });
  }

  #end(entry: Entry, probed: Probed): void {
    const hadRoom = this.#hasRoom;
    this.#underWay.delete(entry);
    if (this.#onStopped !== null) {
      this.#settle();
      return;
    }
    if (isHere(entry) && !probed.isOld) {
      const { outcome } = probed.result;
      if (entry.rhythm.settle(outcome, entry.target)) this.#watches?.count(outcome);
      entry.watch?.observe(outcome, entry.rhythm.startedAt);
    }
    if (isHere(entry)) entry.onProbed(probed);
    // It may have been removed while it was told.
    if (isHere(entry)) {
      entry.state = "waits";
      this.#planNext(entry);
    }
    if (!hadRoom && this.#hasRoom) this.#wakeAtLatest(this.#clock.now());
  }

  #settle(): void {
    if (this.#underWay.size === 0) this.#onStopped?.();
  }
}

function isHere({ state }: Entry): boolean {
  return state !== "gone";
}
