/**
 * Durations as people write them: `500ms`, `10s`, `5m`, `1h30m`. Whole numbers, units from large to small, each at most
 * once. There is no unit above the hour, because a day is not always 24 hours.
 */

/** Up to nine digits a unit keep every sum a safe integer. */
export const durationPattern: RegExp =
  /^(?=\d)(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

const unitsMs = [3_600_000, 60_000, 1_000, 1] as const;

/** @returns milliseconds, or null when `text` is not a duration. */
export function parseDuration(text: string): number | null {
  const match = durationPattern.exec(text);
  if (match === null) return null;
  return unitsMs.reduce((sum, unit, i) => sum + unit * Number(match[i + 1] ?? 0), 0);
}

/**
 * @returns a bound from below as people read it, e.g. `19.98s`, `380ms`, `1m59.98s`: in hundredths of a second, rounded down so that it
 *   is never more than the truth.
 */
export function formatAtLeast(ms: number): string {
  return hundredthsText(Math.floor(ms / 10));
}

/** @returns a bound from above, e.g. `32.03s`: rounded up, so that it is never less than the truth. */
export function formatAtMost(ms: number): string {
  return hundredthsText(Math.ceil(ms / 10));
}

/** @param hundredths of a second, finite, ≥ 0. */
function hundredthsText(hundredths: number): string {
  const [wholeMinutes, rest] = [Math.floor(hundredths / 6_000), hundredths % 6_000];
  if (rest % 100 === 0 || hundredths < 100) return formatDuration(hundredths * 10);
  return (wholeMinutes === 0 ? "" : formatDuration(wholeMinutes * 60_000)) + `${rest / 100}s`;
}

/** @returns the shortest text for a duration in milliseconds, rounded to whole ones: `0s`, `500ms`, `1h30m`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "for ever";
  let rest = Math.round(Math.abs(ms));
  if (rest === 0) return "0s";
  const parts: string[] = [];
  for (const [i, name] of ["h", "m", "s", "ms"].entries()) {
    const unit = unitsMs[i] ?? 1;
    const count = Math.floor(rest / unit);
    if (count > 0) parts.push(`${count}${name}`);
    rest -= count * unit;
  }
  return (ms < 0 ? "-" : "") + parts.join("");
}
