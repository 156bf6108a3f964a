/** The forms of what one event says, and of the questions about events. */
import { z } from "zod";
import { eventTypes, type EventData } from "../event-feed.ts";

export const eventShape: z.ZodType<EventData> = z.looseObject({
  time: z.iso.datetime().meta({ description: "when it happened, in UTC" }),
  level: z.enum(["debug", "info", "warn", "error"]).meta({ description: "as in the log" }),
  group: z.string().nullable().meta({ description: "null: it concerns all groups" }),
  text: z.string().meta({ description: "the sentence of the log; further fields hold the facts in it" }),
});

export const types: z.ZodType<string | undefined> = z
  .string()
  .regex(new RegExp(`^(${eventTypes.join("|")})(,(${eventTypes.join("|")}))*$`))
  .optional()
  .meta({ description: `types of events with commas between them: ${eventTypes.join(", ")}` });

export const after: z.ZodType<string | undefined> = z
  .string()
  .regex(/^(oldest|\d{1,15}-\d{1,15})$/)
  .optional()
  .meta({
    description:
      "the id of the last event that is known, or oldest for all that is kept; without it: only what happens from now on",
  });

export const follow: z.ZodType<"true" | "false" | undefined> = z
  .enum(["true", "false"])
  .optional()
  .meta({ description: "true (default) to be told of what happens, or false for what is kept alone" });
