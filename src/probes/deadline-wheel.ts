/**
 * One ticker for the deadlines of all probes, instead of a timer for each.
 *
 * Probes end long before their deadline, as a rule, so what counts is how cheap it is to set one and to take it back:
 * each lies in the slot of its time, modulo the size of the wheel, and a tick looks at the slots of the time since the
 * tick before. A deadline is never passed early, and it is seen at the first tick after it. The ticker keeps the
 * account of the loop's stalls, too, and it stops when no deadline is set.
 */
import { tickMs } from "../core/schedule.ts";
import { LoopStalls } from "./loop-stalls.ts";

/** Node's timers may fire this much early, in milliseconds: such a tick is the one of the multiple that follows. */
const earlyMs = 1;

/** A slot is a tick wide. One turn of the wheel is about 5 s: longer than nearly every timeout, so that hardly one is looked at twice. */
const slotCount = 512;

/** What lies on the wheel. */
export interface Timed {
  /** On the clock of the wheel, in milliseconds; must not change while it lies there. */
  readonly dueAt: number;
  /** Called at most once, at the first tick at or after `dueAt`. The wheel has let go of it by then. */
  onDue(): void;
}

export class DeadlineWheel {
  readonly #slots: readonly Set<Timed>[] = Array.from({ length: slotCount }, () => new Set());
  readonly #stalls = new LoopStalls(tickMs);
  readonly #onTick: (() => void)[] = [];
  #size = 0;
  /** Number of the slot that was looked at last; what lies in it may still be due later. */
  #slot = 0;
  #ticker: NodeJS.Timeout | undefined;

  /** Monotonic milliseconds. */
  now(): number {
    return performance.now();
  }

  add(timed: Timed): void {
    if (this.#size === 0) this.#begin();
    this.#size += 1;
    this.#slotOf(timed).add(timed);
  }

  /** Does nothing when it does not lie there (any more). */
  remove(timed: Timed): void {
    if (!this.#slotOf(timed).delete(timed)) return;
    this.#size -= 1;
    if (this.#size === 0) clearTimeout(this.#ticker);
  }

  /** @returns the sum of the loop's stalls while the ticker ran, in milliseconds; two readings tell what lay between. */
  stalledMs(): number {
    return this.#stalls.totalMs(this.now());
  }

  /** `listener` is called at the end of each tick, as long as any deadline is set. */
  eachTick(listener: () => void): void {
    this.#onTick.push(listener);
  }

  #slotOf({ dueAt }: Timed): Set<Timed> {
    const slot = this.#slots[Math.floor(dueAt / tickMs) % slotCount];
    if (slot === undefined) throw new RangeError(`Cannot set a deadline: ${dueAt} ms is no time`);
    return slot;
  }

  #begin(): void {
    const now = this.now();
    this.#stalls.begin(now);
    this.#slot = Math.floor(now / tickMs);
    this.#wait(now);
  }

  #wait(now: number): void {
    const next = (Math.floor((now + earlyMs) / tickMs) + 1) * tickMs;
    this.#ticker = setTimeout(() => this.#tick(), next - now);
  }

  #tick(): void {
    const now = this.now();
    this.#stalls.tick(now);
    this.#wait(now);
    const last = Math.floor(now / tickMs);
    for (let slot = Math.max(this.#slot, last - slotCount + 1); slot <= last; slot += 1) {
      for (const timed of this.#slots[slot % slotCount] ?? []) {
        if (timed.dueAt > now) continue;
        this.remove(timed);
        timed.onDue();
      }
    }
    this.#slot = last;
    for (const listener of this.#onTick) listener();
  }
}

/** The one of this thread. */
export const deadlineWheel: DeadlineWheel = new DeadlineWheel();
