/**
 * The timing contract of a target: what its pace promises, by arithmetic alone.
 *
 * A member dies at any instant of an interval. The first probe to notice is due at most one interval later, the last
 * one that is needed `strikes-fail - 1` paces after it, and its answer is known at most one timeout after its start.
 *
 * The engine's ticks are counted: a start is made up to a tick late, and a deadline is seen up to a tick late. They do not add up,
 * because the next start is planned from the instant for which this one was planned, whenever it was made; only a probe that runs
 * into the next start hands its own two on to it. For the earliest detection the first start may be late and the last one not.
 *
 * It ends with the verdict, on the thread that judges. The probe thread tells it of a fail in the turn in which that is seen, and a
 * strike goes back the same way in time for the next tick. For these messages, and for timers that fire a millisecond early or late,
 * one more tick is counted at either end.
 *
 * All of it is for a machine that keeps up. What is not counted is how late our own event loops are, which
 * `failoverd_probe_start_lateness_seconds` and `failoverd_event_loop_delay_seconds` show and which makes a timeout inconclusive when it
 * is much, starts that are held back while we fall behind, the wait for one of the sixteen places for TLS handshakes, and a resolver
 * that takes more than a tenth of the timeout: the target's timeout begins when it has answered, so such a probe ends up to one
 * timeout later.
 */
import type { Capabilities } from "./address.ts";
import { tickMs } from "./schedule.ts";
import type { Pace } from "./target.ts";

/** What timers and messages between threads are off, at most, on event loops that are on time. Milliseconds. */
const slackMs = tickMs;

/** All in whole milliseconds, from the death of a member that answered promptly until then to the verdict that it is unhealthy. */
export interface TimingContract {
  /** The earliest detection; an outage that is shorter can never trigger. */
  readonly earliestMs: number;
  /** The latest detection; an outage that is longer always triggers. */
  readonly latestMs: number;
}

export function timingContract(pace: Pace): TimingContract {
  const { intervalMs, timeoutMs, fastIntervalMs } = pace;
  // From the instant for which a start was planned.
  const knownMs = tickMs + timeoutMs + tickMs;
  // A probe never overlaps itself: the starts that a full timeout runs into are left out.
  const slowRepeatMs =
    fastIntervalMs === null
      ? (Math.floor(knownMs / intervalMs) + 1) * intervalMs
      : Math.max(fastIntervalMs, knownMs);
  const repeats = pace.strikesFail - 1;
  return {
    earliestMs: Math.max(0, repeats * (fastIntervalMs ?? intervalMs) - tickMs - slackMs),
    latestMs: intervalMs + repeats * slowRepeatMs + knownMs + slackMs,
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
