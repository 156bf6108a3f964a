/**
 * What is to be handled, one thing after the other, and in one turn of the event loop only so many that whoever else waits has a turn in between.
 * Messages alone do not see to that: Node hands over up to a thousand in one turn.
 */
import type { Clock } from "../clock.ts";

/** The longer the oldest has waited, the more of a turn is spent: so much of its wait. */
const waitShare = 0.2;

interface Waiting<T> {
  readonly item: T;
  readonly since: number;
}

export class Backlog<T> {
  readonly #clock: Clock;
  readonly #turnMs: number;
  readonly #handle: (item: T, since: number) => void;
  /** Not handled yet, oldest first. */
  #waiting: Waiting<T>[] = [];
  /** Of this turn. Milliseconds; null: nothing was handled in it. */
  #usedMs: number | null = null;

  /**
   * @param turnMs no item is begun in a turn in which this was used, and a fifth of the time that it has waited. Milliseconds.
   * @param handle told since when the item waits. Must not throw.
   */
  constructor(clock: Clock, turnMs: number, handle: (item: T, since: number) => void) {
    this.#clock = clock;
    this.#turnMs = turnMs;
    this.#handle = handle;
  }

  /** Handled at once when there is time left in this turn. */
  add(item: T): void {
    this.#waiting.push({ item, since: this.#clock.now() });
    this.#take();
  }

  /** What waits is never handled. */
  clear(): void {
    this.#waiting = [];
  }

  #take(): void {
    const isFirst = this.#usedMs === null;
    let usedMs = this.#usedMs ?? 0;
    for (;;) {
      const [oldest] = this.#waiting;
      if (oldest === undefined) break;
      const begunAt = this.#clock.now();
      if (usedMs >= Math.max(this.#turnMs, (begunAt - oldest.since) * waitShare)) break;
      this.#waiting.shift();
      this.#handle(oldest.item, oldest.since);
      usedMs += this.#clock.now() - begunAt;
      this.#usedMs = usedMs;
    }
    if (isFirst && this.#usedMs !== null) this.#clock.after(0, () => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#usedMs = null;
    this.#take();
  }
}
