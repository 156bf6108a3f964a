/**
 * `mode: approve`, of the group or of a maintenance window: a move that is decided waits for a person. An answer is good for one decision, so that whatever changes
 * in between is a new question. It is void as well once its move has begun, and once there is nothing to do any more.
 *
 *   answer     for this very decision   then
 *   none       -                        wait
 *   approved   yes, and still good      begin the move
 *   rejected   yes, and still good      leave it until the answer expires, then ask again
 *   any        no, or expired           wait
 */
import { isSameDecision, type Decision } from "./decision.ts";
import type { GroupFacts } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { hold, type Hold } from "./hold.ts";
import type { Maintenance } from "./maintenance.ts";

/** What a person has said to a decision. */
export interface Answer extends Decision {
  readonly verdict: "approved" | "rejected";
  readonly by: string;
  /** How long it is good for. Monotonic milliseconds. */
  readonly until: number;
}

/** An approval that has not led to a move within this time is void, in milliseconds: the truth is read again meanwhile. */
export const approvalMs = 60_000;
/** A rejected move is not asked for again within this time. Milliseconds. */
export const rejectionMs = 3_600_000;
/** A question that nobody answers within this time is asked anew, in milliseconds, and the old one is void. */
export const questionMs = 1_800_000;

/** @returns true while each move of the group waits for a person. */
export function asksSomebody(facts: Pick<GroupFacts, "policy" | "maintenance">): boolean {
  return facts.policy.mode === "approve" || askingWindow(facts) !== null;
}

function askingWindow({
  policy,
  maintenance,
}: Pick<GroupFacts, "policy" | "maintenance">): Maintenance | null {
  return policy.mode === "auto" && maintenance?.mode === "approve" ? maintenance : null;
}

/** Asked before a move begins. @returns null when it may. */
export function unapproved(goal: Goal, facts: GroupFacts): Hold | null {
  if (!asksSomebody(facts)) return null;
  const { answer, now } = facts;
  const window = askingWindow(facts);
  const given = answer !== null && now < answer.until && isSameDecision(answer, goal) ? answer : null;
  if (given === null) {
    const when = window === null ? "" : ` in the maintenance window (${window.text})`;
    const why = `${goal.why}: this waits for the approval of a person${when}`;
    return hold("approval", why, window?.until ?? null);
  }
  if (given.verdict === "approved") return null;
  return hold("rejected", `${given.by} has rejected it: ${goal.why}`, given.until);
}
