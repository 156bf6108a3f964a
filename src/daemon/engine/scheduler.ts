/**
 * Starts probes on time. Every target has its own place on a fixed grid, so no target waits for another, and a probe
 * never overlaps itself: the next start is chosen when the last one has ended. One timer serves all targets.
 *
 *   state        seen                                    next state
 *   waits        its instant, and there is room          under-way
 *   waits        hurry, or a strike that begins or ends  waits, for another instant
 *   under-way    its result                              waits, for the next instant of its grid or the fast interval
 *   waits        remove                                  gone
 *   under-way    remove                                  gone, and what is seen is told to nobody
 */
import type { ProbeResult } from "../../core/probe-result.ts";
import { nextOnGrid, nextStart, phaseOf } from "../../core/schedule.ts";
import type { Target } from "../../core/target.ts";
import type { Clock } from "../clock.ts";
import { DueQueue, type Due } from "./due-queue.ts";
import type { EngineLoad, Probed, ProbeEngine, Scheduled } from "./engine.ts";

/** Probes one target, one attempt at a time. */
export interface Prober {
  /** One attempt. `onResult` is called once, within the target's timeout, possibly before `start` returns. */
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
  readonly phaseMs: number;
  readonly onProbed: (probed: Probed) => void;
  target: Target;
  prober: Prober;
  /** Counts the changes of the target. */
  generation: number;
  /** A strike counts. */
  striking: boolean;
  state: "waits" | "under-way" | "gone";
  /** The instant for which the last start was planned. */
  plannedAt: number;
}

export class ProbeScheduler implements ProbeEngine {
  readonly isApart = false;
  readonly #clock: Clock;
  readonly #proberOf: SchedulerParts["proberOf"];
  readonly #tickMs: number;
  readonly #queue = new DueQueue<Entry>();
  /** With what probes each; it may be of the target before. */
  readonly #underWay = new Map<Entry, Prober>();
  #wakeAt = Infinity;
  #cancelWake: () => void = () => undefined;
  /** Called once nothing is under way any more. */
  #onStopped: (() => void) | null = null;

  constructor({ clock, proberOf, tickMs = 0 }: SchedulerParts) {
    this.#clock = clock;
    this.#proberOf = proberOf;
    this.#tickMs = tickMs;
  }

  add(key: string, target: Target, onProbed: (probed: Probed) => void): Scheduled {
    const phaseMs = phaseOf(key, target.intervalMs);
    const entry: Entry = {
      phaseMs,
      onProbed,
      target,
      prober: this.#proberOf(target),
      generation: 0,
      striking: false,
      state: "waits",
      plannedAt: 0,
      dueAt: 0,
      place: -1,
    };
    this.#plan(entry, nextOnGrid(this.#clock.now(), target.intervalMs, phaseMs));
    return {
      hurry: () => this.#hurry(entry),
      strike: (counts) => this.#strike(entry, counts),
      retarget: (next) => this.#retarget(entry, next),
      remove: () => this.#remove(entry),
    };
  }

  stop(): Promise<void> {
    for (const { prober } of this.#queue) prober.abort();
    this.#queue.clear();
    this.#cancelWake();
    return new Promise((resolve) => {
      this.#onStopped = resolve;
      for (const prober of this.#underWay.values()) prober.abort();
      this.#settle();
    });
  }

  takeLoad(): EngineLoad {
    return { loopLateMs: 0, overdueMs: this.overdueMs };
  }

  /** How late the most overdue start is. Milliseconds; 0: none is. */
  get overdueMs(): number {
    const { first } = this.#queue;
    return first === undefined ? 0 : Math.max(0, this.#clock.now() - first.dueAt);
  }

  #hurry(entry: Entry): void {
    if (entry.state === "waits") this.#plan(entry, this.#clock.now());
  }

  #strike(entry: Entry, counts: boolean): void {
    if (entry.striking === counts) return;
    entry.striking = counts;
    if (entry.state === "waits" && entry.target.fastIntervalMs !== null) this.#planNext(entry);
  }

  #retarget(entry: Entry, target: Target): void {
    entry.generation += 1;
    entry.target = target;
    if (entry.state === "waits") entry.prober.abort();
    entry.prober = this.#proberOf(target);
  }

  #remove(entry: Entry): void {
    if (entry.state === "waits") entry.prober.abort();
    entry.state = "gone";
    this.#queue.remove(entry);
  }

  #planNext(entry: Entry): void {
    const { plannedAt, striking, target, phaseMs } = entry;
    this.#plan(entry, nextStart({ plannedAt, endedAt: this.#clock.now(), striking }, target, phaseMs));
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
    for (let starts = 0; starts < startsPerTurnMax && this.#underWay.size < underWayMax; starts++) {
      const { first } = this.#queue;
      if (first === undefined || first.dueAt > now + earlyMs) break;
      this.#start(first);
    }
    const { first } = this.#queue;
    // At the limit the next one to end makes room.
    if (first === undefined || this.#underWay.size >= underWayMax) return;
    if (first.dueAt > now + earlyMs) this.#wakeFor(first.dueAt);
    else this.#wakeAtLatest(now);
  }

  #start(entry: Entry): void {
    this.#queue.remove(entry);
    entry.plannedAt = entry.dueAt;
    entry.state = "under-way";
    const { generation, prober } = entry;
    this.#underWay.set(entry, prober);
    const latenessMs = Math.max(0, this.#clock.now() - entry.dueAt);
    prober.start((result) => {
      const isOld = generation !== entry.generation;
      this.#end(entry, { result, latenessMs, isOld });
      // Nothing is kept for a probe that never comes.
      if (!isHere(entry) || entry.prober !== prober || this.#onStopped !== null) prober.abort();
    });
  }

  #end(entry: Entry, probed: Probed): void {
    const wasFull = this.#underWay.size >= underWayMax;
    this.#underWay.delete(entry);
    if (this.#onStopped !== null) {
      this.#settle();
      return;
    }
    if (isHere(entry)) entry.onProbed(probed);
    // It may have been removed while it was told.
    if (isHere(entry)) {
      entry.state = "waits";
      this.#planNext(entry);
    }
    if (wasFull) this.#wakeAtLatest(this.#clock.now());
  }

  #settle(): void {
    if (this.#underWay.size === 0) this.#onStopped?.();
  }
}

function isHere({ state }: Entry): boolean {
  return state !== "gone";
}

/** @param probe one attempt; never rejects, and ends within the target's timeout, or sooner when the signal aborts. */
export function promisedProber(
  probe: (target: Target, signal: AbortSignal) => Promise<ProbeResult>,
): SchedulerParts["proberOf"] {
  return (target) => {
    let attempt = new AbortController();
    return {
      start: (onResult) => {
        attempt = new AbortController();
        void probe(target, attempt.signal).then(onResult);
      },
      abort: () => attempt.abort(),
    };
  };
}
