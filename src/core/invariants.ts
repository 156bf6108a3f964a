/**
 * What no step may ever break, whatever the planner thought. Asked when the plan is made and once more right before the
 * step is carried out.
 */
import type { Step } from "./address.ts";
import { eligibleMembers, limitationOf } from "./eligible.ts";
import type { GroupFacts, Move } from "./facts.ts";
import { presentHolders } from "./goal.ts";

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

/** Never to a member that is not proven eligible; only an address that we took off may go back to where it was. */
function mayReceive(name: string, facts: GroupFacts): string | null {
  const member = facts.members.find((candidate) => candidate.name === name);
  if (member === undefined) return `${name} is no member of the group`;
  const limitation = limitationOf(member, facts);
  if (limitation === null) return null;
  return isPutBack(name, facts.history.inFlight) && presentHolders(facts).length === 0 ? null : limitation;
}

function isPutBack(name: string, move: Move | null): boolean {
  return move !== null && move.from.includes(name);
}

/** Never zero holders by our own hand, unless the group says detach-first and somebody can take over at once. */
function mayLose(name: string, facts: GroupFacts): string | null {
  const others = presentHolders(facts).filter((member) => member.name !== name);
  if (others.some((member) => member.health.health === "healthy")) return null;
  if (facts.policy.order !== "detach-first" || facts.policy.holders !== "one") {
    return `without ${name} ${others.length === 0 ? "nobody" : "no healthy member"} would hold the address`;
  }
  const successor = eligibleMembers(facts).find((member) => member.name !== name);
  return successor === undefined ? `nobody is eligible to take the address over from ${name}` : null;
}
