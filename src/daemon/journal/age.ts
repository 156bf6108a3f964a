/** How old a stamp of the wall clock is, although that clock can be set and may be wrong. */

/** Nothing is older than this, since nothing is kept longer. Milliseconds (90 days). */
export const ageMaxMs: number = 90 * 86_400_000;

/**
 * A stamp from the future was written while the clock was wrong, or the clock is wrong now. Its age is taken as 0: then a
 * hold-down is too long, which is late, and not too short, which would be an unneeded move.
 *
 * @param stampWallMs milliseconds since 1970.
 * @param wallNow the present instant by the same clock.
 * @returns milliseconds, from 0 to `ageMaxMs`.
 */
export function ageMs(stampWallMs: number, wallNow: number): number {
  const age = wallNow - stampWallMs;
  return Number.isNaN(age) ? 0 : Math.min(ageMaxMs, Math.max(0, age));
}

/**
 * Brings stamps from the future back. An entry happened no later than the ones written after it, so the first of those
 * with a stamp that can be true replaces it. Without that a stamp of next year would have the age 0 at every start until
 * next year, and with restarts its hold-down would never end.
 *
 * @param stamps in the order of writing.
 * @param laterWallMs the first stamp after all of these that can be true, or null.
 * @returns as many stamps, none later than `wallNow`.
 */
export function settledStamps(
  stamps: readonly number[],
  wallNow: number,
  laterWallMs: number | null = null,
): readonly number[] {
  let later = laterWallMs !== null && laterWallMs <= wallNow ? laterWallMs : wallNow;
  return stamps
    .toReversed()
    .map((stamp) => {
      if (stamp <= wallNow) later = stamp;
      return later;
    })
    .toReversed();
}
