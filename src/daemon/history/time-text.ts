/** Times and orders in sentences. */
import type { OrderRecord } from "../situation.ts";

/** Writes a stamp of the wall clock, milliseconds since 1970, as a time. */
export type TimeText = (wallMs: number) => string;

/**
 * @param referenceWallMs of times on the same day only the clock is written, of others the date too.
 * @returns what writes times of the local time zone: `03:12:04`, `2026-11-24 22:10:30`.
 */
export function localTime(referenceWallMs: number): TimeText {
  const today = dateOf(new Date(referenceWallMs));
  return (wallMs) => {
    const date = new Date(wallMs);
    const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
    return dateOf(date) === today ? clock : `${dateOf(date)} ${clock}`;
  };
}

/** @returns the local date, e.g. `2026-11-24`. */
export function dateOf(date: Date): string {
  return [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join("-");
}

/** Times of UTC, in full: `2026-11-24T22:10:30Z`. */
export const utcTime: TimeText = (wallMs) => new Date(wallMs).toISOString().replace(/\.\d+Z$/, "Z");

export function orderText({ by, reason, untilWallMs }: OrderRecord, time: TimeText): string {
  return `${by} ${untilWallMs === null ? "without an end" : `until ${time(untilWallMs)}`} (${reason})`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
