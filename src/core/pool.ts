/**
 * `holders: all-healthy`: every eligible member holds the address. A member leaves the pool only when it is unhealthy, has not just passed
 * a probe, and at least one healthy member stays; when nobody is healthy the pool stays as it is.
 */
import {
  eligibleMembers,
  isRecovering,
  isRefused,
  lastSeen,
  limitationOf,
  nobodyEligible,
} from "./eligible.ts";
import { isFresh } from "./evidence.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { hold, type Hold } from "./hold.ts";

/** @param present the members that hold the address now. */
export function poolGoal(present: readonly MemberFacts[], facts: GroupFacts): Goal | Hold {
  // One that was refused a moment ago waits, so that it cannot keep a dead member from leaving.
  const joining = eligibleMembers(facts).filter(
    (member) => !present.includes(member) && !isRefused(member, facts.now),
  );
  const leaving = present.filter(
    (m) => m.health.health === "unhealthy" && isFresh(m, facts.now) && !isRecovering(m),
  );
  const staying = present.filter((member) => !leaving.includes(member));
  const safe = [...staying, ...joining].some((member) => member.health.health === "healthy");
  if (!safe) return present.length === 0 ? nobodyJoins(facts) : noneHealthy(present, facts);
  if (joining.length === 0 && leaving.length === 0) {
    const why = `every eligible member holds the address: ${nameList(present)}`;
    return hold("steady", why, nextToJoinAt(present, facts));
  }
  const reasons = [
    ...leaving.map((member) => `${member.name} leaves, since it is unhealthy${lastSeen(member)}`),
    ...joining.map((member) => `${member.name} joins, since it is healthy`),
  ];
  const wanted = facts.members.filter((member) => staying.includes(member) || joining.includes(member));
  const holders = wanted.map((member) => member.name);
  return { kind: "goal", holders, rule: "pool", trigger: "pool", why: reasons.join("; ") };
}

/** @returns when the first of the members that are left out may join, as far as the clock decides it. */
function nextToJoinAt(present: readonly MemberFacts[], facts: GroupFacts): number | null {
  const ends = facts.members
    .filter((member) => !present.includes(member))
    .flatMap(
      (member) =>
        limitationOf(member, facts)?.until ??
        (isRefused(member, facts.now) ? member.refusal?.until : null) ??
        [],
    );
  return ends.length === 0 ? null : Math.min(...ends);
}

/** The pool is empty and stays so: nobody is eligible, or whoever is was refused a moment ago. */
function nobodyJoins(facts: GroupFacts): Hold {
  const refused = eligibleMembers(facts);
  if (refused.length === 0) return nobodyEligible(facts);
  const why = `nobody holds the address, and the provider refused it a moment ago to ${nameList(refused)}`;
  return hold("no-eligible", why, nextToJoinAt([], facts));
}

function noneHealthy(present: readonly MemberFacts[], facts: GroupFacts): Hold {
  const why = `no holder is healthy and no member may join, so the address stays with ${nameList(present)}`;
  return hold(nobodyEligible(facts).rule, why, nextToJoinAt(present, facts));
}

function nameList(members: readonly MemberFacts[]): string {
  return members.map((member) => member.name).join(", ");
}
