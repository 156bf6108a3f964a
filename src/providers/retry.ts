/**
 * When a question is asked again, and after what wait. Only questions: a change is never repeated blindly, because the first
 * one may have been carried out without our hearing of it.
 *
 * Full jitter: a hundred groups that fail at the same moment must not come back at the same moment.
 */
import type { HttpResult } from "./http.ts";

/** First answer plus three more tries. */
export const attemptsMax = 4;

/** The wait before the first retry is between 0 and this, doubled with each further one. */
const baseMs = 250;
const ceilingMs = 4_000;

/**
 * @param attempt 1 for the wait after the first attempt.
 * @param random 0 ≤ x < 1.
 * @param leftMs what is left until the deadline of the call.
 * @returns milliseconds to wait before the next attempt, or null when this result stands. A `Retry-After` is the least wait;
 * when it goes past the deadline there is no retry, rather than one that is too early.
 */
export function retryWaitMs(
  result: HttpResult,
  attempt: number,
  random: number,
  leftMs: number,
): number | null {
  if (attempt >= attemptsMax || !worthRepeating(result)) return null;
  const jitterMs = Math.min(ceilingMs, baseMs * 2 ** (attempt - 1)) * random;
  const askedMs = result.kind === "answer" ? (result.retryAfterMs ?? 0) : 0;
  const waitMs = Math.max(jitterMs, askedMs);
  return waitMs < leftMs ? waitMs : null;
}

/** Connection trouble, 429 and 5xx pass by themselves. 501, which says that there is no such function, does not, nor does a certificate. */
function worthRepeating(result: HttpResult): boolean {
  if (result.kind === "no-answer") return result.reason === "no-connection";
  return result.status === 429 || (result.status >= 500 && result.status !== 501);
}
