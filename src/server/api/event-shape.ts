/** The form of what one event says, for whoever reads it and for the OpenAPI document. */
import { z } from "zod";
import type { EventData } from "../event-feed.ts";

export const eventShape: z.ZodType<EventData> = z.looseObject({
  time: z.iso.datetime().meta({ description: "when it happened, in UTC" }),
  level: z.enum(["debug", "info", "warn", "error"]).meta({ description: "as in the log" }),
  group: z.string().nullable().meta({ description: "null: it concerns all groups" }),
  text: z.string().meta({ description: "the sentence of the log; further fields hold the facts in it" }),
});
