/**
 * What became of the hints that watched targets give: what the re-check said that a hint called for, or `limited`: there were too
 * many at once, and none was made for it.
 */
import type { Outcome } from "./cause.ts";

export type HintOutcome = Outcome | "limited";

export type HintCounts = Readonly<Record<HintOutcome, number>>;

export const noHints: HintCounts = { pass: 0, fail: 0, inconclusive: 0, limited: 0 };

export function addHints(a: HintCounts, b: HintCounts): HintCounts {
  return {
    pass: a.pass + b.pass,
    fail: a.fail + b.fail,
    inconclusive: a.inconclusive + b.inconclusive,
    limited: a.limited + b.limited,
  };
}
