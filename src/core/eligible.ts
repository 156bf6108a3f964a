/** May this member receive the address? Null, or the reason why not. */
import { causeSentence } from "./cause.ts";
import { isFresh } from "./evidence.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";

/** @returns null when the member may receive the address, else its limitation, e.g. `web-b is unhealthy`. */
export function limitationOf(member: MemberFacts, facts: GroupFacts): string | null {
  const { now, policy, history } = facts;
  if (member.health.health === "unknown") return `the health of ${member.name} is unknown`;
  if (member.health.health === "unhealthy") return `${member.name} is unhealthy${lastSeen(member)}`;
  if (member.health.strikes !== null)
    return `${member.name} is healthy but failed its last probe${lastSeen(member)}`;
  if (!isFresh(member, now)) return `the last conclusive probe of ${member.name} is too old`;
  if (member.refusal !== null && now < member.refusal.until) {
    return `the provider refused ${member.name}: ${member.refusal.detail}`;
  }
  const left = history.moves.findLast((move) => move.from.includes(member.name));
  if (left !== undefined && now - left.at < policy.holdDownMs) {
    return `${member.name} is held down, since the address was moved off it lately`;
  }
  return null;
}

/** @returns the members that may receive the address, in order of preference. */
export function eligibleMembers(facts: GroupFacts): readonly MemberFacts[] {
  return facts.members.filter((member) => limitationOf(member, facts) === null);
}

/** @returns ` (refused the connection)` after a fail, else nothing: what the last conclusive probe saw. */
export function lastSeen(member: MemberFacts): string {
  return member.evidence === null || member.evidence.cause === "ok"
    ? ""
    : ` (it ${causeSentence(member.evidence.cause)})`;
}
