/**
 * Chance from a seed: the same seed gives the same numbers on every machine, for ever. Each part of the world draws from
 * a fork of its own, so that one part's thirst for numbers never shifts what happens in another.
 */
export class Random {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    this.#seed = seed;
    this.#a = hash(seed, 0x811c9dc5);
    this.#b = hash(seed, 0x9e3779b9);
    this.#c = hash(seed, 0x85ebca6b);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** sfc32 by Chris Doty-Humphrey. @returns 0 ≤ x < 1. */
  next(): number {
    const mixed = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + mixed) | 0;
    return (mixed >>> 0) / 2 ** 32;
  }

  /** An independent stream; how much was drawn from this one makes no difference to it. */
  fork(label: string): Random {
    return new Random(`${this.#seed}/${label}`);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @returns a whole number, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** @returns a whole number between the ends; every order of magnitude is as likely as any other. */
  wide(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.next());
  }

  /** @returns a whole number ≥ 1 with this mean: the wait for something that happens at random. */
  wait(mean: number): number {
    return Math.max(1, Math.round(-Math.log(1 - this.next()) * mean));
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[Math.floor(this.next() * list.length)];
    if (chosen === undefined) throw new Error("Cannot pick from an empty list");
    return chosen;
  }
}

/** FNV-1a over the UTF-16 units, with a final mix. */
function hash(text: string, basis: number): number {
  let value = basis | 0;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) | 0;
}
