/**
 * A process of the daemon as the world sees it. It lends the daemon its clock, and it is the gate between the two: what a
 * killed process still has in its promises and timers never reaches the world again, and what happens while it is stopped
 * reaches it late.
 *
 *   stopped    (SIGSTOP, a busy host)      the monotonic clock goes on, timers fire late
 *   suspended  (the machine sleeps)        the monotonic clock stands still, timers are put off
 *
 * Its monotonic clock begins with it, as `performance.now()` does, and its timers may fire a little early by that clock, as
 * Node's do.
 */
import type { Clock } from "../../src/daemon/clock.ts";
import type { SimClock } from "./clock.ts";

/** What outlives a process: the clocks of its machine. */
export interface Machine {
  /** How much less than the world's time the monotonic clock shows. Milliseconds. */
  monotonicLagMs: number;
  /** How wrong the wall clock is. Milliseconds. */
  wallSkewMs: number;
}

/** What a process has behind it when the daemon begins. Milliseconds. */
const startupMs = 50;
/** Node keeps timers by a clock of whole milliseconds that may be ahead of the one that programs see, by less than one. */
const earlyMs = 0.6;

export class SimProcess implements Clock {
  readonly id: number;
  readonly #world: SimClock;
  readonly #machine: Machine;
  #alive = true;
  #thawAt = 0;
  #timers = 0;
  #fired = 0;
  #firedIn = -1;
  /** The most timers that fired within one second. */
  firedMost = 0;
  /** The last instant, in the world's time, at which it was frozen. */
  frozenAt: number;
  readonly bornAt: number;
  /** What the machine's monotonic clock showed when the process began. */
  readonly #origin: number;

  constructor(id: number, world: SimClock, machine: Machine) {
    this.id = id;
    this.#world = world;
    this.#machine = machine;
    this.bornAt = world.now;
    this.frozenAt = world.now;
    this.#origin = world.now - machine.monotonicLagMs - startupMs;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get frozen(): boolean {
    return this.#world.now < this.#thawAt;
  }

  /** Timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers;
  }

  now(): number {
    const now = this.#timerNow();
    return now % 7 === 0 ? now - earlyMs : now;
  }

  /** What timers go by. */
  #timerNow(): number {
    return this.#world.now - this.#machine.monotonicLagMs - this.#origin;
  }

  wallNow(): number {
    return wallTime(this.#world.now, this.#machine);
  }

  after(delayMs: number, fn: () => void): () => void {
    // Node's own timers wait a millisecond at least.
    const now = this.#timerNow();
    const dueAt = now + Math.max(1, Math.ceil(Math.min(delayMs, 2_147_483_647)));
    let pending = true;
    this.#timers += 1;
    const fire = (): void => {
      if (!this.#alive || !pending) return;
      const waitMs = this.frozen ? this.#thawAt - this.#world.now : dueAt - this.#timerNow();
      if (waitMs > 0) {
        entry = this.#world.in(waitMs, fire);
        return;
      }
      pending = false;
      this.#timers -= 1;
      this.#countFiring();
      fn();
    };
    let entry = this.#world.in(dueAt - now, fire);
    return () => {
      if (!pending) return;
      pending = false;
      this.#timers -= 1;
      entry.run = null;
    };
  }

  #countFiring(): void {
    const second = Math.floor(this.#world.now / 1_000);
    this.#fired = second === this.#firedIn ? this.#fired + 1 : 1;
    this.#firedIn = second;
    this.firedMost = Math.max(this.firedMost, this.#fired);
  }

  /** Hands something of the world to the process: now, once it is awake again, or never. */
  deliver(take: () => void): void {
    if (!this.#alive) return;
    if (!this.frozen) take();
    else this.#world.in(this.#thawAt - this.#world.now, () => this.deliver(take));
  }

  kill(): void {
    this.#alive = false;
  }

  /** When its machine sleeps, that machine's clock must be set back too: nobody sees that before the end. */
  freeze(ms: number): void {
    this.#thawAt = this.#world.now + ms;
    this.frozenAt = this.#thawAt;
  }
}

/** @returns what the wall clock of that machine shows. Milliseconds since 1970. */
export function wallTime(worldNow: number, { wallSkewMs }: Machine): number {
  return 1_800_000_000_000 + worldNow + wallSkewMs;
}

/** What a killed process waits for. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
