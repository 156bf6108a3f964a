/**
 * The durations of a run: how often there was which. A target that answers as always has few different ones, so this stays small where a
 * list of them would grow by eight bytes for every probe.
 */

/** Room for the count beside the duration in one number, so more than a run can have. */
const countLimit = 8_192;

/** From here on each duration counts as one of three digits. Tenths of a millisecond. */
const exactTenths = 1_000;

export class Durations {
  /** Ascending; each is a duration, in tenths of a millisecond, times `countLimit`, plus how often there was it. */
  readonly #tallies: number[] = [];
  #count = 0;
  #min = Infinity;
  #max = 0;

  /** At most 8,191 of them can be added. */
  get count(): number {
    return this.#count;
  }

  /** Milliseconds, to a tenth. */
  get minMs(): number {
    return this.#min / 10;
  }

  /** Milliseconds, to a tenth. */
  get maxMs(): number {
    return this.#max / 10;
  }

  /** Of an even number the lower one. Milliseconds: below 100 to a tenth, above that to three digits. */
  get medianMs(): number {
    let below = 0;
    let tenths = 0;
    for (const tally of this.#tallies) {
      tenths = Math.floor(tally / countLimit);
      below += tally % countLimit;
      if (below >= this.#count / 2) break;
    }
    return Math.min(Math.max(tenths, this.#min), this.#max) / 10;
  }

  add(ms: number): void {
    const tenths = Math.round(ms * 10);
    this.#count += 1;
    this.#min = Math.min(this.#min, tenths);
    this.#max = Math.max(this.#max, tenths);
    const tallies = this.#tallies;
    const tally = counted(tenths) * countLimit;
    let [low, high] = [0, tallies.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tallies[middle] ?? 0) < tally) low = middle + 1;
      else high = middle;
    }
    // What is there has been counted at least once, so it comes after a tally of none.
    const there = tallies[low] ?? Infinity;
    if (there < tally + countLimit) tallies[low] = there + 1;
    else tallies.splice(low, 0, tally + 1);
  }
}

function counted(tenths: number): number {
  let step = 1;
  while (tenths >= exactTenths * step) step *= 10;
  return Math.round(tenths / step) * step;
}
