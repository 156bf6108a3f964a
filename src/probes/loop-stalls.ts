/**
 * How long this process was too busy, or too paused, to look at its sockets.
 *
 * A deadline that is looked at in time proves little: the loop may have been stuck in the middle of the probe, when the
 * connection stood ready and the request could have been sent. So whoever ticks while probes are under way keeps this
 * account, and every gap between two ticks that is longer than it should be counts as a stall.
 */

/**
 * Shorter gaps are not counted, in milliseconds. A healthy loop under load is late by some milliseconds at every turn;
 * those are part of any measurement and would add up over a probe of two seconds.
 */
const stallMinMs = 50;

/** All times are milliseconds of one monotonic clock. */
export class LoopStalls {
  readonly #tickMs: number;
  #finishedMs = 0;
  #lastTickAt = 0;

  /** @param tickMs how far apart ticks should be, at most half of the least stall (50 ms), so that none is missed. */
  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** Ticks begin now: what was before is no stall. */
  begin(now: number): void {
    this.#lastTickAt = now;
  }

  tick(now: number): void {
    this.#finishedMs += this.#openMs(now);
    this.#lastTickAt = now;
  }

  /** @returns the sum of all stalls until now, also of the one that is under way. Only grows, except at `begin`. */
  totalMs(now: number): number {
    return this.#finishedMs + this.#openMs(now);
  }

  /** The stall that is under way: its tick is overdue and has not come yet. */
  #openMs(now: number): number {
    const lateMs = now - this.#lastTickAt - this.#tickMs;
    return lateMs >= stallMinMs ? lateMs : 0;
  }
}
