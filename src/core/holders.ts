/** Who holds the address now, in the words of the group. */
import type { GroupFacts, MemberFacts } from "./facts.ts";

/** @returns the members that hold the address, in order of preference; none when that is not known. */
export function presentHolders(facts: Pick<GroupFacts, "members" | "truth">): readonly MemberFacts[] {
  const { reading } = facts.truth;
  return reading?.kind === "known" ? facts.members.filter((m) => reading.holders.includes(m.name)) : [];
}

/**
 * A move of ours took the address off its holder, and no reading shows that anybody has it since. Until somebody does, the
 * move is neither given up nor cut short: nobody holding the address is our own doing.
 */
export function isHolderless({ truth, history }: Pick<GroupFacts, "truth" | "history">): boolean {
  if (history.inFlight === null || !history.inFlight.tookOff) return false;
  const { reading } = truth;
  return reading?.kind !== "known" || reading.holders.length + reading.foreign.length === 0;
}
