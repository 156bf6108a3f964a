/**
 * What is to be handled, one thing after the other, and in one turn of the event loop only so many that whoever else waits has a turn in between.
 * Messages alone do not see to that: Node hands over up to a thousand in one turn.
 */
import type { Clock } from "../clock.ts";

export interface BacklogParts<T> {
  readonly clock: Pick<Clock, "now">;
  /** No item is begun in a turn in which this was used, and a fifth of the time that it has waited. Milliseconds. */
  readonly turnMs: number;
  /** Told since when the item waits. Must not throw. */
  readonly handle: (item: T, since: number) => void;
  /** Calls back in the next turn. */
  readonly nextTurn: (take: () => void) => void;
}

/** The longer the oldest has waited, the more of a turn is spent: so much of its wait. */
const waitShare = 0.2;

interface Waiting<T> {
  readonly item: T;
  readonly since: number;
}

export class Backlog<T> {
  readonly #parts: BacklogParts<T>;
  /** Not handled yet, oldest first. */
  #waiting: Waiting<T>[] = [];
  /** Of this turn. Milliseconds; null: nothing was handled in it. */
  #usedMs: number | null = null;

  constructor(parts: BacklogParts<T>) {
    this.#parts = parts;
  }

  /** Handled at once when there is time left in this turn. */
  add(item: T): void {
    this.#waiting.push({ item, since: this.#parts.clock.now() });
    this.#take();
  }

  /** What waits is never handled. */
  clear(): void {
    this.#waiting = [];
  }

  #take(): void {
    const { clock, turnMs, handle, nextTurn } = this.#parts;
    const isFirst = this.#usedMs === null;
    let usedMs = this.#usedMs ?? 0;
    for (;;) {
      const [oldest] = this.#waiting;
      if (oldest === undefined) break;
      const begunAt = clock.now();
      if (usedMs >= Math.max(turnMs, (begunAt - oldest.since) * waitShare)) break;
      this.#waiting.shift();
      handle(oldest.item, oldest.since);
      usedMs += clock.now() - begunAt;
      this.#usedMs = usedMs;
    }
    if (isFirst && this.#usedMs !== null) nextTurn(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#usedMs = null;
    this.#take();
  }
}
