/**
 * How long this process was too busy, or too paused, to look at its sockets.
 *
 * A timer that fires on time proves little: the loop may have been stuck in the middle of the probe, when the
 * connection stood ready and the request could have been sent. So a shared ticker runs while any probe does, and every
 * gap between two ticks that is longer than it should be counts as a stall.
 */

/** Of the ticker, milliseconds. Half of the least stall, so that none of those is missed. */
const TICK_MS = 25;

/**
 * Shorter gaps are not counted, in milliseconds. A healthy loop under load is late by some milliseconds at every turn;
 * those are part of any measurement and would add up over a probe of two seconds.
 */
const STALL_MS_MIN = 50;

/** Sum of all finished stalls since the process started, in milliseconds. Only grows. */
let stalledMs = 0;
let lastTickAt = 0;
let watches = 0;
let ticker: NodeJS.Timeout | undefined;

/** Sees the stalls of its own lifetime. The ticker runs, and keeps the process alive, until the last one is closed. */
export class StallWatch {
  readonly #before: number;

  constructor() {
    if (watches === 0) {
      lastTickAt = performance.now();
      ticker = setInterval(tick, TICK_MS);
    }
    watches += 1;
    this.#before = stalledMs + openStallMs();
  }

  /** @returns for how long the loop was stalled since this watch began, in milliseconds; 0 on a healthy machine. */
  stalledMs(): number {
    return Math.max(0, stalledMs + openStallMs() - this.#before);
  }

  /** Must be called exactly once. */
  close(): void {
    watches -= 1;
    if (watches === 0) clearInterval(ticker);
  }
}

function tick(): void {
  stalledMs += openStallMs();
  lastTickAt = performance.now();
}

/** The stall that is under way: its tick is overdue and has not come yet. */
function openStallMs(): number {
  const lateMs = performance.now() - lastTickAt - TICK_MS;
  return lateMs >= STALL_MS_MIN ? lateMs : 0;
}
