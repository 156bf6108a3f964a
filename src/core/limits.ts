/**
 * May a move begin, or go on, now? A move that has begun is not held up by the limits on beginning one: stopping
 * half-way is worse than either end. But where a person has approved it, it goes to nobody else.
 */
import { unapproved } from "./approval.ts";
import type { GroupFacts, Move } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { flapsUntil, heldDownUntil } from "./hold-down.ts";
import { hold, type Hold } from "./hold.ts";
import { isHolderless, presentHolders } from "./holders.ts";
import { inMaintenance } from "./maintenance.ts";
import { orderText } from "./orders.ts";
import type { MoveLimit } from "./policy.ts";

/** How long an unexpected set of holders must read the same before it is repaired. Milliseconds. */
const confirmMs = 10_000;
/** The same after a change by hand: a person in a web console takes this long between detaching and attaching. */
const confirmByHandMs = 60_000;

/** So many groups may always move together: two may well stand in one place that has died. */
const togetherMin = 2;

/** @returns null, or the hold that says which limit and until when. */
export function mayMove(goal: Goal, facts: GroupFacts): Hold | null {
  const { now, history, pause } = facts;
  const isAsked = goal.trigger === "switchover";
  // Nobody has the address because of us: leaving it so was never what was meant.
  if (pause !== null && !isAsked && !isHolderless(facts)) {
    return hold(
      "paused",
      `paused by ${orderText(pause)}, so nothing is moved, although ${goal.why}`,
      pause.until,
    );
  }
  if (now < history.notBefore) {
    return hold("backoff", "the last step was not applied, so the next one waits", history.notBefore);
  }
  if (isAsked) return null;
  if (history.inFlight !== null) return turned(goal, history.inFlight, facts);
  return (
    inMaintenance(goal, facts) ??
    unconfirmed(goal, facts) ??
    changedByHand(goal, facts) ??
    tooSoon(goal, facts) ??
    flapping(goal, facts) ??
    tooOften(goal, facts) ??
    tooOftenOverall(goal, facts) ??
    tooManyTogether(goal, facts) ??
    unapproved(goal, facts)
  );
}

/** An approval is for the move that was shown: nobody else gets the address by it, and nobody loses it who was to keep it in a pool. */
function turned(goal: Goal, move: Move, facts: GroupFacts): Hold | null {
  // We took the address off: somebody must get it now.
  if (isHolderless(facts)) return null;
  const present = presentHolders(facts).map(({ name }) => name);
  const isPool = facts.policy.holders === "all-healthy";
  const receives = goal.holders.some((name) => !present.includes(name) && !move.to.includes(name));
  const loses = isPool && present.some((name) => !goal.holders.includes(name) && move.to.includes(name));
  return receives || loses ? unapproved(goal, facts) : null;
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
    `somebody else moved the address lately, so it is left alone, although ${goal.why}`,
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
  // The next member is tried because the move before has not helped; each is tried once.
  if (!isMoveOff(goal) || goal.rule === "next-member") return null;
  const until = heldDownUntil(facts.history.moves, facts.policy, facts.now);
  return until === null ? null : hold("hold-down", `the last move was too recent: ${goal.why}`, until);
}

/** Nobody needs a failback, so it waits until the group has come to rest. */
function flapping(goal: Goal, facts: GroupFacts): Hold | null {
  if (goal.rule !== "failback") return null;
  const until = flapsUntil(facts.history.moves, facts.policy, facts.now);
  return until === null ? null : hold("flapping", `the address moves back and forth: ${goal.why}`, until);
}

function tooOften(goal: Goal, facts: GroupFacts): Hold | null {
  if (!isMoveOff(goal)) return null;
  const { limit } = facts.policy;
  const until = usedUpUntil(facts.history.moves, limit, facts.now);
  if (until === null) return null;
  return hold("limit", `the limit of ${movesText(limit)} is used up: ${goal.why}`, until);
}

function tooOftenOverall(goal: Goal, { overall, now }: GroupFacts): Hold | null {
  if (!isMoveOff(goal)) return null;
  const { limit } = overall.policy;
  const until = usedUpUntil(overall.moves, limit, now);
  if (until === null) return null;
  const why = `the limit of ${movesText(limit)} of all groups is used up: ${goal.why}`;
  return hold("overall-limit", why, until);
}

/** Many groups that move together: rather our own mistake than that of all their holders. */
function tooManyTogether(goal: Goal, { name, overall, now }: GroupFacts): Hold | null {
  if (!isMoveOff(goal)) return null;
  const { ofGroups, windowMs } = overall.policy.share;
  const last = new Map<string, number>();
  for (const { group, at } of overall.moves) {
    if (group !== name && now - at < windowMs) last.set(group, Math.max(at, last.get(group) ?? at));
  }
  const allowed = Math.max(togetherMin, Math.floor(ofGroups * overall.groups));
  // The next place is free once so many have grown old that one less than allowed is left.
  const oldest = [...last.values()].toSorted((a, b) => b - a).at(allowed - 1);
  if (oldest === undefined) return null;
  const why = `${last.size} of ${overall.groups} groups have moved lately, so the others wait: ${goal.why}`;
  return hold("overall-share", why, oldest + windowMs);
}

/** @returns when the oldest of the last `limit.moves` moves leaves the window, or null when one more is allowed now. */
function usedUpUntil(
  moves: readonly { readonly at: number }[],
  limit: MoveLimit,
  now: number,
): number | null {
  const recent = moves.map(({ at }) => at).filter((at) => now - at < limit.windowMs);
  const oldest = recent.toSorted((a, b) => a - b).at(-limit.moves);
  return oldest === undefined ? null : oldest + limit.windowMs;
}

function movesText({ moves }: MoveLimit): string {
  return moves === 1 ? "1 move" : `${moves} moves`;
}

/** A move off a member that has the address; the others repair what nobody wants. */
function isMoveOff({ rule }: Goal): boolean {
  return rule === "failover" || rule === "failback" || rule === "brown-out" || rule === "next-member";
}
