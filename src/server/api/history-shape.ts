/** The forms of what is told of the past, and of the questions about it. Whoever reads an answer takes what is known of it. */
import { z } from "zod";
import type { Probes, Story, Transition } from "../../daemon/history/explanation.ts";
import { pageMax } from "../../daemon/journal/query.ts";
import type { Run } from "../../daemon/journal/runs.ts";
import { cause, situationShape } from "../../daemon/journal/situation-shape.ts";
import { cursorPattern, entryTypes, type HistoryEntry, type HistoryPage, type Why } from "./history.ts";

const stamp = z.number().meta({ description: "milliseconds since 1970" });
const health = z.enum(["unknown", "healthy", "unhealthy"]);

const historyEntry: z.ZodType<HistoryEntry> = z.object({
  id: z.string().meta({ description: "names the entry, and is a cursor" }),
  at: z.iso.datetime(),
  group: z.string().nullable().meta({ description: "null: it is about all groups" }),
  type: z.string().meta({ description: entryTypes.join(", ") }),
  text: z.string().meta({ description: "in one line, for people" }),
  entry: z
    .record(z.string(), z.unknown())
    .meta({ description: "all that was recorded; its fields are those of its type" }),
});

export const historyShape: z.ZodType<HistoryPage> = z.object({
  entries: z.array(historyEntry),
  next: z.string().nullable().meta({
    description: "goes on as `beyond`; a page may be short and yet not the last. null: there is no more",
  }),
  events: z.string().meta({ description: "goes on as `after` of events, without loss or doubling" }),
});

const run: z.ZodType<Run> = z.object({
  cause,
  count: z.number(),
  firstWallMs: stamp,
  lastWallMs: stamp,
  minMs: z.number(),
  medianMs: z.number(),
  maxMs: z.number(),
});

const probes: z.ZodType<Probes> = z.object({
  member: z.string().meta({ description: "(address) for the way through the address" }),
  runs: z.array(run).meta({ description: "the last ones, the newest last" }),
});

const transition: z.ZodType<Transition> = z.object({
  member: z.string(),
  from: health,
  to: health,
  why: z.string(),
  atWallMs: stamp,
});

const story: z.ZodType<Story> = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("told"),
    situation: situationShape,
    sinceWallMs: stamp.meta({ description: "since when it was so" }),
    probes: z.array(probes),
    transitions: z.array(transition),
  }),
  z.object({
    kind: z.literal("not-running"),
    sinceWallMs: stamp.nullable(),
    stopped: z.boolean().meta({ description: "false: it was killed, or its machine went down" }),
    untilWallMs: stamp.nullable(),
  }),
  z.object({ kind: z.literal("not-judged"), startedWallMs: stamp.nullable() }),
  z.object({ kind: z.literal("not-recorded"), beginsWallMs: stamp.nullable() }),
  z.object({ kind: z.literal("in-future") }),
]);

const explanation = {
  group: z.string(),
  atWallMs: stamp.meta({ description: "the moment that is explained" }),
  isNow: z.boolean(),
  story,
};

export const whyShape: z.ZodType<Why> = z.object({
  ...explanation,
  sentences: z.array(z.string()).meta({ description: "the same for people; times are UTC" }),
});

const moment = z.iso.datetime({ offset: true }).optional();
const described = <T extends z.ZodType>(schema: T, description: string): T => schema.meta({ description });

type Text = z.ZodType<string | undefined>;

export const at: Text = described(moment, "a moment such as 2026-11-25T03:12:00Z; without it: now");
export const since: Text = described(moment, "a moment such as 2026-11-25T03:12:00Z, the first that is told");
export const until: Text = described(moment, "a moment such as 2026-11-25T03:12:00Z, the last that is told");
export const order: z.ZodType<"newest-first" | "oldest-first" | undefined> = described(
  z.enum(["newest-first", "oldest-first"]).optional(),
  "newest-first, which it is without it, or oldest-first",
);
export const beyond: Text = described(
  z.string().regex(cursorPattern).optional(),
  "a cursor: only what comes after it in that order",
);
export const types: Text = described(
  z
    .string()
    .max(300)
    .regex(new RegExp(`^(${entryTypes.join("|")})(,(${entryTypes.join("|")}))*$`))
    .optional(),
  `types with commas between them, of ${entryTypes.join(", ")}; without it: all but situation`,
);
export const limit: Text = described(
  z
    .string()
    .regex(/^[1-9]\d{0,2}$/)
    .refine((digits) => Number(digits) <= pageMax)
    .optional(),
  `a number of entries from 1 to ${pageMax}; without it: 100`,
);
