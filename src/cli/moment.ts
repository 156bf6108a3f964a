/** A moment of the past as people write it. */
import { parseDuration } from "../config/duration.ts";
import { usage } from "./exit-codes.ts";

const dayMs = 86_400_000;

/** For help texts. */
export const momentHelp = '03:12 (the last time it was), 2h or "2h ago", 2026-11-25, or 2026-11-25T03:12:00Z';

/**
 * @param option whose value it is, for the error.
 * @param now milliseconds since 1970.
 * @returns milliseconds since 1970; without a zone in the text, of the local one.
 * @throws CliError when it is no moment.
 */
export function momentOf(text: string, option: string, now: number): number {
  const moment = clockTime(text, now) ?? ago(text, now) ?? stamp(text);
  if (moment !== null) return moment;
  throw usage(`${option} must be a time such as ${momentHelp}: "${text}"`);
}

/** `03:12`, `03:12:30`: the last time that a clock on the wall showed it. */
function clockTime(text: string, now: number): number | null {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (match === null) return null;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((digits) => Number(digits ?? 0));
  const at = new Date(now);
  at.setHours(hours, minutes, seconds, 0);
  if (at.getTime() > now) at.setDate(at.getDate() - 1);
  return at.getTime();
}

/** `2h`, `2h ago`, `3d`. */
function ago(text: string, now: number): number | null {
  const duration = /^(\S+?)(?: ago)?$/.exec(text)?.[1] ?? "";
  const days = /^(\d{1,5})d$/.exec(duration)?.[1];
  const ms = days === undefined ? parseDuration(duration) : Number(days) * dayMs;
  return ms === null ? null : now - ms;
}

function stamp(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) return null;
  // A date alone would be taken for one of UTC.
  const at = new Date(text.length === 10 ? `${text}T00:00:00` : text.replace(" ", "T")).getTime();
  return Number.isNaN(at) ? null : at;
}
