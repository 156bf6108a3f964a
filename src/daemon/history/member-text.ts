/** One member in sentences: what its probes saw, what was counted, what follows for its health, and whether it may receive the address. */
import { causeSentence, outcomeOf } from "../../core/cause.ts";
import { formatDuration } from "../../config/duration.ts";
import type { Run } from "../journal/runs.ts";
import type { MemberSituation } from "../situation.ts";
import type { Transition } from "./explanation.ts";
import { orderText, type TimeText } from "./time-text.ts";

export interface MemberStory {
  readonly atWallMs: number;
  readonly holds: boolean;
  /** The newest last. */
  readonly runs: readonly Run[];
  /** The last change of its health. */
  readonly transition: Transition | null;
}

export function memberText(member: MemberSituation, story: MemberStory, time: TimeText): string {
  const { name, pace } = member;
  const { holds, runs } = story;
  return [
    `${name}${holds ? ", which holds the address," : ""} ${healthText(member, story, time)}.`,
    pace === null ? "It is not probed." : probesText(runs, pace.intervalMs, time),
    ...strikesText(member, story),
    ...orderTexts(member, time),
    ...(holds ? [] : [limitationText(member, time)]),
  ].join(" ");
}

function healthText(member: MemberSituation, { transition }: MemberStory, time: TimeText): string {
  const { health, realHealth, sinceWallMs, forced } = member;
  if (forced !== null) {
    return `counts as ${health}, since that was forced by ${orderText(forced, time)}; its probes say ${realHealth}`;
  }
  const why = transition !== null && transition.to === health ? ` (${transition.why})` : "";
  return `${health === "unknown" ? "has an unknown health" : `is ${health}`} since ${time(sinceWallMs)}${why}`;
}

/** Consecutive outcomes against the present health, counted from the runs. */
function strikesText(
  { realHealth, pace }: MemberSituation,
  { runs, atWallMs }: MemberStory,
): readonly string[] {
  const conclusive = runs.filter(({ cause }) => outcomeOf(cause) !== "inconclusive");
  const newest = conclusive.at(-1);
  if (newest === undefined) return [];
  if (pace === null) return [];
  const outcome = outcomeOf(newest.cause);
  const against = outcome === "pass" ? "unhealthy" : "healthy";
  if (realHealth !== against) return [];
  const from = conclusive.findLastIndex(({ cause }) => outcomeOf(cause) !== outcome) + 1;
  const count = conclusive.slice(from).reduce((sum, run) => sum + countUntil(run, atWallMs), 0);
  const needed = outcome === "pass" ? pace.strikesOk : pace.strikesFail;
  if (count >= needed) return [];
  const what =
    outcome === "pass" ? "passes in a row that make it healthy" : "fails in a row that make it unhealthy";
  return [`That is ${count} of the ${needed} ${what}.`];
}

/** Probes are evenly spaced, near enough. */
function countUntil({ count, firstWallMs, lastWallMs }: Run, atWallMs: number): number {
  if (atWallMs >= lastWallMs || count === 1) return count;
  return 1 + Math.floor(((atWallMs - firstWallMs) / (lastWallMs - firstWallMs)) * (count - 1));
}

function orderTexts({ drained, brownOut, limitation }: MemberSituation, time: TimeText): readonly string[] {
  const lines: string[] = [];
  if (drained !== null && limitation?.text.includes("is drained") !== true)
    lines.push(`It is drained by ${orderText(drained, time)}.`);
  if (brownOut !== null)
    lines.push(`It is browned out: ${brownOut.fails} of its last ${brownOut.of} probes failed.`);
  return lines;
}

function limitationText({ limitation }: MemberSituation, time: TimeText): string {
  if (limitation === null) return "It may receive the address.";
  const until = limitation.untilWallMs === null ? "" : `, until ${time(limitation.untilWallMs)}`;
  return `It may not receive the address: ${limitation.text}${until}.`;
}

/** A run that may go on over the end of an hour. */
type LongRun = Omit<Run, "medianMs"> & { readonly medianMs: number | null };

/** @param intervalMs from probe to probe. @returns what was seen, the newest first. */
export function probesText(runs: readonly Run[], intervalMs: number, time: TimeText): string {
  const texts = joined(runs, 3 * intervalMs)
    .toReversed()
    .slice(0, 3)
    .map((run) => runText(run, time));
  return texts.length === 0
    ? "No probe of it is recorded around that time."
    : `Probed every ${formatDuration(intervalMs)}: ${texts.join("; before that ")}.`;
}

/**
 * Runs that were only cut at the end of an hour, put together again; the median of their durations is then not known.
 *
 * @param gapMaxMs with more time between them nobody was probing.
 */
function joined(runs: readonly Run[], gapMaxMs: number): readonly LongRun[] {
  const long: LongRun[] = [];
  for (const run of runs) {
    const before = long.at(-1);
    const goesOn =
      before !== undefined && before.cause === run.cause && run.firstWallMs - before.lastWallMs <= gapMaxMs;
    if (!goesOn) long.push(run);
    else {
      long[long.length - 1] = {
        ...before,
        count: before.count + run.count,
        lastWallMs: run.lastWallMs,
        minMs: Math.min(before.minMs, run.minMs),
        medianMs: null,
        maxMs: Math.max(before.maxMs, run.maxMs),
      };
    }
  }
  return long;
}

const nouns = {
  pass: ["pass", "passes"],
  fail: ["fail", "fails"],
  inconclusive: ["inconclusive probe", "inconclusive probes"],
} as const;

function runText(run: LongRun, time: TimeText): string {
  const { cause, count, firstWallMs, lastWallMs } = run;
  const outcome = outcomeOf(cause);
  const [one, many] = nouns[outcome];
  const [first, last] = [time(firstWallMs), time(lastWallMs)];
  const when = first === last ? `at ${first}` : `from ${first} to ${last}`;
  const counted = `${count} ${count === 1 ? one : many} ${when}`;
  if (outcome === "pass") return `${counted} (${latencyText(run)})`;
  return `${counted} (${outcome === "fail" ? "it " : ""}${causeSentence(cause)})`;
}

function latencyText({ minMs, medianMs, maxMs }: LongRun): string {
  if (minMs === maxMs) return `${minMs} ms`;
  return `${minMs} to ${maxMs} ms${medianMs === null ? "" : `, median ${medianMs} ms`}`;
}
