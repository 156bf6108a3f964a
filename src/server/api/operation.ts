/**
 * One operation of the API: where it is, who may call it, what it takes and what it answers. Routes, checks, the OpenAPI document
 * and the tests all read the same table of these, so that none of them can say something else.
 */
import type { Readable } from "node:stream";
import { z } from "zod";
import type { People, Reply, Signed } from "../../daemon/people.ts";
import { by, complaintOf } from "./input.ts";
import type { EventFeed } from "../event-feed.ts";
import type { Past } from "../../daemon/history/why.ts";
import type { Situation } from "../../daemon/situation.ts";
import type { ConfigAnswer } from "./config-shape.ts";
import type { Status } from "./status.ts";

/** Whom an operation speaks to. */
export interface ApiParts {
  readonly people: People;
  /** Takes the config file over again. */
  readonly reload: (signed: Signed) => Reply;
  /** What was recorded. */
  readonly past: Past;
  /** What a group stands on now; null: it has no plan yet; "unknown": there is no such group. */
  readonly situationOf: (group: string) => Situation | null | "unknown";
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Throws only on a bug. */
  readonly status: () => Status;
  /** What happens, as it happens. */
  readonly feed: EventFeed;
  /** The config that is in use. */
  readonly config: () => ConfigAnswer;
  /** Told of whatever should never happen here. */
  readonly onBug: (error: Error) => void;
}

/**
 * `data`: what a reading answers with, of the operation's form. `malformed`: the request has not the form that is wanted; nothing
 * was tried. `stream`: an answer that goes on until somebody ends it.
 */
export type Answer =
  | Reply
  | { readonly kind: "data"; readonly data: unknown }
  | { readonly kind: "stream"; readonly open: () => OpenStream }
  | { readonly kind: "malformed"; readonly text: string };

/** An answer under way: it gives up its caller by destroying itself. */
export interface OpenStream extends Readable {
  /** Ends it in good order; what has been told is still sent. */
  finish(): void;
}

/** Who calls, so far as it is known. */
export interface Caller {
  /** A name that is proven, and so need not be said. Null: nothing is proven. */
  readonly name: string | null;
  /** @param said who they say that they are. @returns how an order of theirs is signed. */
  signature(said: string): string;
}

/** `read` changes nothing; `operate` gives an order. */
export type Scope = "read" | "operate";

export interface Operation {
  /** Its path below `/api/v1/`, and its id in the OpenAPI document. */
  readonly name: string;
  /** A reading is a GET with its input in the query, an order a POST with its input as JSON. */
  readonly scope: Scope;
  /** One line, imperative. */
  readonly summary: string;
  readonly input: z.ZodObject;
  /** Of a stream: the form of each event's data. */
  readonly answer: z.ZodType;
  /** `events`: its answer is a stream of server-sent events, and `Last-Event-ID` counts as `after`. */
  readonly media: "json" | "events";
  readonly run: (parts: ApiParts, input: unknown, caller: Caller) => Answer;
}

/** What an order answers with when it was taken. */
export interface Taken {
  /** What was done, in words. */
  readonly text: string;
  readonly warning: string | null;
  readonly member?: string | undefined;
}

export const taken: z.ZodType<Taken> = z.object({
  text: z.string().meta({ description: "what was done, in words" }),
  warning: z.string().nullable().meta({ description: "what should be known all the same; null: nothing" }),
  member: z.string().optional().meta({ description: "who gets the address, of a switchover" }),
});

type Fields<S extends z.ZodRawShape> = z.infer<z.ZodObject<S>>;

interface Named<S extends z.ZodRawShape> extends Pick<Operation, "name" | "summary"> {
  readonly fields: S;
}

/** @returns an operation that only looks. */
export function reading<S extends z.ZodRawShape>(
  { fields, ...named }: Named<S> & Pick<Operation, "answer"> & Partial<Pick<Operation, "media">>,
  look: (parts: ApiParts, input: Fields<S>) => Answer,
): Operation {
  const input = z.strictObject(fields);
  return {
    media: "json",
    ...named,
    scope: "read",
    input,
    run: (parts, query) => {
      const parsed = input.safeParse(query);
      return parsed.success ? look(parts, parsed.data) : malformed(parsed.error, query, fields);
    },
  };
}

const signer = z.object({ by });

/** @param named with the fields beside `by`. @returns an operation by which somebody orders something. */
export function order<S extends z.ZodRawShape>(
  { fields, ...named }: Named<S>,
  act: (parts: ApiParts, input: Fields<S>, by: string) => Reply,
): Operation {
  const own = z.strictObject(fields);
  const all = { ...fields, by };
  return {
    ...named,
    scope: "operate",
    media: "json",
    input: z.strictObject(all),
    answer: taken,
    run: (parts, body, caller) => {
      const { by: said = caller.name ?? undefined, ...rest } = isObject(body) ? body : {};
      const parsed = own.safeParse(isObject(body) ? rest : body);
      if (!parsed.success) return malformed(parsed.error, body, all);
      const signed = signer.safeParse({ by: said });
      if (!signed.success) return malformed(signed.error, body, all);
      return act(parts, parsed.data, caller.signature(signed.data.by.trim()));
    },
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(error: z.ZodError, input: unknown, fields: z.ZodRawShape): Answer {
  return { kind: "malformed", text: complaintOf(error, input, fields) };
}
