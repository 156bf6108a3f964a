/**
 * The entries as they are stored. One schema serves both ways: writing keeps only the known fields and bounds them, reading
 * takes nothing on trust, since the file may be damaged or of another version.
 */
import { z } from "zod";
import { drillOutcomes, orderActs } from "../events.ts";
import type { JournalEntry } from "./journal.ts";
import { distrustCause, situationShape } from "./situation-shape.ts";
import { health, names, rule, step, text, trigger } from "./values.ts";

/** An entry with its place in time and the identity of its group at that time. */
export interface Stamped {
  /** Milliseconds since 1970 by the wall clock, which may have been wrong. */
  readonly atWallMs: number;
  readonly identity: string;
  readonly entry: JournalEntry;
}

const entrySchema: z.ZodType<JournalEntry> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("intent"), group: text, trigger, why: text, from: names, to: names }),
  z.object({ type: z.literal("step"), group: text, step, why: text, to: names, takesOff: z.boolean() }),
  z.object({
    type: z.literal("effect"),
    group: text,
    step,
    effect: z.enum(["applied", "rejected", "uncertain"]),
    detail: text,
    durationMs: z.number(),
  }),
  z.object({
    type: z.literal("seen"),
    group: text,
    holders: names,
    foreign: names,
    busy: text.nullable(),
    isFirst: z.boolean().optional(),
  }),
  z.object({
    type: z.literal("ended"),
    group: text,
    trigger,
    from: names,
    to: names,
    outcome: z.enum(["completed", "abandoned"]),
  }),
  z.object({
    type: z.literal("transition"),
    group: text,
    member: text,
    from: health,
    to: health,
    why: text,
  }),
  z.object({
    type: z.literal("decision"),
    group: text,
    kind: z.enum(["hold", "act"]),
    rule,
    why: text,
    step: step.nullable(),
  }),
  z.object({
    type: z.literal("verified"),
    group: text,
    member: text,
    afterMs: z.number(),
    outageMs: z.number(),
    late: z.boolean(),
  }),
  z.object({ type: z.literal("order"), group: text, act: z.enum(orderActs), by: text, text }),
  z.object({
    type: z.literal("drill"),
    group: text,
    phase: z.enum(["out", "away", "ended"]),
    home: text,
    away: text,
    holdMs: z.number(),
    outcome: z.enum(drillOutcomes).nullable(),
    text,
  }),
  z.object({ type: z.literal("changed-by-hand"), group: text, from: names, to: names }),
  z.object({ type: z.literal("situation"), group: text, situation: situationShape }),
  z.object({ type: z.literal("question"), group: text, id: text, why: text, to: names }),
  z.object({
    type: z.literal("brown-out"),
    group: text,
    member: text,
    began: z.boolean(),
    fails: z.number(),
    of: z.number(),
  }),
  z.object({
    type: z.literal("preflight"),
    group: text,
    readiness: z.enum(["ready", "broken"]),
    why: text,
  }),
  z.object({
    type: z.literal("healthcheck"),
    group: text,
    source: text,
    from: text.nullable(),
    to: text.nullable(),
    trouble: text.nullable(),
  }),
  z.object({ type: z.literal("trust"), group: text, cause: distrustCause.nullable(), detail: text }),
  z.object({ type: z.literal("started"), group: text, version: text }),
  z.object({ type: z.literal("stopped"), group: text, version: text }),
]);

interface Kind {
  /** Recovery looks at it; the others only explain. */
  readonly ofMove: boolean;
  /**
   * Without it on the disk a fresh process would not know what it may have done, or whom it must not fight. An intent goes to the disk
   * with its first step, before anything is called.
   */
  readonly synced: boolean;
}

const ofMove: Kind = { ofMove: true, synced: false };
const ofMoveSynced: Kind = { ofMove: true, synced: true };
const explains: Kind = { ofMove: false, synced: false };

const kinds: Readonly<Record<JournalEntry["type"], Kind>> = {
  intent: ofMove,
  step: ofMoveSynced,
  effect: ofMove,
  seen: ofMove,
  ended: ofMove,
  "changed-by-hand": ofMoveSynced,
  order: ofMoveSynced,
  drill: ofMoveSynced,
  transition: explains,
  decision: explains,
  verified: explains,
  situation: explains,
  question: explains,
  "brown-out": explains,
  preflight: explains,
  healthcheck: explains,
  trust: explains,
  started: explains,
  stopped: explains,
};

/** The types that recovery looks at. */
export const moveTypes: readonly string[] = Object.entries(kinds).flatMap(([type, kind]) =>
  kind.ofMove ? [type] : [],
);

/** @returns true when recovery looks at entries of this type; the others only explain. */
export function isOfMove({ type }: JournalEntry): boolean {
  return kinds[type].ofMove;
}

/** @returns true when it must be on the disk before the daemon goes on. */
export function mustBeSynced({ type }: JournalEntry): boolean {
  return kinds[type].synced;
}

/** @returns the entry with its known fields only and every text and list bounded, or null when it is none (a bug of the caller). */
export function bounded(entry: unknown): JournalEntry | null {
  return entrySchema.safeParse(entry).data ?? null;
}

/** Compiles what checks the entries of moves, so that this is not done at the first move, before its first call. */
export function compileMoves(): void {
  for (const type of moveTypes) bounded({ type, group: "" });
}

/** @returns the entry that was stored as this JSON, or null when it is damaged or of a type that this version does not know. */
export function parseEntry(json: string): JournalEntry | null {
  try {
    return bounded(JSON.parse(json));
  } catch {
    return null;
  }
}
