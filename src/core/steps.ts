/** The next single step from the holders that are there to the holders that are wanted. */
import type { Step } from "./address.ts";
import type { GroupFacts } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { presentHolders } from "./holders.ts";

/** @returns null when the wanted holders are there already. */
export function nextStep(goal: Goal, facts: GroupFacts): Step | null {
  const present = presentHolders(facts).map((member) => member.name);
  const missing = goal.holders.find((name) => !present.includes(name));
  // The least preferred leaves first, so that what is left is the better part.
  const surplus = present.findLast((name) => !goal.holders.includes(name));

  if (facts.capabilities.transfer === "flip") {
    return missing === undefined ? null : { kind: "flip", member: missing };
  }
  const attach: Step | null = missing === undefined ? null : { kind: "attach", member: missing };
  const detach: Step | null = surplus === undefined ? null : { kind: "detach", member: surplus };
  // A pool has no order of its own: whoever can join does so before anybody leaves.
  const detachFirst = facts.policy.order === "detach-first" && facts.policy.holders === "one";
  return detachFirst ? (detach ?? attach) : (attach ?? detach);
}
