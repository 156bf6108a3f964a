/**
 * What the probe thread has sent and nobody has read yet, and whether probing should wait for the reader. A queue that is never empty makes
 * every decision late by its whole length (docs/decisions/0015).
 *
 *   state   seen                                              next state
 *   in time more unread than the limit                        waits
 *   in time a batch is read that has waited too long          waits
 *   waits   one is read that has not, and half is read        in time
 *   waits   the last one is read                              in time
 *
 * While nothing is read at all, nothing is known of how the reader keeps up, and only the number counts.
 */

/**
 * Whoever reads what has waited this long has more targets than its core can do, and each more of them would make its decisions later still.
 * Milliseconds; over once what is read is half as old.
 */
const waitMaxMs = 1_000;

/** A batch that was sent. */
interface Sent {
  readonly at: number;
  readonly results: number;
}

export class Unread {
  readonly #resultsMax: number;
  /** The oldest first. */
  readonly #batches: Sent[] = [];
  #results = 0;
  #isTooMuch = false;

  /** @param resultsMax more of them are too many; it is over once half of them are read. */
  constructor(resultsMax: number) {
    this.#resultsMax = resultsMax;
  }

  /** No probe should begin. */
  get isTooMuch(): boolean {
    return this.#isTooMuch;
  }

  /** @param now monotonic milliseconds. */
  send(results: number, now: number): void {
    this.#batches.push({ at: now, results });
    this.#results += results;
    if (this.#results > this.#resultsMax) this.#isTooMuch = true;
  }

  /** The oldest batch was read. */
  read(now: number): void {
    const batch = this.#batches.shift();
    if (batch === undefined) return;
    this.#results -= batch.results;
    // With the last one read, nobody is behind.
    const waitedMs = this.#batches.length === 0 ? 0 : now - batch.at;
    if (waitedMs > waitMaxMs) this.#isTooMuch = true;
    else if (waitedMs <= waitMaxMs / 2 && this.#results <= this.#resultsMax / 2) this.#isTooMuch = false;
  }
}
