/** The provider's truth about one address: what was read last, and who brought a change about. */
import type { Reading } from "../core/address.ts";
import type { TruthFacts } from "../core/facts.ts";
import type { HolderChange } from "../core/move.ts";

export class Truth {
  #reading: Reading | null = null;
  #at = 0;
  /** The holders of the last answer that named any, members and foreign ones, with the instant since they are the same. */
  #last: { readonly holders: readonly string[]; readonly since: number } | null = null;

  facts(): TruthFacts {
    return { reading: this.#reading, at: this.#at, sameSince: this.#last?.since ?? this.#at };
  }

  /**
   * @param now when the answer came.
   * @returns the change of holders against the last known ones, or null. The first answer is no change.
   */
  take(reading: Reading, now: number): HolderChange | null {
    this.#reading = reading;
    this.#at = now;
    if (reading.kind === "unknown") return null;
    const holders = [...reading.holders, ...reading.foreign].toSorted();
    const before = this.#last;
    if (before !== null && sameNames(before.holders, holders)) return null;
    this.#last = { holders, since: now };
    return before === null ? null : { from: before.holders, to: holders };
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
