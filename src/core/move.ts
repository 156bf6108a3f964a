/** The life of a move: when it has reached its goal, and when it is given up. */
import type { GroupFacts, Move } from "./facts.ts";
import { presentHolders } from "./goal.ts";
import type { Plan } from "./plan.ts";
import type { Rule } from "./rules.ts";

/** A move that has not come to its end after this long, in milliseconds, is given up; what is there is then judged afresh. */
export const moveDeadlineMs = 600_000;

export type MoveOutcome = "completed" | "abandoned";

/**
 * @param plan what the planner says with the move still in flight.
 * @returns null while the move goes on.
 */
export function moveOutcome(move: Move, facts: GroupFacts, plan: Plan): MoveOutcome | null {
  const present = presentHolders(facts).map((member) => member.name);
  if (facts.truth.reading?.kind === "known" && facts.truth.reading.busy === null) {
    if (present.length === move.to.length && move.to.every((name) => present.includes(name)))
      return "completed";
  }
  if (facts.now - move.startedAt >= moveDeadlineMs) return "abandoned";
  // Nobody holds the address, so giving up is no choice before the deadline.
  if (present.length === 0) return null;
  return plan.kind === "hold" && plan.until === null && givesUp.has(plan.rule) ? "abandoned" : null;
}

/** The reasons to hold that end a move; the others (busy, backoff, a refusal that ends, blindness) only delay it. */
const givesUp: ReadonlySet<Rule> = new Set(["steady", "all-down", "no-eligible", "foreign-holder", "unsafe"]);
