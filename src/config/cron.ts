/**
 * When something comes again and again: a cron pattern on the wall clock of a timezone. Croner computes the instants and
 * nothing else; no timer of it ever runs.
 *
 *   the time of a run         then
 *   does not exist that day   it comes at the first instant after the gap (02:30 in Zurich on 2026-03-29 is 03:00)
 *   exists twice that day     it comes at the first of the two (02:30 in Zurich on 2026-10-25 is 02:30 in summer time)
 *
 * That is so where hours, minutes and seconds are numbers, lists or ranges. With `*` or a step, a time that does not exist is
 * left out, and one that exists twice comes twice.
 */
import { Cron } from "croner";
import { errorText } from "../core/error-text.ts";

/** A pattern with five to seven fields, or a nickname such as `@daily`. A date, which croner takes too, comes only once. */
const patternForm = /^(?:@[a-z]+|\S+(?:\s+\S+){4,6})$/i;

/** Computes when a pattern comes, from whole seconds. */
export interface Pattern {
  /** @returns the first run after this instant, milliseconds since 1970; null: there is none any more. */
  next(afterWallMs: number): number | null;
}

/** @returns the pattern, or what is wrong with it. @param timezone one that `isTimezone` knows. */
export function parseCron(cron: string, timezone: string): Pattern | { readonly failure: string } {
  if (!patternForm.test(cron)) return { failure: "five to seven fields were wanted" };
  try {
    const parsed = new Cron(cron, { paused: true, timezone, fixedTimeRule: "no-wildcard" });
    return { next: (after) => parsed.nextRun(new Date(after))?.getTime() ?? null };
  } catch (error) {
    const said = errorText(error);
    return { failure: said.replace(/^Cron\w*: (?:Syntax error, )?/, "").replace(/\.$/, "") };
  }
}

/** @returns true when this machine knows the timezone, also by an old name of it. */
export function isTimezone(name: string): boolean {
  // An offset such as +02:00 is none, although some engines take it: it would not follow daylight saving time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** @returns the timezone of this machine, e.g. `Europe/Zurich`; in most containers `UTC`. */
export function machineTimezone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
