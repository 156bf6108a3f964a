/** The way from the holders that are there to the holders that are wanted. */
import type { Step } from "./address.ts";
import type { GroupFacts } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { presentHolders } from "./holders.ts";

/** @returns null when the wanted holders are there already. */
export function nextStep({ holders }: Pick<Goal, "holders">, facts: GroupFacts): Step | null {
  return stepsTo(holders, facts)[0] ?? null;
}

/** @returns every step, in order, if each does what it is for and nobody else changes anything. */
export function stepsTo(wanted: readonly string[], facts: GroupFacts): readonly Step[] {
  const present = presentHolders(facts).map((member) => member.name);
  const missing = wanted.filter((name) => !present.includes(name));
  if (facts.capabilities.transfer === "flip")
    return missing.slice(0, 1).map((member) => ({ kind: "flip", member }));
  // The least preferred leaves first, so that what is left is the better part.
  const surplus = present.filter((name) => !wanted.includes(name)).toReversed();
  const attach = missing.map((member): Step => ({ kind: "attach", member }));
  const detach = surplus.map((member): Step => ({ kind: "detach", member }));
  // A pool has no order of its own: whoever can join does so before anybody leaves.
  const detachFirst = facts.policy.order === "detach-first" && facts.policy.holders === "one";
  return detachFirst ? [...detach, ...attach] : [...attach, ...detach];
}
