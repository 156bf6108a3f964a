/** Sleeps until an instant, or until something wakes it. A wake while nobody sleeps is not lost: the next sleep is skipped. */
import { sleep, type Clock } from "./clock.ts";

export class Waker {
  readonly #clock: Clock;
  #wakeUp: (() => void) | null = null;
  #pending = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#pending = true;
    this.#wakeUp?.();
  }

  /** @param at monotonic milliseconds. @returns at that instant, after a wake, or once the signal aborts. */
  async sleepUntil(at: number, signal: AbortSignal): Promise<void> {
    if (!this.#pending) {
      const woken = new AbortController();
      // With a reason of our own, since the default one is an error that costs a stack trace.
      const stop = (): void => woken.abort("woken");
      this.#wakeUp = stop;
      signal.addEventListener("abort", stop);
      if (!signal.aborted) await sleep(this.#clock, at - this.#clock.now(), woken.signal);
      signal.removeEventListener("abort", stop);
      this.#wakeUp = null;
    }
    this.#pending = false;
  }
}
