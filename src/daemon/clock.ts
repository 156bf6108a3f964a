/** Time as something that is handed in, so that a simulated twin can take its place. */
export interface Clock {
  /** Monotonic milliseconds; the only time that decisions see. */
  now(): number;
  /** Milliseconds since 1970, for stamps and signatures. */
  wallNow(): number;
  /**
   * Calls `fn` once, `delayMs` from now at the earliest; a delay of more than 24 days is cut short to that.
   *
   * @returns a function that cancels it.
   */
  after(delayMs: number, fn: () => void): () => void;
}

/** Node's timers take no longer delay than this, in milliseconds (2^31 - 1). */
const timerMaxMs = 2_147_483_647;

export const systemClock: Clock = {
  now: (): number => performance.now(),
  wallNow: (): number => Date.now(),
  after(delayMs: number, fn: () => void): () => void {
    const timer = setTimeout(fn, Math.min(Math.max(0, delayMs), timerMaxMs));
    return (): void => clearTimeout(timer);
  },
};

/** Waits `ms`, or until the signal aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener("abort", done);
  });
}
