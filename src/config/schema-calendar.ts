/** The schema of what comes at set times: maintenance windows and drills. */
import { z } from "zod";
import type { DrillFile, MaintenanceFile } from "./file-shape.ts";
import { isTimezone } from "./cron.ts";
import { durationBetween, namePattern, oneOf, optional, required, text, wants } from "./schema-values.ts";

const minute = 60_000;
const day = 86_400_000;

const groupName = wants(z.string().regex(namePattern), "the name of a group");

const cron = required(
  text,
  'When it begins: MINUTE HOUR DAY MONTH WEEKDAY, such as "0 3 * * SUN"; seconds before and a year after them are possible.',
).meta({ examples: ["0 3 * * SUN", "30 4 1 * *", "@daily"] });

const timezone = optional(text, {
  about:
    "On whose wall clock, such as Europe/Zurich. Default: that of the machine, which in a container is mostly UTC.",
  examples: ["Europe/Zurich", "UTC"].filter(isTimezone),
});

export const maintenance: z.ZodType<MaintenanceFile> = z.strictObject({
  cron,
  for: required(durationBetween(minute, 7 * day), "How long it lasts, from 1m to 168h."),
  timezone,
  groups: optional(z.array(groupName).min(1), {
    about: "Which groups are left alone. Default: all of them.",
  }),
  mode: optional(oneOf("hold", "approve"), {
    about: "hold: no automatic move begins in it. approve: none begins without a person.",
    default: "hold",
  }),
} satisfies Record<keyof MaintenanceFile, z.ZodType>);

export const drill: z.ZodType<DrillFile> = z.strictObject({
  group: required(groupName, "The group that proves that it can move."),
  cron,
  hold: optional(durationBetween(minute, day), {
    about: "How long the other member keeps the address before it goes back, from 1m to 24h.",
    default: "10m",
  }),
  window: optional(durationBetween(minute, day), {
    about: "So long after its time a drill may still begin, when something stood in its way; from 1m to 24h.",
    default: "15m",
  }),
  timezone,
} satisfies Record<keyof DrillFile, z.ZodType>);
