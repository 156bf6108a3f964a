/** What no step may ever break, whatever the planner thought. Asked last, right before the step is carried out. */
import type { Step } from "./address.ts";
import { doubtOf, eligibleMembers, isRefused, limitationOf } from "./eligible.ts";
import type { GroupFacts } from "./facts.ts";
import { membersToPutOn } from "./goal.ts";
import { isHolderless, presentHolders } from "./holders.ts";

/** @returns null, or why this step would harm, in one sentence without a final period. */
export function violation(step: Step, facts: GroupFacts): string | null {
  switch (step.kind) {
    case "attach":
    case "flip":
      return mayReceive(step.member, facts);
    case "detach":
      return mayLose(step.member, facts);
  }
}

/** Never to a member that is not proven eligible; an address that we took off must go somewhere, all the same. */
function mayReceive(name: string, facts: GroupFacts): string | null {
  const member = facts.members.find((candidate) => candidate.name === name);
  if (member === undefined) return `${name} is no member of the group`;
  const limitation = limitationOf(member, facts);
  if (limitation === null) return null;
  return isHolderless(facts) && membersToPutOn(facts)[0] === member ? null : limitation.text;
}

/** Never zero holders by our own hand, unless the group says detach-first and somebody can take over at once. */
function mayLose(name: string, facts: GroupFacts): string | null {
  const others = presentHolders(facts).filter((member) => member.name !== name);
  if (others.some((member) => doubtOf(member, facts.now) === null)) return null;
  if (facts.policy.order !== "detach-first" || facts.policy.holders !== "one") {
    return `without ${name} ${others.length === 0 ? "nobody" : "no member that is proven healthy"} would hold the address`;
  }
  const successor = eligibleMembers(facts).find(
    (member) => member.name !== name && !isRefused(member, facts.now),
  );
  return successor === undefined ? `nobody is eligible to take the address over from ${name}` : null;
}
