/**
 * What is said between failoverd and a command: one JSON document on its standard input, one on its standard output.
 * docs/providers.md describes it; a test reads the examples there with what is here.
 *
 * Answers are read strictly: a key that is misspelled must not pass for one that is left out.
 */
import { z } from "zod";
import type { Step } from "../../core/address.ts";
import type { GroupAtProvider, MemberAtProvider } from "../account.ts";
import { excerpt } from "../read-answer.ts";

/** It changes when a command of today would misunderstand a question of tomorrow. */
const protocolVersion = 1;

export interface Question {
  readonly group: GroupAtProvider;
  /** Null: who holds the address? */
  readonly step: { readonly kind: Step["kind"]; readonly member: MemberAtProvider } | null;
}

/** @param request id of this very run, as the log has it @returns the document on standard input, with a line break. */
export function questionText({ group, step }: Question, request: string): string {
  const asked = {
    version: protocolVersion,
    request,
    operation: step === null ? "read" : "move",
    group: group.name,
    address: group.address,
    members: group.members,
    ...(step === null
      ? {}
      : { step: { kind: step.kind, member: step.member.name, holder: step.member.holder } }),
  };
  return `${JSON.stringify(asked)}\n`;
}

const version = z.literal(protocolVersion);
const word = z.string().min(1).max(4_096);

export interface ReadAnswer {
  /** Who has the address, as the config's `holder` calls them, and others too. */
  readonly holders: readonly string[];
  /** Why no move must begin now, or null. */
  readonly busy: string | null;
}

const readAnswer = z
  .strictObject({ version, holders: z.array(word).max(1_000), busy: word.nullish() })
  .transform(({ holders, busy = null }): ReadAnswer => ({ holders: [...new Set(holders)], busy }));

export interface MoveAnswer {
  readonly effect: "applied" | "rejected" | "uncertain";
  readonly why: string | null;
}

const moveAnswer = z
  .discriminatedUnion("effect", [
    z.strictObject({ version, effect: z.literal("applied"), why: word.nullish() }),
    z.strictObject({ version, effect: z.literal(["rejected", "uncertain"]), why: word }),
  ])
  .transform(({ effect, why = null }): MoveAnswer => ({ effect, why }));

export type Parsed<T> = { readonly ok: T } | { readonly problem: string };

export function parseReadAnswer(output: string): Parsed<ReadAnswer> {
  return parse(output, readAnswer);
}

export function parseMoveAnswer(output: string): Parsed<MoveAnswer> {
  return parse(output, moveAnswer);
}

function parse<T>(output: string, schema: z.ZodType<T>): Parsed<T> {
  const text = output.trim();
  if (text === "") return { problem: "it printed nothing" };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: `it printed no JSON document: "${excerpt(text)}"` };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: parsed.data };
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "its answer" : issue.path.join(".");
  return { problem: `${where}: ${issue?.message ?? "not as expected"}` };
}
