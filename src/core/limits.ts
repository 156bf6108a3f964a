/**
 * May a move begin, or go on, now? A move that has begun is not held up by the limits on beginning one: stopping
 * half-way is worse than either end.
 */
import type { GroupFacts } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { heldDownUntil } from "./hold-down.ts";
import { hold, type Hold } from "./hold.ts";
import { presentHolders } from "./holders.ts";

/** How long an unexpected set of holders must read the same before it is repaired. Milliseconds. */
const confirmMs = 10_000;
/** The same after a change by hand: a person in a web console takes this long between detaching and attaching. */
const confirmByHandMs = 60_000;

/** @returns null, or the hold that says which limit and until when. */
export function mayMove(goal: Goal, facts: GroupFacts): Hold | null {
  const { now, history } = facts;
  if (now < history.notBefore) {
    return hold("backoff", "the last step was not applied, so the next one waits", history.notBefore);
  }
  if (history.inFlight !== null) return null;
  return (
    unconfirmed(goal, facts) ?? changedByHand(goal, facts) ?? tooSoon(goal, facts) ?? tooOften(goal, facts)
  );
}

/** What no step of ours has led to must be seen to last before we repair it. */
function unconfirmed(goal: Goal, facts: GroupFacts): Hold | null {
  const orphaned = presentHolders(facts).length === 0;
  if (!orphaned && goal.rule !== "double-attach") return null;
  const until = facts.truth.sameSince + (quietUntil(facts) === null ? confirmMs : confirmByHandMs);
  return facts.now < until ? hold("unconfirmed", `${goal.why}, if that lasts`, until) : null;
}

/** A person who moves the address by hand is not fought. An address that nobody holds is no one's wish. */
function changedByHand(goal: Goal, facts: GroupFacts): Hold | null {
  const until = quietUntil(facts);
  if (until === null || presentHolders(facts).length === 0) return null;
  return hold(
    "changed-by-hand",
    `somebody else moved the address lately, so it is left alone: ${goal.why}`,
    until,
  );
}

/** @returns until when a change by hand is left alone, or null. */
function quietUntil({ now, policy, history }: GroupFacts): number | null {
  if (history.changedByHand === null) return null;
  const until = history.changedByHand.at + policy.holdDownMs;
  return now < until ? until : null;
}

/**
 * Only moves off a member wait for it. Repairs do not, and in a pool the hold-down keeps a member that has left from coming
 * back (`limitationOf`), not the others from leaving.
 */
function tooSoon(goal: Goal, facts: GroupFacts): Hold | null {
  if (!isMoveOff(goal)) return null;
  const until = heldDownUntil(facts.history.moves, facts.policy, facts.now);
  return until === null
    ? null
    : hold("hold-down", `the last move was too short a time ago: ${goal.why}`, until);
}

function tooOften(goal: Goal, facts: GroupFacts): Hold | null {
  if (!isMoveOff(goal)) return null;
  const { moves, windowMs } = facts.policy.limit;
  const recent = facts.history.moves.filter((move) => facts.now - move.at < windowMs);
  const oldest = recent.at(-moves);
  if (oldest === undefined) return null;
  const why = `${recent.length} moves lately, ${moves} are allowed: ${goal.why}`;
  return hold("limit", why, oldest.at + windowMs);
}

function isMoveOff(goal: Goal): boolean {
  return goal.rule === "failover" || goal.rule === "failback";
}
