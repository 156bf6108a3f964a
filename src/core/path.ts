/**
 * The way through the address itself, as clients come. It is probed beside the members, and never counts for or against the
 * health of one: it tells whether a move has reached its clients, and how long they were without an answer.
 *
 *   after a move        the way                        then
 *   -                   answers, or was never judged   nothing
 *   within its time     has not answered since         verifying
 *   after its time      has not answered since         unverified: hold and say so, or try the next member
 *   none lately         unhealthy, and the holder has  unverified: hold and say so
 *                       passed a probe since
 *
 * Only a way that has failed `strikes-fail` times leads to the next member, and all of them while the holder was healthy: what was
 * seen before says nothing of it.
 */
import { eligibleMembers } from "./eligible.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { hold, type Hold } from "./hold.ts";
import type { Health } from "./health.ts";

export interface PathFacts {
  /** Counted afresh after each move. */
  readonly health: Health;
  /** Since when it is so. Monotonic milliseconds. */
  readonly since: number;
  /**
   * When the present run of fails began; null: the last probe passed, there was none since the holders changed, or the last one that told
   * something is too old to act upon.
   */
  readonly failingSince: number | null;
  /** What the last probe through the address saw, for a person; null before the first. */
  readonly detail: string | null;
  /** The move that is not verified yet. Null: there is none. */
  readonly pending: PendingVerification | null;
}

/** A move of ours, through which nobody has got an answer yet. */
export interface PendingVerification {
  /** The member that got the address. */
  readonly member: string;
  /** When it should have answered. Monotonic milliseconds. */
  readonly until: number;
  /** The members that were tried before it, one after the other, and did not answer either. */
  readonly tried: readonly string[];
}

/** @returns what follows from the way through the address while this healthy member holds it; null: nothing. */
export function pathGoal(holder: MemberFacts, facts: GroupFacts): Goal | Hold | null {
  const { path, now } = facts;
  if (path === null) return null;
  const seen = path.detail === null ? "" : ` (${path.detail})`;
  if (path.pending === null || path.pending.member !== holder.name) {
    // The way is probed faster than the members: as long as the holder may be dying, it is not the way that is at fault.
    const isWay = holder.evidence?.cause === "ok" && holder.evidence.at > path.since;
    if (path.health !== "unhealthy" || !isWay) return null;
    return hold(
      "unverified",
      `${holder.name} holds the address and is healthy, but through the address there is no answer${seen}`,
    );
  }
  const { until, tried } = path.pending;
  if (now < until) {
    return hold(
      "verifying",
      `${holder.name} has the address now, and the first answer through it is waited for`,
      until,
    );
  }
  const why = `${holder.name} got the address, but through the address there is no answer${seen}`;
  const isWay = path.failingSince !== null && path.failingSince > holder.health.since;
  const mayTry = facts.policy.verify?.otherwise === "next-member" && path.health === "unhealthy" && isWay;
  const next = mayTry ? nextUntried(holder, tried, facts) : null;
  if (next === null) return hold("unverified", why);
  return {
    kind: "goal",
    holders: [next.name],
    rule: "next-member",
    trigger: "next-member",
    why: `${why}, so ${next.name} is tried`,
  };
}

function nextUntried(holder: MemberFacts, tried: readonly string[], facts: GroupFacts): MemberFacts | null {
  const untried = (member: MemberFacts): boolean => member !== holder && !tried.includes(member.name);
  return eligibleMembers(facts).find(untried) ?? null;
}
