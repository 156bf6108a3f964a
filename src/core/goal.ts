/**
 * Which members should hold the address, from health and policy alone. How often and how soon it may be moved is no part
 * of it: that is asked afterwards. "Proven" is healthy by a fresh pass, with no strike since.
 *
 *   holders there   their health              wanted                                            rule
 *   none            -                         the most preferred eligible member                orphan
 *   one             healthy                   the same, or a preferred one when it is due       steady, failback
 *   one             healthy, browned out      another that is not, if the config allows it      brown-out
 *   one             healthy, does not answer  the same, or the next one that was not tried       unverified, next-member
 *   one             healthy, drill            as the drill wants it (`drill.ts`)                drill, drilling
 *   one             unknown, or old evidence  the same: unknown is not down                     holder-unknown, unproven
 *   one             unhealthy, recovering     the same: it has just passed a probe              unproven
 *   one             unhealthy                 the most preferred eligible member                failover
 *   one             unhealthy, none eligible  the same: no place is better                      all-down, no-eligible
 *   several         one or more proven        of them the one a person chose, or the preferred  double-attach
 *   several         healthy, none proven      all of them                                       unproven
 *   several         none healthy              as with one holder
 *   any             -                         the eligible member that a person asks for        switchover
 *   a move in flight that has reached, or has to reach, its member                              finish-move
 */
import { drillGoal, dueDrillGoal } from "./drill.ts";
import {
  doubtOf,
  eligibleMembers,
  isGivenUp,
  isRecovering,
  isRefused,
  lastSeen,
  limitationOf,
  nobodyEligible,
} from "./eligible.ts";
import { isFresh } from "./evidence.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";
import { hold, type Hold } from "./hold.ts";
import { isHolderless, presentHolders } from "./holders.ts";
import { pathGoal } from "./path.ts";
import { poolGoal } from "./pool.ts";
import { switchoverGoal } from "./switchover.ts";
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
  const asked = switchoverGoal(present, facts);
  if (asked !== null) return asked;
  const [holder, ...others] = present;
  if (holder === undefined) return goalWithoutHolder(facts);
  if (present.every((member) => member.health.health !== "healthy")) {
    return goalWithoutHealthyHolder(present, facts);
  }
  return others.length > 0 ? goalOfSeveral(present, facts) : goalOfHealthy(holder, facts);
}

function goalWithoutHolder(facts: GroupFacts): Goal | Hold {
  const [best] = eligibleMembers(facts);
  const move = facts.history.inFlight;
  if (move !== null && isHolderless(facts)) {
    const to = membersToPutOn(facts)[0];
    if (to === undefined) return nobodyEligible(facts);
    const why = `nobody holds the address since our move began, so ${to.name} gets it: ${move.why}`;
    return { kind: "goal", holders: [to.name], rule: "finish-move", trigger: move.trigger, why };
  }
  if (best === undefined) return nobodyEligible(facts);
  const why = `nobody holds the address, and ${best.name} is the most preferred eligible member`;
  return { kind: "goal", holders: [best.name], rule: "orphan", trigger: "orphan", why };
}

/**
 * Where an address may be put that we took off ourselves, best first: to whom it was going while that member is eligible, then to
 * anybody eligible, then to anybody healthy. When the first round ends without a verdict: to anybody who has passed a probe, then to
 * whom it was going if nothing is known against that member, and at last back to where it was. Nobody holding it is worse. Whom the
 * provider refuses again and again comes after all of these.
 */
export function membersToPutOn(facts: GroupFacts): readonly MemberFacts[] {
  const move = facts.history.inFlight;
  const isWanted = (member: MemberFacts): boolean => move?.to.includes(member.name) === true;
  const eligible = eligibleMembers(facts);
  const unjudged = facts.members.filter(isUnjudged);
  const passing = unjudged.filter(({ evidence }) => evidence !== null);
  const all = [
    ...eligible.filter((member) => isWanted(member) && !isRefused(member, facts.now)),
    ...eligible,
    ...facts.members.filter((member) => member.health.health === "healthy"),
    ...passing.filter(isWanted),
    ...passing,
    ...unjudged.filter(isWanted),
    ...facts.members.filter((member) => move?.from.includes(member.name) === true),
  ];
  return [...all.filter((member) => !isGivenUp(member, facts.now)), ...all];
}

/** There is no verdict on it, and nothing that speaks against it. */
function isUnjudged({ health, evidence, drained }: MemberFacts): boolean {
  const isFailing = health.strikes?.outcome === "fail" || (evidence !== null && evidence.cause !== "ok");
  return health.health === "unknown" && !isFailing && drained === null;
}

