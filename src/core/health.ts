/**
 * The strike machine: turns the outcomes of one member's probes into its health. N means N.
 *
 *   state      outcome        strikes after      next state
 *   unknown    pass           a run of passes    healthy at strikes-ok, else unknown
 *   unknown    fail           a run of fails     unhealthy at strikes-fail, else unknown
 *   healthy    pass           0                  healthy
 *   healthy    fail           +1                 unhealthy at strikes-fail, else healthy
 *   unhealthy  fail           0                  unhealthy
 *   unhealthy  pass           +1                 healthy at strikes-ok, else unhealthy
 *   any        inconclusive   unchanged          unchanged
 */
import type { Outcome } from "./cause.ts";
import type { Pace } from "./target.ts";

export type Health = MemberHealth["health"];

/** Consecutive outcomes of one kind that count towards a change. */
export interface Strikes {
  readonly count: number;
  /** What they are: fails of a healthy member, passes of an unhealthy one, either of an unknown one. */
  readonly outcome: "pass" | "fail";
  /** When the first of them was seen. Monotonic milliseconds. */
  readonly firstAt: number;
}

export type MemberHealth =
  | { readonly health: "unknown"; readonly since: number; readonly strikes: Strikes | null }
  | { readonly health: "healthy"; readonly since: number; readonly strikes: Strikes | null }
  | { readonly health: "unhealthy"; readonly since: number; readonly strikes: Strikes | null };

/** The health of a member of which nothing is known yet. */
export function unknownHealth(now: number): MemberHealth {
  return { health: "unknown", since: now, strikes: null };
}

/**
 * Takes one outcome into account.
 *
 * @param now when the outcome was seen, monotonic milliseconds.
 * @returns the health after it; the same object when nothing changed.
 */
export function observe(
  state: MemberHealth,
  outcome: Outcome,
  pace: Pick<Pace, "strikesOk" | "strikesFail">,
  now: number,
): MemberHealth {
  if (outcome === "inconclusive") return state;
  if (confirms(state.health, outcome)) return state.strikes === null ? state : { ...state, strikes: null };

  const run = state.strikes?.outcome === outcome ? state.strikes : null;
  const strikes: Strikes = { count: (run?.count ?? 0) + 1, outcome, firstAt: run?.firstAt ?? now };
  if (strikes.count < strikesNeeded(outcome, pace)) return { ...state, strikes };
  return { health: outcome === "pass" ? "healthy" : "unhealthy", since: now, strikes: null };
}

/** @returns how many consecutive outcomes of this kind change a member's health. */
export function strikesNeeded(
  outcome: "pass" | "fail",
  pace: Pick<Pace, "strikesOk" | "strikesFail">,
): number {
  return outcome === "pass" ? pace.strikesOk : pace.strikesFail;
}

function confirms(health: Health, outcome: "pass" | "fail"): boolean {
  return (health === "healthy" && outcome === "pass") || (health === "unhealthy" && outcome === "fail");
}
