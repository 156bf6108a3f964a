/** The provider's truth about one address: what was read last, and who brought a change about. */
import type { Reading } from "../core/address.ts";
import type { TruthFacts } from "../core/facts.ts";
import type { HolderChange } from "../core/move.ts";

export class Truth {
  #reading: Reading | null = null;
  #at = 0;
  /** Since when no reading has succeeded. Null: the last one did, or there was none. */
  #blindSince: number | null = null;
  /** The holders of the last answer that named any, members and foreign ones, with the instant since they are the same. */
  #last: { readonly holders: readonly string[]; readonly since: number } | null = null;

  facts(): TruthFacts {
    return { reading: this.#reading, at: this.#at, sameSince: this.#last?.since ?? this.#at };
  }

  /** A reading has said who holds the address. */
  get isAnswered(): boolean {
    return this.#last !== null;
  }

  /** @returns for how long no reading has succeeded. 0: the last one did. Milliseconds. */
  blindFor(now: number): number {
    return this.#blindSince === null ? 0 : now - this.#blindSince;
  }

  /**
   * @param now when the answer came.
   * @returns the change of holders against the last known ones, or null. The first answer is no change.
   */
  take(reading: Reading, now: number): HolderChange | null {
    this.#reading = reading;
    this.#at = now;
    this.#blindSince = reading.kind === "known" ? null : (this.#blindSince ?? now);
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