function goalOfHealthy(holder: MemberFacts, facts: GroupFacts): Goal | Hold {
  if (!isFresh(holder, facts.now)) return unproven([holder], facts);
  return (
    brownOutGoal(holder, facts) ??
    drillGoal(holder, facts) ??
    pathGoal(holder, facts) ??
    failbackGoal(holder, facts) ??
    dueDrillGoal(holder, facts) ??
    hold(
      "steady",
      `${holder.name} holds the address and is healthy${holder.forced === null ? "" : lastSeen(holder)}`,
    )
  );
}

/** Only to a member that is not browned out itself: overloaded is not dead, and the load comes along. */
function brownOutGoal(holder: MemberFacts, facts: GroupFacts): Goal | null {
  const { brownOut } = holder;
  if (brownOut === null || !brownOut.mayMove) return null;
  const better = eligibleMembers(facts).find((member) => member.brownOut === null);
  if (better === undefined) return null;
  const share = `${brownOut.fails} of its last ${brownOut.of} probes failed`;
  const why = `${holder.name} is browned out (${share}), and ${better.name} is the most preferred eligible member`;
  return { kind: "goal", holders: [better.name], rule: "brown-out", trigger: "brown-out", why };
}

function goalOfSeveral(present: readonly MemberFacts[], facts: GroupFacts): Goal | Hold {
  const proven = present.filter((member) => doubtOf(member, facts.now) === null);
  const { inFlight, changedByHand } = facts.history;
  const arrived = proven.find((member) => inFlight?.to.includes(member.name) === true);
  if (inFlight !== null && arrived !== undefined) {
    const why = `${arrived.name} has the address now, so the others let go of it: ${inFlight.why}`;
    return { kind: "goal", holders: [arrived.name], rule: "finish-move", trigger: inFlight.trigger, why };
  }
  const chosen = proven.find((member) => changedByHand?.added.includes(member.name) === true);
  const keep = chosen ?? proven[0];
  if (keep === undefined) return unproven(present, facts);
  const names = present.map((member) => member.name).join(" and ");
  const reason =
    chosen === undefined ? "the most preferred healthy one" : "the healthy one that somebody chose";
  const why = `${names} all hold the address, one should: ${keep.name} is ${reason}`;
  return { kind: "goal", holders: [keep.name], rule: "double-attach", trigger: "double-attach", why };
}

function goalWithoutHealthyHolder(present: readonly MemberFacts[], facts: GroupFacts): Goal | Hold {
  const unknown = present.find((member) => member.health.health === "unknown");
  if (unknown !== undefined) {
    return hold("holder-unknown", `the health of ${unknown.name}, which holds the address, is unknown`);
  }
  const old = present.filter((member) => !isFresh(member, facts.now));
  if (old.length > 0) return unproven(old, facts);
  const recovering = present.find(isRecovering);
  if (recovering !== undefined) {
    return hold(
      "unproven",
      `${recovering.name}, which holds the address, is unhealthy but passed its last probe`,
    );
  }
  const [best] = eligibleMembers(facts);
  if (best === undefined) return nobodyEligible(facts);
  const dead = present.map((member) => `${member.name} is unhealthy${lastSeen(member)}`).join(" and ");
  const why = `${dead}, and ${best.name} is the most preferred eligible member`;
  return { kind: "goal", holders: [best.name], rule: "failover", trigger: "failover", why };
}

/** The evidence for or against the holders is not good enough to act upon. */
function unproven(holders: readonly MemberFacts[], facts: GroupFacts): Hold {
  const doubts = holders.map((member) =>
    isFresh(member, facts.now)
      ? (doubtOf(member, facts.now) ?? `${member.name} is healthy`)
      : `the last conclusive probe of ${member.name} is too old`,
  );
  return hold("unproven", `the address stays until there is proof: ${doubts.join("; ")}`);
}

function failbackGoal(holder: MemberFacts, facts: GroupFacts): Goal | null {
  const afterMs = facts.policy.failbackAfterMs;
  if (afterMs === null) return null;
  const preferred = facts.members.slice(0, facts.members.indexOf(holder));
  const due = preferred.find(
    (member) =>
      limitationOf(member, facts) === null &&
      member.brownOut === null &&
      facts.now - wellSince(member, facts) >= afterMs,
  );
  if (due === undefined) return null;
  const why = `${due.name} is preferred to ${holder.name} and has been healthy for long enough to fail back`;
  return { kind: "goal", holders: [due.name], rule: "failback", trigger: "failback", why };
}

/** A brown-out, or a person's word, moves the address off a member whose probes call it healthy all the while. */
function wellSince({ name, health, recoveredAt }: MemberFacts, { history }: GroupFacts): number {
  const left = history.moves.filter(({ from }) => from.includes(name)).map(({ at }) => at);
  return Math.max(health.since, recoveredAt ?? health.since, ...left);
}
