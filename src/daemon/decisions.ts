/** What the planner of one group says, from plan to plan: since when it says so, and what of it is worth telling. */
import { isDeepStrictEqual } from "node:util";
import type { Plan } from "../core/plan.ts";
import { isSameReason } from "../core/reason.ts";
import { stateOf } from "../core/rules.ts";

export class Decisions {
  #plan: Plan | null = null;
  #stateSince: number;
  /** The decision that was told last. */
  #told: { readonly gist: unknown; readonly why: string } | null = null;

  constructor(now: number) {
    this.#stateSince = now;
  }

  /** The last plan, or null before the first. */
  get plan(): Plan | null {
    return this.#plan;
  }

  /** Since when the group has been in the state that its plan means. Monotonic milliseconds. */
  get stateSince(): number {
    return this.#stateSince;
  }

  /**
   * @returns null for what need not be told: the same rule, step and reason as before, measurements aside. Else `again` is true
   *   when only the reason is another.
   */
  take(next: Plan, now: number): { readonly again: boolean } | null {
    if (this.#plan === null || stateOf(this.#plan.rule) !== stateOf(next.rule)) this.#stateSince = now;
    this.#plan = next;
    if (next.kind === "ask") return null;
    const told = this.#told;
    const gist = [next.kind, next.rule, next.kind === "act" ? next.step : next.blocked];
    const again = told !== null && isDeepStrictEqual(gist, told.gist);
    if (again && isSameReason(next.why, told.why)) return null;
    this.#told = { gist, why: next.why };
    return { again };
  }
}
