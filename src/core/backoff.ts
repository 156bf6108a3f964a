/** How long to wait before the next attempt: exponential with jitter, bounded. */

/**
 * @param attempt 1 for the wait after the first failure.
 * @param random 0 ≤ x < 1.
 * @returns milliseconds: between half and all of `baseMs × 2^(attempt-1)`, at most `maxMs`.
 */
export function backoffMs(
  attempt: number,
  bounds: { readonly baseMs: number; readonly maxMs: number },
  random: number,
): number {
  const full = Math.min(bounds.maxMs, bounds.baseMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (full / 2) * random;
}
