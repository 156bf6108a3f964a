/**
 * Which members should hold the address, from health and policy alone. How often and how soon it may be moved is no part
 * of it: that is asked afterwards.
 *
 *   holders there   their health              wanted                                          rule
 *   none            -                         the most preferred eligible member              orphan
 *   one             healthy                   the same, or a preferred one when it is due     steady, failback
 *   one             unknown, or stale         the same: unknown is not down                   holder-unknown, stale-evidence
 *   one             unhealthy                 the most preferred eligible member              failover
 *   one             unhealthy, none eligible  the same: no place is better                    all-down, no-eligible
 *   several         one or more healthy       the most preferred healthy one of them          double-attach
 *   several         none healthy              as with one holder
 *   a move in flight that has reached, or has to reach, its member                            finish-move
 */
import { eligibleMembers, lastSeen, limitationOf } from "./eligible.ts";
import { isFresh } from "./evidence.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";
import { hold, type Hold } from "./hold.ts";
import { poolGoal } from "./pool.ts";
import type { Rule, Trigger } from "./rules.ts";

export interface Goal {
  readonly kind: "goal";
  /** The members that should hold the address; never empty. */
  readonly holders: readonly string[];
  readonly rule: Rule;
  /** What a move that begins with this goal is called. */
  readonly trigger: Trigger;
  /** One sentence without a final period. */
  readonly why: string;
}

export function goalOf(facts: GroupFacts): Goal | Hold {
  const present = presentHolders(facts);
  if (facts.policy.holders === "all-healthy") return poolGoal(present, facts);
  if (present.length === 0) return goalWithoutHolder(facts);
  const arrived = arrivedMember(present, facts);
  if (arrived !== null) return arrived;

  const keep = present.find((member) => member.health.health === "healthy");
  if (keep === undefined) return goalWithoutHealthyHolder(present, facts);
  if (present.length > 1) {
    const names = present.map((member) => member.name).join(" and ");
    const why = `${names} all hold the address, one should: ${keep.name} is the most preferred healthy one`;
    return { kind: "goal", holders: [keep.name], rule: "double-attach", trigger: "double-attach", why };
  }
  return failbackGoal(keep, facts) ?? hold("steady", `${keep.name} holds the address and is healthy`);
}

/** @returns the members that hold the address, in order of preference. */
export function presentHolders(facts: GroupFacts): readonly MemberFacts[] {
  const { reading } = facts.truth;
  return reading?.kind === "known" ? facts.members.filter((m) => reading.holders.includes(m.name)) : [];
}

/** Why nobody else can take the address: each member's limitation, and when the first of them may end. */
export function nobodyEligible(facts: GroupFacts): Hold {
  const reasons = facts.members.map((member) => limitationOf(member, facts)).filter((text) => text !== null);
  if (facts.members.every((member) => member.health.health === "unhealthy")) {
    return hold("all-down", `every member is unhealthy, so no move would help: ${reasons.join("; ")}`);
  }
  const ends = facts.members.flatMap((m) =>
    m.refusal && m.refusal.until > facts.now ? [m.refusal.until] : [],
  );
  const until = ends.length === 0 ? null : Math.min(...ends);
  return hold("no-eligible", `no member may receive the address: ${reasons.join("; ")}`, until);
}

function goalWithoutHolder(facts: GroupFacts): Goal | Hold {
  const eligible = eligibleMembers(facts);
  const move = facts.history.inFlight;
  if (move !== null) {
    const best =
      eligible.find((member) => move.to.includes(member.name)) ?? eligible[0] ?? whereItWas(move.from, facts);
    if (best === undefined) return nobodyEligible(facts);
    const why = `nobody holds the address since our move began, so ${best.name} gets it: ${move.why}`;
    return { kind: "goal", holders: [best.name], rule: "finish-move", trigger: move.trigger, why };
  }
  const [best] = eligible;
  if (best === undefined) return nobodyEligible(facts);
  const why = `nobody holds the address, and ${best.name} is the most preferred eligible member`;
  return { kind: "goal", holders: [best.name], rule: "orphan", trigger: "orphan", why };
}

/** Putting an address back to where we took it from needs no proof of health: nobody holding it is worse. */
function whereItWas(from: readonly string[], facts: GroupFacts): MemberFacts | undefined {
  return facts.members.find(
    (m) => from.includes(m.name) && (m.refusal === null || m.refusal.until <= facts.now),
  );
}

/** A move of ours has brought the address to its member, and the old holders still have it too. */
function arrivedMember(present: readonly MemberFacts[], facts: GroupFacts): Goal | null {
  const move = facts.history.inFlight;
  if (move === null || present.length < 2) return null;
  const arrived = present.find(
    (member) => move.to.includes(member.name) && member.health.health === "healthy",
  );
  if (arrived === undefined) return null;
  const why = `${arrived.name} has the address now, so the others let go of it: ${move.why}`;
  return { kind: "goal", holders: [arrived.name], rule: "finish-move", trigger: move.trigger, why };
}

function goalWithoutHealthyHolder(present: readonly MemberFacts[], facts: GroupFacts): Goal | Hold {
  const unknown = present.find((member) => member.health.health === "unknown");
  if (unknown !== undefined) {
    return hold("holder-unknown", `the health of ${unknown.name}, which holds the address, is unknown`);
  }
  const stale = present.find((member) => !isFresh(member, facts.now));
  if (stale !== undefined) {
    return hold(
      "stale-evidence",
      `the last conclusive probe of ${stale.name}, which holds the address, is too old`,
    );
  }
  const [best] = eligibleMembers(facts);
  if (best === undefined) return nobodyEligible(facts);
  const dead = present.map((member) => `${member.name} is unhealthy${lastSeen(member)}`).join(" and ");
  const why = `${dead}, and ${best.name} is the most preferred eligible member`;
  return { kind: "goal", holders: [best.name], rule: "failover", trigger: "failover", why };
}

function failbackGoal(holder: MemberFacts, facts: GroupFacts): Goal | null {
  const afterMs = facts.policy.failbackAfterMs;
  if (afterMs === null) return null;
  const preferred = facts.members.slice(0, facts.members.indexOf(holder));
  const due = preferred.find(
    (member) => limitationOf(member, facts) === null && facts.now - member.health.since >= afterMs,
  );
  if (due === undefined) return null;
  const why = `${due.name} is preferred to ${holder.name} and has been healthy for long enough to fail back`;
  return { kind: "goal", holders: [due.name], rule: "failback", trigger: "failback", why };
}
