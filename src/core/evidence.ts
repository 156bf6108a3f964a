/** How long the evidence behind a health stays good, and when a group has been looked at once all round. */
import { timingContract } from "./contract.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";
import type { Pace } from "./target.ts";

/**
 * A single inconclusive or delayed probe must not age a member's evidence; two in a row with nothing conclusive between
 * them do.
 *
 * @returns the greatest age, in milliseconds, of a conclusive outcome that may still support a decision.
 */
export function evidenceMaxAgeMs(pace: Pace): number {
  return 3 * Math.max(pace.intervalMs, pace.timeoutMs) + pace.timeoutMs;
}

/** @returns true when the last conclusive outcome of this member is young enough to act upon. */
export function isFresh(member: MemberFacts, now: number): boolean {
  const { evidence, pace } = member;
  // Without a pace there is a person's word only, and that is of this moment.
  return evidence !== null && now - evidence.at <= (pace === null ? 0 : evidenceMaxAgeMs(pace));
}

/**
 * The first round is over once the health of every member is known, or once each has had the time in which a dead
 * member is detected for certain: one whose probes are all inconclusive does not hold up the others for ever.
 *
 * @returns when the first round ends at the latest, or null when it is over.
 */
export function firstRoundEndsAt(facts: Pick<GroupFacts, "members" | "now" | "startedAt">): number | null {
  const missing = facts.members.filter((member) => member.health.health === "unknown");
  if (missing.length === 0) return null;
  const paces = facts.members.flatMap(({ pace }) => pace ?? []);
  const end = facts.startedAt + Math.max(...paces.map(firstVerdictMs));
  return facts.now < end ? end : null;
}

/** The longest that a first verdict takes, be it good or bad. */
function firstVerdictMs(pace: Pace): number {
  const strikes = Math.max(pace.strikesFail, pace.strikesOk);
  return timingContract({ ...pace, fastIntervalMs: null, strikesFail: strikes }).latestMs;
}
