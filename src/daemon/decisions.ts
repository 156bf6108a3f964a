/** What the planner of one group says, from plan to plan: since when it says so, and what of it is worth telling. */
import type { Step } from "../core/address.ts";
import type { Plan } from "../core/plan.ts";
import { isSameReason } from "../core/reason.ts";
import { stateOf, type Rule } from "../core/rules.ts";

interface Told {
  readonly kind: Plan["kind"];
  readonly rule: Rule;
  readonly step: Step | null;
  readonly why: string;
}

export class Decisions {
  #plan: Plan | null = null;
  #stateSince: number;
  /** The decision that was told last. */
  #told: Told | null = null;

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
    const step = next.kind === "act" ? next.step : next.blocked;
    const again = told !== null && isSameDecision(told, next, step);
    if (again && isSameReason(next.why, told.why)) return null;
    this.#told = { kind: next.kind, rule: next.rule, step, why: next.why };
    return { again };
  }
}

function isSameDecision(told: Told, next: Plan, step: Step | null): boolean {
  return (
    told.kind === next.kind &&
    told.rule === next.rule &&
    told.step?.kind === step?.kind &&
    told.step?.member === step?.member
  );
}
