/** When clients had no answer through the address, as far as probes through it tell. Monotonic milliseconds. */

interface Outage {
  readonly from: number;
  /** When there was an answer again. Null: there is none yet. */
  to: number | null;
}

/** A move in which old and new holder answer in turn has a few. */
const kept = 20;

export class Outages {
  readonly #all: Outage[] = [];

  /** Clients have no answer now. */
  get isOn(): boolean {
    return this.#all.at(-1)?.to === null;
  }

  /** @param from when the probe that failed began. */
  failed(from: number): void {
    if (this.isOn) return;
    this.#all.push({ from, to: null });
    if (this.#all.length > kept) this.#all.shift();
  }

  answered(now: number): void {
    const last = this.#all.at(-1);
    if (last !== undefined) last.to ??= now;
  }

  /** @returns how long clients could not rely on an answer: over all that had not ended at `at`, from the first to the last. */
  lengthSince(at: number, now: number): number {
    const since = this.#all.filter(({ to }) => to === null || to > at);
    const [first, last] = [since[0], since.at(-1)];
    return first === undefined || last === undefined ? 0 : (last.to ?? now) - first.from;
  }
}
