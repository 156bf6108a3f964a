/**
 * What is due when: a binary heap, so that the next of thousands is found without looking at all of them, and one that is
 * planned otherwise is moved where it belongs.
 */

/** Something with an instant. Only the queue writes `place`. */
export interface Due {
  /** Monotonic milliseconds. Not to be changed while it is in the queue. */
  dueAt: number;
  /** Where it is in the heap; -1: in none. */
  place: number;
}

export class DueQueue<T extends Due> {
  readonly #heap: T[] = [];

  /** @returns the one that is due first, or undefined. */
  get first(): T | undefined {
    return this.#heap[0];
  }

  /** In no order. */
  [Symbol.iterator](): Iterator<T> {
    return this.#heap.values();
  }

  /** Puts `due` in, or moves it when it is in already. */
  plan(due: T, dueAt: number): void {
    due.dueAt = dueAt;
    if (due.place < 0) {
      due.place = this.#heap.length;
      this.#heap.push(due);
    }
    this.#down(this.#up(due.place));
  }

  /** @returns true when it was in. */
  remove(due: T): boolean {
    const { place } = due;
    if (place < 0) return false;
    due.place = -1;
    const last = this.#heap.pop();
    if (last !== undefined && last !== due) {
      this.#put(last, place);
      this.#down(this.#up(place));
    }
    return true;
  }

  clear(): void {
    for (const due of this.#heap) due.place = -1;
    this.#heap.length = 0;
  }

  /** @returns its new place. */
  #up(from: number): number {
    const due = this.#at(from);
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#at(above);
      if (parent.dueAt <= due.dueAt) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(due, place);
    return place;
  }

  #down(from: number): void {
    const due = this.#at(from);
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= this.#heap.length) break;
      const right = left + 1;
      const isRight = right < this.#heap.length && this.#at(right).dueAt < this.#at(left).dueAt;
      const below = isRight ? right : left;
      const child = this.#at(below);
      if (child.dueAt >= due.dueAt) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(due, place);
  }

  #at(place: number): T {
    const due = this.#heap[place];
    if (due === undefined) throw new Error(`Cannot find place ${place} of ${this.#heap.length} in the queue`);
    return due;
  }

  #put(due: T, place: number): void {
    this.#heap[place] = due;
    due.place = place;
  }
}
