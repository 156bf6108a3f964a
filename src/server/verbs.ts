/** What may be asked of the daemon over the control API: each verb with the body that it takes. */
import { z } from "zod";
import { durationPattern, parseDuration } from "../config/duration.ts";
import { namePattern } from "../config/schema-values.ts";
import type { Given } from "../daemon/orders.ts";
import type { People, Reply } from "../daemon/people.ts";

/** `malformed`: the request has not the form that is wanted; nothing was tried. */
export type Answer = Reply | { readonly kind: "malformed"; readonly text: string };

/** Whom a verb speaks to. */
export interface Addressed {
  readonly people: People;
  /** Takes the config file over again. */
  readonly reload: (by: string) => Reply;
}

export type Verb = (to: Addressed, body: unknown) => Answer;

const byCharactersMax = 100;
const reasonCharactersMax = 500;

/** One line of visible text, without anything that would change how a terminal or a log shows it. */
const line = (max: number): z.ZodString =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u);

/** What each field must be, as it completes "<field> must be …". */
const wanted: Readonly<Record<string, string>> = {
  group: "the name of a group",
  groupOrAll: "the name of a group, or null for all groups",
  member: "the name of a member",
  by: `one line of at most ${byCharactersMax} characters that says who gives the order`,
  reason: `one line of at most ${reasonCharactersMax} characters that says why`,
  for: "a duration such as 30m or 2h",
  health: "healthy or unhealthy",
  id: "the id of the move that waits",
};

const name = z.string().regex(namePattern);
const by = line(byCharactersMax).regex(/\S/);
const target = { group: name, member: name, by };
const given = {
  by,
  reason: line(reasonCharactersMax),
  for: z.string().regex(durationPattern).nullish(),
};
const answer = { group: name, id: z.string().min(1).max(100).nullish(), by };

export const verbs: Readonly<Record<string, Verb>> = {
  pause: verb({ group: name.nullable(), ...given }, ({ people }, body) =>
    people.pause(body.group, givenOf(body)),
  ),
  resume: verb({ group: name.nullable(), by }, ({ people }, body) => people.resume(body.group, body.by)),
  drain: verb({ ...target, ...given }, ({ people }, body) =>
    people.drain(body.group, body.member, givenOf(body)),
  ),
  undrain: verb(target, ({ people }, body) => people.undrain(body.group, body.member, body.by)),
  force: verb({ ...target, ...given, health: z.enum(["healthy", "unhealthy"]) }, ({ people }, body) =>
    people.force(body.group, body.member, body.health, givenOf(body)),
  ),
  unforce: verb(target, ({ people }, body) => people.unforce(body.group, body.member, body.by)),
  approve: verb(answer, ({ people }, body) =>
    people.answer(body.group, body.id ?? null, "approved", body.by),
  ),
  reject: verb(answer, ({ people }, body) => people.answer(body.group, body.id ?? null, "rejected", body.by)),
  switchover: verb({ group: name, member: name.nullish(), by, reason: given.reason }, ({ people }, body) =>
    people.switchover(body.group, body.member ?? null, { by: body.by.trim(), reason: body.reason.trim() }),
  ),
  reload: verb({ by }, ({ reload }, body) => reload(body.by)),
  acknowledge: verb({ group: name, by }, ({ people }, body) => people.acknowledge(body.group, body.by)),
};

function givenOf(body: {
  readonly by: string;
  readonly reason: string;
  readonly for?: string | null | undefined;
}): Given {
  const forMs = typeof body.for === "string" ? parseDuration(body.for) : null;
  return { by: body.by.trim(), reason: body.reason.trim(), forMs };
}

function verb<S extends z.ZodRawShape>(
  fields: S,
  act: (to: Addressed, body: z.infer<z.ZodObject<S>>) => Reply,
): Verb {
  const shape = z.strictObject(fields);
  return (to, body) => {
    const parsed = shape.safeParse(body);
    if (parsed.success) return act(to, parsed.data);
    return { kind: "malformed", text: complaintOf(parsed.error, body, fields) };
  };
}

/** One thing at a time, in our words: zod's own name neither what is wanted nor what was there. */
function complaintOf(error: z.ZodError, body: unknown, fields: z.ZodRawShape): string {
  const [issue] = error.issues;
  const field = String(issue?.path[0] ?? "");
  if (issue?.code === "unrecognized_keys") {
    const [unknown = ""] = issue.keys;
    return `Unknown field ${quoted(unknown)}: known here are ${Object.keys(fields).join(", ")}`;
  }
  if (field === "" || typeof body !== "object" || body === null)
    return `The body must be a JSON object with ${Object.keys(fields).join(", ")}`;
  const isForAll = field === "group" && fields["group"] instanceof z.ZodNullable;
  const form = wanted[isForAll ? "groupOrAll" : field];
  const entry = Object.entries(body).find(([key]) => key === field);
  return entry === undefined
    ? `Missing field ${field}: it must be ${form}`
    : `${field} must be ${form}: got ${quoted(entry[1])}`;
}

/** Whatever was sent, in few words: it may be long, deep or meant to deceive a terminal. */
function quoted(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(typeof value === "string" ? value.slice(0, 80) : value);
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}
