/** Puts an explanation together from what was recorded: what the plan stood on, what probes saw, and whether anybody was there at all. */
import { allGroups, type Journal, type JournalEntry } from "../journal/journal.ts";
import { everything, type EntryQuery, type Place, type Recorded } from "../journal/query.ts";
import { hourMs, type Run, type Segment } from "../journal/runs.ts";
import type { Situation } from "../situation.ts";
import type { Explanation, Probes, Story, Transition } from "./explanation.ts";

/** What was recorded, read a few milliseconds at a time. */
export interface Past {
  readonly page: Journal["page"];
  readonly segments: Journal["segments"];
  readonly lastRunHour: Journal["lastRunHour"];
}

/** Signs of life of a process that runs are no further apart than this: runs are saved each minute. Milliseconds. */
const silenceMaxMs = 90_000;
/** Runs of one target that are told. */
const runsTold = 4;
/** Changes of health that are looked through for the last one of each member. */
const transitionsMax = 50;
/** Pages that one question goes through to find an entry. */
const pagesMax = 5;

/** @returns why the group does what it does at this moment. A situation of null: it has no plan yet. */
export function whyNow(group: string, situation: Situation | null, past: Past, wallNow: number): Explanation {
  const atWallMs = Math.trunc(wallNow);
  const story: Story =
    situation === null
      ? { kind: "not-judged", startedWallMs: last(past, "started", allGroups, atWallMs)?.atWallMs ?? null }
      : told({ situation, sinceWallMs: atWallMs }, { group, atWallMs, past });
  return { group, atWallMs, isNow: true, story };
}

/** @returns why the group did what it did at a moment of the past. */
export function whyAt(group: string, at: number, past: Past, wallNow: number): Explanation {
  const atWallMs = Math.trunc(at);
  const story = atWallMs > wallNow ? ({ kind: "in-future" } as const) : storyAt({ group, atWallMs, past });
  return { group, atWallMs, isNow: false, story };
}

interface Asked {
  readonly group: string;
  readonly atWallMs: number;
  readonly past: Past;
}

function storyAt(asked: Asked): Story {
  const { group, atWallMs, past } = asked;
  const started = last(past, "started", allGroups, atWallMs);
  const gap = gapAt(asked, started);
  if (gap !== null) return gap;
  const found = last(past, "situation", group, atWallMs);
  // What a process before this one has told says nothing of the time after its end.
  if (found !== null && (started === null || isBefore(started, found))) {
    return told({ situation: found.entry.situation, sinceWallMs: found.atWallMs }, asked);
  }
  if (started !== null) return { kind: "not-judged", startedWallMs: started.atWallMs };
  const first = find(past, { ...everything, group, types: ["situation"], order: "oldest-first" });
  return { kind: "not-recorded", beginsWallMs: first?.atWallMs ?? null };
}

/** @returns the time around that moment in which no process was running, or null. */
function gapAt({ group, atWallMs, past }: Asked, started: Place | null): Story | null {
  const stopped = last(past, "stopped", allGroups, atWallMs);
  const next = find(past, {
    ...everything,
    group: allGroups,
    types: ["started"],
    sinceWallMs: atWallMs + 1,
    order: "oldest-first",
  });
  const untilWallMs = next?.atWallMs ?? null;
  if (stopped !== null && (started === null || isBefore(started, stopped))) {
    return { kind: "not-running", sinceWallMs: stopped.atWallMs, stopped: true, untilWallMs };
  }
  if (next === null) return null;
  const entry = find(past, { ...everything, beyond: next });
  // Nothing is recorded from before the first start.
  if (entry === null) return null;
  const sinceWallMs = Math.max(entry.atWallMs, lastProbeAt(group, next.atWallMs, past));
  return atWallMs > sinceWallMs + silenceMaxMs
    ? { kind: "not-running", sinceWallMs, stopped: false, untilWallMs }
    : null;
}

/** @returns when the last probe ended until then, as far as it is recorded; else 0. */
function lastProbeAt(group: string, untilWallMs: number, past: Past): number {
  let until = untilWallMs;
  // In the hour in which a process began its own runs may be all that there is.
  for (let i = 0; i < 2; i++) {
    const hour = past.lastRunHour(until);
    if (hour === null) return 0;
    const stamps = past
      .segments(group, hour * hourMs, hour * hourMs)
      .flatMap(({ runs }) => runs.map(({ lastWallMs }) => lastWallMs))
      .filter((stamp) => stamp <= untilWallMs);
    if (stamps.length > 0) return Math.max(...stamps);
    until = hour * hourMs - 1;
  }
  return 0;
}

function told(
  { situation, sinceWallMs }: { readonly situation: Situation; readonly sinceWallMs: number },
  { group, atWallMs, past }: Asked,
): Story {
  const segments = past.segments(group, atWallMs - hourMs, atWallMs);
  const decision = last(past, "decision", group, atWallMs);
  return {
    kind: "told",
    situation,
    sinceWallMs: decision?.entry.rule === situation.rule ? decision.atWallMs : sinceWallMs,
    probes: probesOf(segments, atWallMs),
    transitions: lastTransitions(group, atWallMs, past),
  };
}

function probesOf(segments: readonly Segment[], atWallMs: number): readonly Probes[] {
  const byMember = new Map<string, Run[]>();
  for (const { member, runs } of segments) {
    const begun = runs.filter(({ firstWallMs }) => firstWallMs <= atWallMs);
    byMember.set(member, [...(byMember.get(member) ?? []), ...begun]);
  }
  return [...byMember].map(([member, runs]) => ({
    member,
    runs: runs.toSorted((a, b) => a.firstWallMs - b.firstWallMs).slice(-runsTold),
  }));
}

function lastTransitions(group: string, atWallMs: number, past: Past): readonly Transition[] {
  const { entries } = past.page({
    ...everything,
    group,
    types: ["transition"],
    untilWallMs: atWallMs,
    limit: transitionsMax,
  });
  const seen = new Map<string, Transition>();
  for (const { entry, atWallMs } of entries) {
    if (entry.type !== "transition" || seen.has(entry.member)) continue;
    const { member, from, to, why } = entry;
    seen.set(member, { member, from, to, why, atWallMs });
  }
  return [...seen.values()];
}

type OfType<T extends JournalEntry["type"]> = Recorded & {
  readonly entry: Extract<JournalEntry, { readonly type: T }>;
};

/** @returns the last entry of this type until then. */
function last<T extends JournalEntry["type"]>(
  past: Past,
  type: T,
  group: string,
  untilWallMs: number,
): OfType<T> | null {
  const found = find(past, { ...everything, group, types: [type], untilWallMs });
  return found !== null && isOfType(found, type) ? found : null;
}

function isOfType<T extends JournalEntry["type"]>(found: Recorded, type: T): found is OfType<T> {
  return found.entry.type === type;
}

/** @returns the first entry that is asked for. */
function find(past: Past, query: EntryQuery): Recorded | null {
  let { beyond } = query;
  for (let i = 0; i < pagesMax; i++) {
    const { entries, next } = past.page({ ...query, limit: 1, beyond });
    const [found] = entries;
    if (found !== undefined) return found;
    if (next === null) return null;
    beyond = next;
  }
  return null;
}

function isBefore(a: Place, b: Place): boolean {
  return a.atWallMs < b.atWallMs || (a.atWallMs === b.atWallMs && a.id < b.id);
}
