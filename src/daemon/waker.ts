/** Sleeps until an instant, or until something wakes it. A wake while nobody sleeps is not lost: the next sleep is skipped. */
import type { Clock } from "./clock.ts";

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
  sleepUntil(at: number, signal: AbortSignal): Promise<void> {
    if (!this.#pending && !signal.aborted) return this.#sleep(at, signal);
    this.#pending = false;
    return Promise.resolve();
  }

  #sleep(at: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener("abort", end);
        this.#wakeUp = null;
        // Another wake before the sleeper goes on is the same one.
        queueMicrotask(() => (this.#pending = false));
        resolve();
      };
      const cancel = this.#clock.after(at - this.#clock.now(), end);
      signal.addEventListener("abort", end);
      this.#wakeUp = end;
    });
  }
}
