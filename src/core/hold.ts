/** The plan that does nothing, with its reason. "May I?" is answered by null or by one of these. */
import type { Step } from "./address.ts";
import type { Decision } from "./decision.ts";
import type { Rule } from "./rules.ts";

export interface Hold {
  readonly kind: "hold";
  readonly rule: Rule;
  /** One sentence without a final period. */
  readonly why: string;
  /** When the reason ends by itself, monotonic milliseconds. Null: only an event can end it. */
  readonly until: number | null;
  /** The step that this rule holds back, or null when there is none to take. */
  readonly blocked: Step | null;
  /** What that step would be for, and why. */
  readonly decision: (Decision & { readonly why: string }) | null;
}

export function hold(rule: Rule, why: string, until: number | null = null): Hold {
  return { kind: "hold", rule, why, until, blocked: null, decision: null };
}
