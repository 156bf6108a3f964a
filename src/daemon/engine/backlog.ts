/**
 * What is to be handled, one thing after the other, and in one turn of the event loop only so many that whoever else waits has a turn in between.
 * Messages alone do not see to that: Node hands over up to a thousand in one turn.
 */
import type { Clock } from "../clock.ts";

export class Backlog<T extends object> {
  readonly #clock: Clock;
  readonly #turnMs: number;
  readonly #handle: (item: T) => void;
  /** Not handled yet, oldest first. */
  #waiting: T[] = [];
  /** Of this turn. Milliseconds; null: nothing was handled in it. */
  #usedMs: number | null = null;

  /**
   * @param turnMs no item is begun in a turn in which this was used. Milliseconds.
   * @param handle must not throw.
   */
  constructor(clock: Clock, turnMs: number, handle: (item: T) => void) {
    this.#clock = clock;
    this.#turnMs = turnMs;
    this.#handle = handle;
  }

  /** Handled at once when there is time left in this turn. */
  add(item: T): void {
    this.#waiting.push(item);
    this.#take();
  }

  /** What waits is never handled. */
  clear(): void {
    this.#waiting = [];
  }

  #take(): void {
    const isFirst = this.#usedMs === null;
    let usedMs = this.#usedMs ?? 0;
    while (usedMs < this.#turnMs) {
      const item = this.#waiting.shift();
      if (item === undefined) break;
      const since = this.#clock.now();
      this.#handle(item);
      usedMs += this.#clock.now() - since;
      this.#usedMs = usedMs;
    }
    if (isFirst && this.#usedMs !== null) this.#clock.after(0, () => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#usedMs = null;
    this.#take();
  }
}
