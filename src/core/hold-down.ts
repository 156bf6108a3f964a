/**
 * The hold-down: the least time between moves. It doubles with every move that follows others closely and shrinks again as
 * they grow old, so that a flapping group comes to rest and a quiet one reacts at once.
 */
import type { PastMove } from "./facts.ts";
import type { GroupPolicy } from "./policy.ts";

/** Moves within this many hold-downs are flaps; it is also the most that the hold-down grows to. */
const flapWindow = 12;

/**
 * @param moves the moves that count, oldest first.
 * @returns when the hold-down after the last of them ends, or null when it has ended or there was none.
 */
export function heldDownUntil(
  moves: readonly PastMove[],
  policy: Pick<GroupPolicy, "holdDownMs">,
  now: number,
): number | null {
  const last = moves.at(-1);
  if (last === undefined) return null;
  const windowMs = flapWindow * policy.holdDownMs;
  const flaps = moves.filter((move) => last.at - move.at < windowMs).length - 1;
  const until = last.at + Math.min(windowMs, policy.holdDownMs * 2 ** flaps);
  return now < until ? until : null;
}

/** @returns when a group that flaps, with moves that followed each other closely, has been quiet for long enough; null: it does not flap. */
export function flapsUntil(
  moves: readonly PastMove[],
  policy: Pick<GroupPolicy, "holdDownMs">,
  now: number,
): number | null {
  const windowMs = flapWindow * policy.holdDownMs;
  const [before, last] = moves.slice(-2);
  if (before === undefined || last === undefined || last.at - before.at >= windowMs) return null;
  const until = last.at + windowMs;
  return now < until ? until : null;
}
