/**
 * May we believe ourselves? A monitor that was late, stopped, or cut off sees dead servers everywhere. While a cause of
 * distrust lasts, every probe is inconclusive and nothing moves; it ends once the cause has been gone for a while.
 *
 *   state        seen               next state
 *   trusted      nothing            trusted
 *   trusted      a cause            distrusted, until its calm is over
 *   distrusted   a cause            distrusted, until the calm of that cause is over; it forgets at least as much as before
 *   distrusted   nothing, calm      distrusted until the calm is over, then trusted
 *
 * What is forgotten when trust comes back depends on the causes that were seen:
 *   `nothing`  the strikes are the very evidence (several groups failing together)
 *   `strikes`  a run of outcomes that began before may be our own doing, so it is counted afresh
 *   `all`      nobody knows what happened meanwhile: health is unknown again, and a full first round comes first
 */

export const distrustCauses = {
  /** The event loop was late for longer than a probe may be. */
  "event-loop": { calmMs: 5_000, forgets: "strikes", sentence: "this process was late" },
  /** The process was stopped or starved for so long that nothing seen before still holds. */
  gap: { calmMs: 2_000, forgets: "all", sentence: "this process stood still" },
  /** Wall and monotonic clock went apart: a step of the clock, or a machine that was suspended. */
  clock: { calmMs: 2_000, forgets: "all", sentence: "the wall clock jumped, or the machine was suspended" },
  /** Too few of the configured canaries answer: our own network is in doubt. */
  uplink: {
    calmMs: 15_000,
    forgets: "strikes",
    sentence: "too few canaries answer, so our own network is in doubt",
  },
  /** Unrelated groups began to fail at the same time. */
  correlated: { calmMs: 60_000, forgets: "nothing", sentence: "unrelated groups began to fail together" },
} as const;

export type DistrustCause = keyof typeof distrustCauses;

export type Forgets = (typeof distrustCauses)[DistrustCause]["forgets"];

export interface Trust {
  /** Null: trusted. */
  readonly distrust: Distrust | null;
}

export interface Distrust {
  /** The last cause that was seen. */
  readonly cause: DistrustCause;
  /** What was seen, e.g. `1.4 s late`. */
  readonly detail: string;
  readonly since: number;
  /** When it ends unless a cause is seen again. Monotonic milliseconds. */
  readonly until: number;
  readonly forgets: Forgets;
}

/** What one look at ourselves showed. Milliseconds. */
export interface SelfObservation {
  readonly now: number;
  /** How much later than planned this look came. */
  readonly latenessMs: number;
  /**
   * How late the event loop was in which the probes run, at worst since the last look. Null: it is our own, so the lateness of
   * this look tells. When it is another one, a look that came late spoils no probe.
   */
  readonly probeLoopLateMs: number | null;
  /** How much the wall clock went ahead of the monotonic one since the last look; negative: it fell back. */
  readonly clockDriftMs: number;
  /** Null: no canaries are configured, or none has been asked yet. */
  readonly canaries: { readonly answering: number; readonly need: number } | null;
  /** Groups whose holder began to fail lately, out of all groups. */
  readonly groups: { readonly failing: number; readonly all: number };
}

/** A late loop below this is within what probes allow for; above it their times are our own. Milliseconds. */
const lateMs = 1_000;
/** Above this, whatever was seen before is too old to go on from. Milliseconds. */
const gapMs = 5_000;
/** NTP slews by less than this between two looks; a step or a suspend is more. Milliseconds. */
const clockDriftMaxMs = 2_000;
/** With fewer groups than this, "together" says nothing. */
const correlatedGroupsMin = 3;

export const trusted: Trust = { distrust: null };

/** @returns the trust after this look; the same object when nothing changed. */
export function observeSelf(state: Trust, seen: SelfObservation): Trust {
  const { distrust } = state;
  const found = causeOf(seen, distrust);
  if (found !== null) {
    const { calmMs, forgets } = distrustCauses[found.cause];
    return {
      distrust: {
        ...found,
        since: distrust?.since ?? seen.now,
        until: seen.now + calmMs,
        forgets: more(forgets, distrust?.forgets ?? "nothing"),
      },
    };
  }
  return distrust !== null && seen.now >= distrust.until ? trusted : state;
}

/** @returns e.g. `this process stood still (for 9.0 s)`. */
export function distrustText({ cause, detail }: Pick<Distrust, "cause" | "detail">): string {
  return `${distrustCauses[cause].sentence} (${detail})`;
}

/** @returns the gravest cause that this look shows, or null. */
function causeOf(
  seen: SelfObservation,
  distrust: Distrust | null,
): Pick<Distrust, "cause" | "detail"> | null {
  const { latenessMs, probeLoopLateMs, clockDriftMs, canaries, groups } = seen;
  const stoodMs = Math.max(latenessMs, probeLoopLateMs ?? 0);
  if (stoodMs >= gapMs) return { cause: "gap", detail: `for ${seconds(stoodMs)}` };
  if (Math.abs(clockDriftMs) >= clockDriftMaxMs) {
    return { cause: "clock", detail: `by ${seconds(clockDriftMs)} against the monotonic clock` };
  }
  if (canaries !== null && canaries.answering < canaries.need) {
    return { cause: "uplink", detail: `${canaries.answering} of ${canaries.need} needed` };
  }
  const lateByMs = probeLoopLateMs ?? latenessMs;
  if (lateByMs >= lateMs) return { cause: "event-loop", detail: `by ${seconds(lateByMs)}` };
  // It may begin distrust, but not prolong its own: groups that are really dead would never be moved.
  if (distrust === null && groups.all >= correlatedGroupsMin && groups.failing * 2 > groups.all) {
    return { cause: "correlated", detail: `${groups.failing} of ${groups.all}` };
  }
  return null;
}

const order: readonly Forgets[] = ["nothing", "strikes", "all"];

function more(a: Forgets, b: Forgets): Forgets {
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
