/**
 * Who waits to ask: the most urgent purpose first, and within it one question of each group in turn, so that a group with many
 * questions does not stand before all others. Bounded: when the line is full, the last of a less urgent purpose has to go, or else
 * the newcomer.
 */
import { purposes, type Purpose } from "./purpose.ts";

export interface Waiting {
  readonly purpose: Purpose;
  /** Null: for none alone; these take their turn as one group. */
  readonly group: string | null;
}

export class WaitingLine<T extends Waiting> {
  readonly #max: number;
  /** By purpose, by group, first come first served. A group that had its turn goes to the end. */
  readonly #lines: Readonly<Record<Purpose, Map<string | null, T[]>>> = {
    move: new Map(),
    reading: new Map(),
    check: new Map(),
  };
  #length = 0;

  /** @param max how many may wait, > 0. */
  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#length;
  }

  /** @returns who has to go, which may be the newcomer; null: nobody. */
  add(newcomer: T): T | null {
    let evicted: T | null = null;
    if (this.#length >= this.#max) {
      evicted = this.#lastBelow(newcomer.purpose);
      if (evicted === null) return newcomer;
      this.remove(evicted);
    }
    const line = this.#lines[newcomer.purpose];
    const own = line.get(newcomer.group);
    if (own === undefined) line.set(newcomer.group, [newcomer]);
    else own.push(newcomer);
    this.#length += 1;
    return evicted;
  }

  /** @returns the next one of those whose purpose may ask now, who waits no longer; null: there is none. */
  next(mayAsk: (purpose: Purpose) => boolean): T | null {
    for (const purpose of purposes) {
      const line = this.#lines[purpose];
      const [first] = line;
      if (first === undefined || !mayAsk(purpose)) continue;
      const [group, [waiting, ...more]] = first;
      if (waiting === undefined) continue;
      line.delete(group);
      if (more.length > 0) line.set(group, more);
      this.#length -= 1;
      return waiting;
    }
    return null;
  }

  remove(waiting: T): void {
    const line = this.#lines[waiting.purpose];
    const own = line.get(waiting.group);
    const rest = own?.filter((other) => other !== waiting);
    if (own === undefined || rest === undefined || rest.length === own.length) return;
    if (rest.length === 0) line.delete(waiting.group);
    else line.set(waiting.group, rest);
    this.#length -= 1;
  }

  /** @returns all that fit, who wait no longer. */
  takeWhere(fits: (waiting: T) => boolean): readonly T[] {
    const all = purposes.flatMap((purpose) => [...this.#lines[purpose].values()].flat());
    const taken = all.filter(fits);
    for (const each of taken) this.remove(each);
    return taken;
  }

  #lastBelow(purpose: Purpose): T | null {
    for (const less of purposes.toReversed()) {
      if (less === purpose) return null;
      const last = [...this.#lines[less].values()].at(-1)?.at(-1);
      if (last !== undefined) return last;
    }
    return null;
  }
}
