/** So many at once and no more: whoever comes later waits for a turn, within its time. */
import type { Limits } from "./command.ts";

export class Turns {
  /** Those who wait, the next one first. */
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param atOnceMax > 0 */
  constructor(atOnceMax: number) {
    this.#free = atOnceMax;
  }

  /**
   * @param isUrgent goes before those who wait
   * @returns null: it is your turn, and `end` must be called after it. Else why it did not come.
   */
  take(isUrgent: boolean, { signal, deadlineMs }: Limits): Promise<string | null> {
    const givenUp = "given up by the caller";
    if (signal.aborted) return Promise.resolve(givenUp);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve(null);
    }
    return new Promise((resolve) => {
      const settle = (why: string | null): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        const place = this.#waiting.indexOf(next);
        if (place >= 0) this.#waiting.splice(place, 1);
        resolve(why);
      };
      const next = (): void => settle(null);
      const onAbort = (): void => settle(givenUp);
      const timer = setTimeout(
        () => settle(`its turn did not come within ${deadlineMs} ms, since others are still running`),
        deadlineMs,
      );
      signal.addEventListener("abort", onAbort);
      if (isUrgent) this.#waiting.unshift(next);
      else this.#waiting.push(next);
    });
  }

  end(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
