/**
 * What the probe thread has sent and nobody has read yet, and whether probing should wait for the reader. A queue that is never empty makes
 * every decision late by its whole length (docs/decisions/0015).
 *
 *   probing      seen                                                       next
 *   goes on      more results are unread than the limit                     must wait
 *   goes on      a batch is read that has waited too long                   must wait
 *   must wait    one is read that waited half as long, and half is read     goes on
 *   must wait    the last one is read                                       goes on
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
  #mustWait = false;

  /** @param resultsMax more of them are too many; it is over once half of them are read. */
  constructor(resultsMax: number) {
    this.#resultsMax = resultsMax;
  }

  /** No probe is to begin before the reader has caught up. */
  get mustWait(): boolean {
    return this.#mustWait;
  }

  /** @param now monotonic milliseconds. */
  send(results: number, now: number): void {
    this.#batches.push({ at: now, results });
    this.#results += results;
    if (this.#results > this.#resultsMax) this.#mustWait = true;
  }

  /** The oldest batch was read. */
  read(now: number): void {
    const batch = this.#batches.shift();
    if (batch === undefined) return;
    this.#results -= batch.results;
    // With the last one read, nobody is behind.
    const waitedMs = this.#batches.length === 0 ? 0 : now - batch.at;
    if (waitedMs > waitMaxMs) this.#mustWait = true;
    else if (waitedMs <= waitMaxMs / 2 && this.#results <= this.#resultsMax / 2) this.#mustWait = false;
  }
}
