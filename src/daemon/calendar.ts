/**
 * Whether something that comes again and again is so now. Only the wall clock of this moment counts, and nothing is remembered
 * but the last answer, so that a clock that is set, a change of daylight saving time, a suspended machine and a restart need no
 * care: is there a run r of the pattern with r <= now < r + for?
 */
import type { Recurrence } from "../config/config.ts";
import { parseCron, type Pattern } from "../config/cron.ts";

/** A stretch of time throughout which the answer is the same. Milliseconds since 1970. */
export interface Span {
  readonly isOpen: boolean;
  /** When it was opened; of a time in between, the earliest instant for which this is known. */
  readonly fromWallMs: number;
  /** When it ends; Infinity: never. */
  readonly untilWallMs: number;
  /** The first run after this span has begun. Null: there is none any more. */
  readonly nextRunWallMs: number | null;
}

interface Known {
  readonly pattern: Pattern;
  span: Span | null;
}

/** Groups that share a window share the answer. What has left the config is let go with it. */
const known = new WeakMap<Recurrence, Known>();

/** @returns the span in which the instant lies. */
export function spanAt(recurrence: Recurrence, wallMs: number): Span {
  const entry = knownOf(recurrence);
  const { span } = entry;
  if (span !== null && span.fromWallMs <= wallMs && wallMs < span.untilWallMs) return span;
  return (entry.span = computed(entry.pattern, recurrence.forMs, wallMs));
}

/** Croner counts in whole seconds, so the run is the first one in a later second than that of its argument. */
function computed(pattern: Pattern, forMs: number, wallMs: number): Span {
  const run = pattern.next(wallMs - forMs);
  if (run === null || run > wallMs) {
    return { isOpen: false, fromWallMs: wallMs, untilWallMs: run ?? Infinity, nextRunWallMs: run };
  }
  return { isOpen: true, fromWallMs: run, untilWallMs: run + forMs, nextRunWallMs: pattern.next(run) };
}

function knownOf(recurrence: Recurrence): Known {
  const before = known.get(recurrence);
  if (before !== undefined) return before;
  const { cron, timezone } = recurrence;
  const pattern = parseCron(cron, timezone);
  if ("failure" in pattern) throw new Error(`Cannot read the pattern ${cron}: ${pattern.failure}`);
  const fresh = { pattern, span: null };
  known.set(recurrence, fresh);
  return fresh;
}
