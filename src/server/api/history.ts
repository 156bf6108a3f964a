/** The past as the API tells it: the entries of the journal a page at a time, and why a group did what it did at one moment. */
import { utcTime } from "../../daemon/history/time-text.ts";
import { entryText } from "../../daemon/history/entry-text.ts";
import type { Explanation } from "../../daemon/history/explanation.ts";
import { sentencesOf } from "../../daemon/history/sentences.ts";
import { whyAt, whyNow } from "../../daemon/history/why.ts";
import { allGroups } from "../../daemon/journal/journal.ts";
import type { EntryPage, EntryType, Place } from "../../daemon/journal/query.ts";
import type { Answer, ApiParts } from "./operation.ts";

/** One entry of the journal. */
export interface HistoryEntry {
  /** Names it, and is a cursor. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Null: it is about all groups. */
  readonly group: string | null;
  readonly type: string;
  /** In one line, for people. */
  readonly text: string;
  /** All that was recorded; its fields are those of its type. */
  readonly entry: Readonly<Record<string, unknown>>;
}

export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  /** The cursor to go on with, as `beyond`; a page may be short, or empty, and yet not be the last. Null: there is no more. */
  readonly next: string | null;
  /** The id of the last event that was told before this page was made: the stream of events goes on after it. */
  readonly events: string;
}

/** An explanation, with the same in sentences; their times are UTC. */
export interface Why extends Explanation {
  readonly sentences: readonly string[];
}

export interface HistoryInput {
  readonly group?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly order?: "newest-first" | "oldest-first" | undefined;
  readonly beyond?: string | undefined;
  readonly types?: string | undefined;
  readonly limit?: string | undefined;
}

const limitDefault = 100;

/** What is told when no types are asked for. */
const isTold = {
  intent: true,
  step: true,
  effect: true,
  seen: true,
  ended: true,
  transition: true,
  decision: true,
  verified: true,
  order: true,
  "changed-by-hand": true,
  question: true,
  "brown-out": true,
  drill: true,
  preflight: true,
  healthcheck: true,
  trust: true,
  started: true,
  stopped: true,
  // What decisions and transitions say in few words.
  situation: false,
} as const satisfies Record<EntryType, boolean>;

const isEntryType = (text: string): text is EntryType => Object.hasOwn(isTold, text);

export const entryTypes: readonly EntryType[] = Object.keys(isTold).filter(isEntryType);
const told = entryTypes.filter((type) => isTold[type]);

/** @param input in the form that is wanted. */
export function historyAnswer({ past, feed }: Pick<ApiParts, "past" | "feed">, input: HistoryInput): Answer {
  const { group, since, until, order, beyond, types, limit } = input;
  const wanted = types?.split(",") ?? null;
  const page = past.page({
    group: group ?? null,
    sinceWallMs: since === undefined ? null : Date.parse(since),
    untilWallMs: until === undefined ? null : Date.parse(until),
    order: order ?? "newest-first",
    beyond: beyond === undefined ? null : placeOfCursor(beyond),
    types: wanted === null ? told : entryTypes.filter((type) => wanted.includes(type)),
    limit: limit === undefined ? limitDefault : Number(limit),
  });
  return { kind: "data", data: { ...historyPage(page), events: feed.idOf(feed.newest) } };
}

function historyPage({ entries, next }: EntryPage): Omit<HistoryPage, "events"> {
  return {
    entries: entries.map((recorded) => ({
      id: cursorOf(recorded),
      at: new Date(recorded.atWallMs).toISOString(),
      group: recorded.entry.group === allGroups ? null : recorded.entry.group,
      type: recorded.entry.type,
      text: entryText(recorded.entry),
      entry: { ...recorded.entry },
    })),
    next: next === null ? null : cursorOf(next),
  };
}

/** @param at ISO 8601; undefined: now. */
export function whyAnswer(
  { past, situationOf, wallNow }: Pick<ApiParts, "past" | "situationOf" | "wallNow">,
  { group, at }: { readonly group: string; readonly at?: string | undefined },
): Answer {
  const now = wallNow();
  const situation = situationOf(group);
  const explanation =
    at === undefined && situation !== "unknown"
      ? whyNow(group, situation, past, now)
      : whyAt(group, at === undefined ? now : Date.parse(at), past, now);
  if (situation === "unknown" && explanation.story.kind !== "told")
    return {
      kind: "refused",
      rule: "unknown",
      text: `There is no group ${group}, and nothing is recorded of one`,
    };
  const why: Why = { ...explanation, sentences: sentencesOf(explanation, utcTime) };
  return { kind: "data", data: why };
}

/** Stamp and number of an entry; a place that is no more serves as well. */
export const cursorPattern: RegExp = /^-?\d{1,16}-\d{1,16}$/;

function cursorOf({ atWallMs, id }: Place): string {
  return `${atWallMs}-${id}`;
}

function placeOfCursor(cursor: string): Place {
  const at = cursor.lastIndexOf("-");
  return { atWallMs: Number(cursor.slice(0, at)), id: Number(cursor.slice(at + 1)) };
}
