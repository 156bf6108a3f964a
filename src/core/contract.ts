/**
 * The timing contract of a target: what its pace promises, by arithmetic alone.
 *
 * A member dies at any instant of an interval. The first probe to notice starts at most one interval later, the last
 * one that is needed starts `strikes-fail - 1` paces after it, and its answer is known at most one timeout later. How often the engine looks at its clock is not in it: starts and deadlines are
 * up to a tick of 10 ms late each, for each strike.
 */
import type { Capabilities } from "./address.ts";
import type { Pace } from "./target.ts";

/** All in milliseconds, counted from the death of a member that answered promptly until then. */
export interface TimingContract {
  /** The earliest detection; an outage that is shorter can never trigger. */
  readonly earliestMs: number;
  /** The latest detection; an outage that is longer always triggers. */
  readonly latestMs: number;
}

export function timingContract(pace: Pace): TimingContract {
  const { intervalMs, timeoutMs, fastIntervalMs } = pace;
  // A probe never overlaps itself: the starts that a full timeout runs into are left out.
  const slowRepeatMs =
    fastIntervalMs === null
      ? (Math.floor(timeoutMs / intervalMs) + 1) * intervalMs
      : Math.max(fastIntervalMs, timeoutMs);
  const repeats = pace.strikesFail - 1;
  return {
    earliestMs: repeats * (fastIntervalMs ?? intervalMs),
    latestMs: intervalMs + repeats * slowRepeatMs + timeoutMs,
  };
}

/**
 * How long a move may take after the detection when no call has to be repeated: a fresh reading, then each step with a
 * reading after it. Milliseconds. What clients need to notice a change of DNS comes on top.
 */
export function moveAtMostMs(capabilities: Capabilities): number {
  const { readDeadlineMs, stepDeadlineMs, transfer } = capabilities;
  const steps = transfer === "flip" ? 1 : 2;
  return readDeadlineMs + steps * (stepDeadlineMs + readDeadlineMs);
}
