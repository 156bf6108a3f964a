/**
 * When the provider is asked next who holds the address. Monotonic milliseconds.
 *
 * All groups of a process read in step, on purpose: what several of them want to know is then one request, and the bound on how much an
 * account asks at once keeps the burst flat. A random phase would make each of them ask by itself.
 */
import type { Reading } from "../core/address.ts";
import { backoffMs } from "../core/backoff.ts";
import { nextOnGrid } from "../core/schedule.ts";

/** How old the truth may become without an event. Milliseconds. */
const recheckMs = 30_000;
/** How soon an operation that the provider has under way is looked at again. Milliseconds. */
const busyRecheckMs = 2_000;
/** How soon a provider that could not be asked is asked again. Milliseconds. */
const backoff = { baseMs: 1_000, maxMs: 30_000 } as const;
/** The steps of groups that ask again: they wait up to this longer, to ask together. Milliseconds. */
const stepMs = 1_000;
const longStepMs = 5_000;

export class ReadTimes {
  readonly #random: () => number;
  #failures = 0;
  #next = 0;

  /** @param random 0 ≤ x < 1; for jitter. */
  constructor(random: () => number) {
    this.#random = random;
  }

  get next(): number {
    return this.#next;
  }

  /** Before anything else is decided. */
  atOnce(): void {
    this.#next = 0;
  }

  /** As an answer that has just come wants it. */
  after(reading: Reading, now: number): void {
    this.#failures = reading.kind === "known" ? 0 : this.#failures + 1;
    if (reading.kind === "unknown") {
      const waitMs = backoffMs(this.#failures, backoff, this.#random());
      this.#next = nextOnGrid(now + waitMs, waitMs < longStepMs ? stepMs : longStepMs, 0);
    } else if (reading.busy === null) this.#next = nextOnGrid(now, recheckMs, 0);
    else this.#next = now + busyRecheckMs;
  }
}
