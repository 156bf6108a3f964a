/**
 * How many questions may be asked again, as a share of those that are asked: a bucket of tokens, into which each first attempt pays a
 * fifth of one, and out of which each further attempt takes a whole one. While all goes well it is full and every hiccup is met by
 * asking again; while everything fails, what arrives at the provider is a fifth more than without retries, and not four times as
 * much, however many groups fail at once. (As in Finagle, and in gRPC's retry throttling.)
 *
 * A move may take the last token; everybody else leaves half of the bucket to the moves.
 */
import type { Purpose } from "./purpose.ts";

/** What a first attempt pays. */
const payment = 0.2;
/** Retries of a whole process in a row. */
const processRetriesMax = 40;

/** Shared by all accounts that are opened together. */
export function processRetryBudget(): RetryBudget {
  return new RetryBudget(processRetriesMax, null);
}

export class RetryBudget {
  readonly #max: number;
  readonly #parent: RetryBudget | null;
  #tokens: number;

  /**
   * @param max how many retries may follow each other while nothing new is asked, > 0; it begins with so many.
   * @param parent must have a token as well, e.g. that of the process for that of an account. Null: there is none.
   */
  constructor(max: number, parent: RetryBudget | null) {
    this.#max = max;
    this.#parent = parent;
    this.#tokens = max;
  }

  /** Something is asked for the first time. */
  pay(): void {
    this.#tokens = Math.min(this.#max, this.#tokens + payment);
    this.#parent?.pay();
  }

  /** @returns true, and the token is gone; or false: it is not asked again. */
  take(purpose: Purpose): boolean {
    if (!this.#has(purpose)) return false;
    this.#spend();
    return true;
  }

  /** Full enough for everybody. */
  get isWell(): boolean {
    return this.#tokens > this.#max / 2 && this.#parent?.isWell !== false;
  }

  #has(purpose: Purpose): boolean {
    const kept = purpose === "move" ? 0 : this.#max / 2;
    // A fifth has no exact value: five payments are one token all the same.
    return this.#tokens - 1 >= kept - 1e-9 && (this.#parent === null || this.#parent.#has(purpose));
  }

  #spend(): void {
    this.#tokens -= 1;
    if (this.#parent !== null) this.#parent.#spend();
  }
}
