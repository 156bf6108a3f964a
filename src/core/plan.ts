/**
 * The planner: looks at all facts of a group and says what to do next, and why. It is asked again after every event, so
 * it keeps no memory; failover, failback, repair, adoption and resuming after a crash are all the same comparison of the
 * holders that are wanted with the holders that are there.
 *
 *   may we judge?      we trust ourselves, the provider's truth is known, not busy, no foreign holder, one full first round   → else hold
 *   what is wanted?    a set of holders from health and policy                                            → or hold
 *   what is next?      one step from the present holders towards the wanted ones
 *   may we move?       no pause, backoff, maintenance, confirmation, hold-down, limits, approval, freshness                                 → else hold
 */
import type { Step } from "./address.ts";
import { eligibleMembers } from "./eligible.ts";
import { firstRoundEndsAt } from "./evidence.ts";
import type { GroupFacts } from "./facts.ts";
import { goalOf, type Goal } from "./goal.ts";
import { hold, type Hold } from "./hold.ts";
import { isHolderless } from "./holders.ts";
import { violation } from "./invariants.ts";
import { mayMove } from "./limits.ts";
import type { Rule } from "./rules.ts";
import { nextStep } from "./steps.ts";
import { distrustText } from "./trust.ts";

export type Plan = Hold | Ask | Act;

/** The provider's truth is too old to act upon: read it again and plan afresh. */
export interface Ask {
  readonly kind: "ask";
  readonly rule: Rule;
  readonly why: string;
}

/** Take this one step, read the truth, and plan afresh. */
export interface Act {
  readonly kind: "act";
  readonly rule: Rule;
  readonly why: string;
  readonly step: Step;
  readonly goal: Goal;
}

/** A reading older than this, in milliseconds, is not acted upon. Long enough for a slow read to be used once. */
const truthMaxAgeMs = 5_000;

export function plan(facts: GroupFacts): Plan {
  const ignorance = mayJudge(facts);
  if (ignorance !== null) return ignorance;
  const goal = goalOf(facts);
  if (goal.kind === "hold") return goal;
  const step = nextStep(goal, facts);
  if (step === null) return hold("steady", goal.why);
  const denial = mayMove(goal, facts);
  if (denial !== null) return { ...denial, blocked: step, decision: goal };
  if (facts.now - facts.truth.at > truthMaxAgeMs) {
    return {
      kind: "ask",
      rule: "truth-stale",
      why: "before acting, the provider is asked again who holds the address",
    };
  }
  const unsafe = violation(step, facts);
  if (unsafe !== null) return { ...hold("unsafe", unsafe), blocked: step, decision: goal };
  return { kind: "act", rule: goal.rule, why: goal.why, step, goal };
}

/** @returns null when enough is known to judge, else the hold that says what is missing. */
function mayJudge(facts: GroupFacts): Hold | null {
  const { distrust } = facts.trust;
  // Putting an address back that we took off needs no belief in what we see: nobody holding it is worse.
  if (distrust !== null && !isHolderless(facts)) {
    // It ends with a look at ourselves, which wakes the planner, and not by the clock alone.
    return hold("self-distrust", `${distrustText(distrust)}, so nothing seen now counts`);
  }
  const { reading } = facts.truth;
  if (reading === null)
    return hold("truth-unknown", "the provider has not been asked yet who holds the address");
  if (reading.kind === "unknown") {
    return hold("truth-unknown", `the provider could not say who holds the address: ${reading.detail}`);
  }
  if (reading.busy !== null) return hold("busy", `the provider is still at work: ${reading.busy}`);
  if (reading.foreign.length > 0) {
    const ids = reading.foreign.join(", ");
    return hold(
      "foreign-holder",
      `the address is held by ${ids}, which is no member: left to whoever did that`,
    );
  }
  const waiting = awaitsHealthcheck(facts);
  if (waiting !== null) return waiting;
  const roundEndsAt = firstRoundEndsAt(facts);
  // Nobody holding an address that we took off is worse than not to know all members.
  if (roundEndsAt === null || (isHolderless(facts) && eligibleMembers(facts).length > 0)) return null;
  const unknown = facts.members.filter((m) => m.health.health === "unknown").map((m) => m.name);
  return hold("first-round", `the health of ${unknown.join(", ")} is not known yet`, roundEndsAt);
}

/** An address that we took off waits for the healthcheck no longer than this, from the start: nobody holding it is worse. Milliseconds. */
const judgedByMs = 60_000;

/** @returns null when it is known of every member how it is probed. */
function awaitsHealthcheck(facts: GroupFacts): Hold | null {
  const { healthcheck, members, now, startedAt } = facts;
  const unprobed = members.filter(({ pace, health }) => pace === null && health.health === "unknown");
  if (healthcheck === null || unprobed.length === 0) return null;
  const until = isHolderless(facts) ? startedAt + judgedByMs : null;
  if (until !== null && now >= until) return null;
  const names = unprobed.map(({ name }) => name).join(", ");
  const waits = unprobed.length === 1 ? "waits" : "wait";
  const trouble = healthcheck.trouble === null ? "" : `: ${healthcheck.trouble}`;
  const why = `${names} ${waits} for the healthcheck stored at ${healthcheck.source}${trouble}`;
  return hold("healthcheck-unknown", why, until);
}
