/** What a request may carry: each field with its form, and what is said of one that has another form. */
import { z } from "zod";
import { durationPattern, parseDuration } from "../../config/duration.ts";
import { namePattern } from "../../config/schema-values.ts";
import type { Given } from "../../daemon/orders.ts";
import type { Signed } from "../../daemon/people.ts";

const byCharactersMax = 100;
const reasonCharactersMax = 500;

/** One line of visible text, without anything that would change how a terminal or a log shows it. */
const line = (max: number): z.ZodString =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u);

/** A form with what completes "<field> must be …"; the same words describe it in the OpenAPI document. */
function form<T extends z.ZodType>(schema: T, text: string): T {
  return schema.meta({ description: text });
}

const name = z.string().regex(namePattern);

export const group: z.ZodType<string> = form(name, "the name of a group");
export const groupOrAll: z.ZodType<string | null> = form(
  name.nullable(),
  "the name of a group, or null for all groups",
);
export const maybeGroup: z.ZodType<string | undefined> = form(
  name.optional(),
  "the name of a group; without it: all groups",
);
export const member: z.ZodType<string> = form(name, "the name of a member");
export const maybeMember: z.ZodType<string | null | undefined> = form(name.nullish(), "the name of a member");
export const by: z.ZodType<string> = form(
  line(byCharactersMax).regex(/\S/),
  `one line of at most ${byCharactersMax} characters that says who gives the order`,
);
export const reason: z.ZodType<string> = form(
  line(reasonCharactersMax),
  `one line of at most ${reasonCharactersMax} characters that says why`,
);
export const maybeReason: z.ZodType<string | null | undefined> = form(
  line(reasonCharactersMax).nullish(),
  `one line of at most ${reasonCharactersMax} characters that says why`,
);
export const time: z.ZodType<string | null | undefined> = form(
  z.string().regex(durationPattern).nullish(),
  "a duration such as 30m or 2h",
);
export const health: z.ZodType<"healthy" | "unhealthy"> = form(
  z.enum(["healthy", "unhealthy"]),
  "healthy or unhealthy",
);
export const force: z.ZodType<boolean | null | undefined> = form(
  z.boolean().nullish(),
  "true to move it to a member that is not proven healthy, else false",
);
export const dryRun: z.ZodType<boolean | null | undefined> = form(
  z.boolean().nullish(),
  "true to be told what would be done, and have nothing done, else false",
);
export const moveId: z.ZodType<string | null | undefined> = form(
  z.string().min(1).max(100).nullish(),
  "the id of the move that waits",
);

/** @returns who and why, as the daemon takes it. */
export function signedOf(input: { readonly reason?: string | null | undefined }, by: string): Signed {
  const reason = input.reason?.trim() ?? "";
  return reason === "" ? { by } : { by, reason };
}

/** @returns the same, and for how long. */
export function givenOf(
  input: { readonly reason: string; readonly for?: string | null | undefined },
  by: string,
): Given {
  const forMs = typeof input.for === "string" ? parseDuration(input.for) : null;
  return { by, reason: input.reason.trim(), forMs };
}

/** @returns what is wrong: one thing at a time, in our words, since zod's own name neither what is wanted nor what was there. */
export function complaintOf(error: z.ZodError, input: unknown, fields: z.ZodRawShape): string {
  const known = Object.keys(fields).join(", ");
  const [issue] = error.issues;
  const field = String(issue?.path[0] ?? "");
  if (issue?.code === "unrecognized_keys") {
    const [unknown = ""] = issue.keys;
    return `Unknown field ${quoted(unknown)}: known here are ${known || "none"}`;
  }
  if (field === "" || typeof input !== "object" || input === null)
    return `The body must be a JSON object with ${known}`;
  const wanted = descriptionOf(fields[field]);
  const entry = Object.entries(input).find(([key]) => key === field);
  return entry === undefined
    ? `Missing field ${field}: it must be ${wanted}`
    : `${field} must be ${wanted}: got ${quoted(entry[1])}`;
}

function descriptionOf(schema: z.core.$ZodType | undefined): string {
  return (schema === undefined ? undefined : z.globalRegistry.get(schema)?.description) ?? "something else";
}

/** Whatever was sent, in few words: it may be long, deep or meant to deceive a terminal. */
function quoted(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(typeof value === "string" ? value.slice(0, 80) : value);
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}
