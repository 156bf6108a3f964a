/**
 * One operation of the API: where it is, who may call it, what it takes and what it answers. Routes, checks, the OpenAPI document
 * and the tests all read the same table of these, so that none of them can say something else.
 */
import { z } from "zod";
import type { People, Reply } from "../../daemon/people.ts";
import { complaintOf } from "./input.ts";
import type { Status } from "./status.ts";

/** Whom an operation speaks to. */
export interface ApiParts {
  readonly people: People;
  /** Takes the config file over again. */
  readonly reload: (by: string) => Reply;
  /** Throws only on a bug. */
  readonly status: () => Status;
  /** Told of whatever should never happen here. */
  readonly onBug: (error: Error) => void;
}

/**
 * `data`: what a reading answers with, of the operation's form. `malformed`: the request has not the form that is wanted; nothing
 * was tried.
 */
export type Answer =
  | Reply
  | { readonly kind: "data"; readonly data: unknown }
  | { readonly kind: "malformed"; readonly text: string };

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
  readonly answer: z.ZodType;
  readonly run: (parts: ApiParts, input: unknown) => Answer;
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

/** @returns an operation that only looks. */
export function reading<S extends z.ZodRawShape>(
  named: Pick<Operation, "name" | "summary" | "answer"> & { readonly fields: S },
  look: (parts: ApiParts, input: Fields<S>) => Answer,
): Operation {
  return operation("read", named, look);
}

/** @returns an operation by which a person orders something. */
export function order<S extends z.ZodRawShape>(
  named: Pick<Operation, "name" | "summary"> & { readonly fields: S },
  act: (parts: ApiParts, input: Fields<S>) => Reply,
): Operation {
  return operation("operate", { ...named, answer: taken }, act);
}

function operation<S extends z.ZodRawShape>(
  scope: Scope,
  named: Pick<Operation, "name" | "summary" | "answer"> & { readonly fields: S },
  run: (parts: ApiParts, input: Fields<S>) => Answer,
): Operation {
  const { name, summary, answer, fields } = named;
  const shape = z.strictObject(fields);
  return {
    name,
    scope,
    summary,
    input: shape,
    answer,
    run: (parts, input) => {
      const parsed = shape.safeParse(input);
      if (parsed.success) return run(parts, parsed.data);
      return { kind: "malformed", text: complaintOf(parsed.error, input, fields) };
    },
  };
}
