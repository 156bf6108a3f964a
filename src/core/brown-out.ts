/**
 * The m-of-n rule: a member that fails now and then, but never often enough in a row, is browned out. Three fails in a row
 * need about 26 minutes to show up when one probe in five fails; six of twenty show it after the first few.
 *
 *   state     fails among the last n   next state
 *   fine      fewer than m             fine
 *   fine      m or more                browned out
 *   browned   more than half of m      browned out
 *   browned   half of m or fewer       fine
 */
import type { Outcome } from "./cause.ts";

/** What a healthcheck says of it. */
export interface BrownOutRule {
  /** m: so many fails make a brown-out. 2 to n. */
  readonly fails: number;
  /** n: of so many conclusive outcomes. 3 to 100. */
  readonly of: number;
  /** `warn`, the default: say so, no more. `move`: the address may be moved off the member. */
  readonly action: "warn" | "move";
}

/** The last conclusive outcomes of a member. */
export interface BrownOut {
  /** True for a fail, the newest last; at most n. */
  readonly recent: readonly boolean[];
  /** Since when it is browned out, monotonic milliseconds. Null: it is not. */
  readonly since: number | null;
}

export const noBrownOut: BrownOut = { recent: [], since: null };

/** @returns the state after this outcome; the same object when it is inconclusive. */
export function observeBrownOut(
  state: BrownOut,
  outcome: Outcome,
  rule: BrownOutRule,
  now: number,
): BrownOut {
  if (outcome === "inconclusive") return state;
  const recent = [...state.recent, outcome === "fail"].slice(-rule.of);
  const fails = failsOf(recent);
  const lasts = state.since === null ? fails >= rule.fails : fails * 2 > rule.fails;
  return { recent, since: lasts ? (state.since ?? now) : null };
}

/** @returns how many of these outcomes are fails. */
export function failsOf(recent: readonly boolean[]): number {
  return recent.filter(Boolean).length;
}
