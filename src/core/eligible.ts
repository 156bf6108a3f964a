/** May this member receive the address? Null, or its limitation: the reason why not. */
import { causeSentence } from "./cause.ts";
import { isFresh } from "./evidence.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";
import { heldDownUntil } from "./hold-down.ts";
import { hold, type Hold } from "./hold.ts";
import { presentHolders } from "./holders.ts";
import { orderText } from "./orders.ts";
import type { Rule } from "./rules.ts";

export interface Limitation {
  readonly rule: Rule;
  /** e.g. `web-b is unhealthy (it refused the connection)`. */
  readonly text: string;
  /** When it ends by itself, monotonic milliseconds. Null: only an event can end it. */
  readonly until: number | null;
}

/** @returns null when the member may receive the address. */
export function limitationOf(member: MemberFacts, facts: GroupFacts): Limitation | null {
  const own = ownLimitation(member, facts);
  if (own !== null) return own;
  // These two keep a move from being made too soon. An address that nobody holds is no place to move from, and a person who asks
  // for this member knows better.
  if (presentHolders(facts).length === 0 || facts.request?.member === member.name) return null;
  return heldDown(member, facts) ?? warmingUp(member, facts);
}

/** @returns null when the member may receive the address from somebody who does not mind that it is soon. */
export function ownLimitation(member: MemberFacts, { now }: Pick<GroupFacts, "now">): Limitation | null {
  const doubt = doubtOf(member, now);
  if (doubt !== null) return { rule: "no-eligible", text: doubt, until: null };
  if (member.drained === null) return null;
  return { rule: "no-eligible", text: drainedText(member), until: member.drained.until };
}

/** @returns e.g. `web-b is drained (ann: disk swap)`. */
export function drainedText({ name, drained }: Pick<MemberFacts, "name" | "drained">): string {
  return `${name} is drained${drained === null ? "" : ` (${orderText(drained)})`}`;
}

function heldDown(member: MemberFacts, { history, policy, now }: GroupFacts): Limitation | null {
  const leaves = history.moves.filter((move) => move.from.includes(member.name));
  const until = heldDownUntil(leaves, policy, now);
  if (until === null) return null;
  const text = `${member.name} is held down, since the address was moved off it lately`;
  return { rule: "hold-down", text, until };
}

function warmingUp(member: MemberFacts, { policy, now }: GroupFacts): Limitation | null {
  if (member.recoveredAt === null) return null;
  const until = member.recoveredAt + policy.warmUpMs;
  if (now >= until) return null;
  const text = `${member.name} was unhealthy until recently and is warming up`;
  return { rule: "warm-up", text, until };
}

/** @returns null when the member is proven to be healthy at this moment, else what is missing. */
export function doubtOf(member: MemberFacts, now: number): string | null {
  const { name, health } = member;
  if (health.health === "unknown") return `the health of ${name} is unknown`;
  if (health.health === "unhealthy") return `${name} is unhealthy${lastSeen(member)}`;
  // Strikes may have been forgotten since; what the last probe saw has not.
  if (health.strikes !== null || (member.evidence !== null && member.evidence.cause !== "ok"))
    return `${name} is healthy but failed its last probe${lastSeen(member)}`;
  return isFresh(member, now) ? null : `the last conclusive probe of ${name} is too old`;
}

/** It is unhealthy still and has passed its last probe: it may well be healthy in a moment. What a person says of it counts as a whole. */
export function isRecovering({ health, evidence, forced }: MemberFacts): boolean {
  return forced === null && health.health === "unhealthy" && evidence?.cause === "ok";
}

/**
 * @returns the members that may receive the address: in order of preference, after them those that are browned out, and last
 *   those that the provider refused a moment ago. Neither is a verdict on a member's health, so it only lets others go first.
 */
export function eligibleMembers(facts: GroupFacts): readonly MemberFacts[] {
  const delay = (member: MemberFacts): number =>
    2 * Number(isRefused(member, facts.now)) + Number(member.brownOut !== null);
  return facts.members
    .filter((member) => limitationOf(member, facts) === null)
    .toSorted((a, b) => delay(a) - delay(b));
}

/** @returns true while others are asked for first, because the provider refused this member a moment ago. */
export function isRefused(member: MemberFacts, now: number): boolean {
  return member.refusal !== null && now < member.refusal.until;
}

/** So often in a row a member is asked for, before an address that we took off goes back to where it was instead. */
const refusalsMax = 3;

/** @returns true when the provider has refused this member so often that it will hardly change its mind now. */
export function isGivenUp(member: MemberFacts, now: number): boolean {
  const { refusal } = member;
  return refusal !== null && now < refusal.until && refusal.count >= refusalsMax;
}

/** Why nobody can take the address: each member's limitation, and when the first of them ends by itself. */
export function nobodyEligible(facts: GroupFacts): Hold {
  const limitations = facts.members.flatMap((member) => limitationOf(member, facts) ?? []);
  const reasons = limitations.map(({ text }) => text).join("; ");
  if (facts.members.every((member) => member.health.health === "unhealthy")) {
    return hold("all-down", `every member is unhealthy, so no move would help: ${reasons}`);
  }
  const why = `no member may receive the address: ${reasons}`;
  const [first] = limitations
    .flatMap(({ rule, until }) => (until === null ? [] : [{ rule, until }]))
    .toSorted((a, b) => a.until - b.until);
  return first === undefined ? hold("no-eligible", why) : hold(first.rule, why, first.until);
}

/** @returns ` (it refused the connection)` after a fail, ` (forced by ann: …)`, else nothing: where its health comes from. */
export function lastSeen(member: MemberFacts): string {
  if (member.forced !== null) return ` (forced by ${orderText(member.forced)})`;
  return member.evidence === null || member.evidence.cause === "ok"
    ? ""
    : ` (it ${causeSentence(member.evidence.cause)})`;
}
