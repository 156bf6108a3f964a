/** What may never be true of a move when it begins, judged from what this process has been told and by the config that is in force. */
import type { Trigger } from "../../src/core/rules.ts";
import type { GroupView } from "./group-view.ts";
import type { GroupViews } from "./group-views.ts";

/** A request may begin to be carried out within this time. Milliseconds. */
const requestMs = 60_000;

/** An approval is good for a minute. Milliseconds. */
const approvalMs = 60_000;

/** The triggers that move an address off a member that has it. */
const movesOff: ReadonlySet<Trigger> = new Set(["failover", "failback", "brown-out", "next-member"]);

/**
 * Hold-down and limit: moves off a member keep their distance from the moves that were seen to work, also across restarts.
 *
 * @param now the world's time.
 */
export function limitWrongs(view: GroupView, trigger: Trigger, now: number): readonly string[] {
  if (!movesOff.has(trigger)) return [];
  const { holdDownMs, limit } = view.config.policy;
  const wrongs: string[] = [];
  const agoMs = [
    ...view.inherited.map((at) => now - at),
    ...view.moveTimes.map((at) => view.process.now() - at),
  ];
  const leastMs = Math.min(...agoMs);
  // Another member is tried because the move before has not helped.
  if (leastMs < holdDownMs && trigger !== "next-member")
    wrongs.push(`${view.config.name}: hold-down: ${trigger} ${leastMs} ms after a move`);
  const recent = agoMs.filter((ms) => ms < limit.windowMs).length;
  if (recent >= limit.moves)
    wrongs.push(`${view.config.name}: limit: ${recent} moves were allowed, one more began`);
  return wrongs;
}

/** R8: not too many groups together, nor too often. Pools do not count. */
export function overallWrongs(view: GroupView, trigger: Trigger, all: GroupViews): readonly string[] {
  if (!movesOff.has(trigger)) return [];
  const { limit, share } = all.written.overall;
  const now = view.process.now();
  const wrongs: string[] = [];
  const others = all.wanted.filter((each) => each.config.policy.holders === "one");
  const movesWithin = (each: GroupView, ms: number): number =>
    each.moveTimes.filter((at) => now - at < ms).length;
  const moves = others.reduce((sum, each) => sum + movesWithin(each, limit.windowMs), 0);
  if (moves >= limit.moves) wrongs.push(`R8: ${moves} moves of all groups were allowed, one more began`);
  const moved = others.filter((each) => each !== view && movesWithin(each, share.windowMs) > 0).length;
  const allowed = Math.max(2, Math.floor(share.ofGroups * all.written.groups.length));
  if (moved >= allowed) wrongs.push(`R8: ${moved} groups have moved, one more began`);
  return wrongs;
}

/** In mode approve nothing begins without a person's yes. */
export function approvalWrongs({ config, process, approvedAt }: GroupView): readonly string[] {
  if (config.policy.mode !== "approve" || process.now() - approvedAt <= approvalMs) return [];
  return [`R6: ${config.name}: a move began without approval`];
}

/** A switchover begins only because a person has just asked for it. */
export function requestWrongs(
  { asked, config, process }: GroupView,
  to: readonly string[],
): readonly string[] {
  if (asked === null || !to.includes(asked.member))
    return [`R6: ${config.name}: a switchover to ${to.join("+")} that nobody has asked for`];
  const agoMs = process.now() - asked.at;
  return agoMs > requestMs ? [`R6: ${config.name}: a switchover ${agoMs} ms after it was asked for`] : [];
}
