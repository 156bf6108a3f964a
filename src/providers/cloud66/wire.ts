/**
 * Cloud 66's answers in every dialect that its sources document: the endpoint pages, the model pages and the older ones with
 * the Go library contradict each other, so each field is read in all its forms. Unknown fields are ignored.
 */
import { z } from "zod";

import { problemOf } from "../failure.ts";

export type StackRole = "primary" | "secondary";

/** `current_stack` as it came. What is written back has the same form. */
export type CurrentStack = number | string;

export interface FailoverGroup {
  readonly uid: string;
  /** IP or DNS name, or null. */
  readonly address: string | null;
  /** `active`, and others that nothing documents: to be shown, never to be judged by. Null: not said. */
  readonly status: string | null;
  /** As it came, or null when it is absent. */
  readonly current: CurrentStack | null;
  /** What is in each place. Null: nothing, so it must not be flipped to. */
  readonly stacks: Readonly<Record<StackRole, StackRef | null>>;
  /** False when absent: only some dialects have it. */
  readonly busy: boolean;
  /** True: this token may not change the group. False when absent. */
  readonly readonly: boolean;
}

/** One that does not look like a failover group. What it is does not keep the others from being read. */
export interface UnreadableGroup {
  readonly uid: string;
  /** e.g. `busy_toggling: Invalid input: expected boolean, received string`. */
  readonly problem: string;
}

export type ListedGroup = FailoverGroup | UnreadableGroup;

export interface StackRef {
  /** Null when only a name is known. */
  readonly uid: string | null;
  readonly name: string | null;
}

/** Signals of one stack. Null: not said. */
export interface StackState {
  readonly uid: string;
  readonly name: string | null;
  /** e.g. `production`. */
  readonly environment: string | null;
  /** Host name that the platform gives it. */
  readonly fqdn: string | null;
  /** 0 queued, 1 ok, 2 deploy failed, 3 analysing, 4 analysed, 5 queued for deploy, 6 deploying, 7 cannot analyse. */
  readonly status: number | null;
  /** 0 unknown, 1 building, 2 impaired, 3 healthy, 4 failed. */
  readonly health: number | null;
  readonly maintenance: boolean | null;
  readonly busy: boolean | null;
}

export interface Verdict {
  readonly ok: boolean;
  readonly message: string | null;
}

export function isReadable(group: ListedGroup): group is FailoverGroup {
  return !("problem" in group);
}

/** @returns what is wrong with it, as a sentence. */
export function unreadableText({ uid, problem }: UnreadableGroup): string {
  return `Failover group ${uid} cannot be understood: ${problem}`;
}

/** @returns which stack `current_stack` means, or null: 1/2, "1"/"2" and the words in any case are understood. */
export function roleOf(current: CurrentStack | null): StackRole | null {
  switch (String(current).trim().toLowerCase()) {
    case "1":
    case "primary":
      return "primary";
    case "2":
    case "secondary":
      return "secondary";
    default:
      return null;
  }
}

/** @returns what is wrong with a `current_stack` that means no stack, e.g. `7, which is neither primary nor secondary`. */
export function noRoleText(current: CurrentStack | null): string {
  return `${JSON.stringify(current)}, which is neither primary nor secondary`;
}

/** @returns the role in the form of `sample`: `2` for 1, `"2"` for "1", `"Secondary"` for "Primary". */
export function inFormOf(sample: CurrentStack, role: StackRole): CurrentStack {
  const number = role === "primary" ? 1 : 2;
  if (typeof sample === "number") return number;
  const text = sample.trim();
  if (/^\d+$/.test(text)) return String(number);
  if (text === text.toUpperCase()) return role.toUpperCase();
  return /^[A-Z]/.test(text) ? `${role[0]?.toUpperCase()}${role.slice(1)}` : role;
}

const text = z
  .string()
  .nullish()
  .transform((value) => (value === undefined || value === "" ? null : value));
/** For people only: one that is not as expected must not make an answer unreadable. */
const soft = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => (value === undefined || value === "" ? null : value));
/** A stack may be a uid or an object. */
const stackField = z
  .union([
    z.string().transform((uid) => ({ uid: uid === "" ? null : uid, name: null })),
    z.object({ uid: text, name: text }),
  ])
  .nullish()
  .transform((value) => value ?? { uid: null, name: null });

const group = z
  .object({
    uid: z.string().min(1),
    address: text,
    status: soft,
    current_stack: z.union([z.number(), z.string()]).nullish(),
    primary_stack: stackField,
    secondary_stack: stackField,
    primary_stack_uid: text,
    primary_stack_name: text,
    secondary_stack_uid: text,
    secondary_stack_name: text,
    busy_toggling: z.boolean().nullish(),
    readonly: z.boolean().nullish(),
  })
  .transform((raw) => ({
    uid: raw.uid,
    address: raw.address,
    status: raw.status,
    current: raw.current_stack ?? null,
    stacks: {
      primary: stackRef(
        raw.primary_stack_uid ?? raw.primary_stack.uid,
        raw.primary_stack_name ?? raw.primary_stack.name,
      ),
      secondary: stackRef(
        raw.secondary_stack_uid ?? raw.secondary_stack.uid,
        raw.secondary_stack_name ?? raw.secondary_stack.name,
      ),
    },
    busy: raw.busy_toggling ?? false,
    readonly: raw.readonly ?? false,
  }));

function stackRef(uid: string | null, name: string | null): StackRef | null {
  return uid === null && name === null ? null : { uid, name };
}

/** Without a uid nobody can tell whose it is, so that fails the whole page. */
const listedGroup = z.looseObject({ uid: z.string().min(1) }).transform((raw): ListedGroup => {
  const parsed = group.safeParse(raw);
  return parsed.success ? parsed.data : { uid: raw.uid, problem: problemOf(parsed.error, "it") };
});

/** One page of the list. `next` is null on the last one. */
export interface GroupPage {
  readonly groups: readonly ListedGroup[];
  readonly next: number | string | null;
}

export const groupPageSchema: z.ZodType<GroupPage> = z
  .object({
    response: z.array(listedGroup),
    pagination: z.object({ next: z.union([z.number(), z.string()]).nullish() }).nullish(),
  })
  .transform(({ response, pagination }) => ({ groups: response, next: pagination?.next ?? null }));

const verdict = z.object({ ok: z.boolean(), message: text });

/** With or without the `response` wrapper. */
export const verdictSchema: z.ZodType<Verdict> = z.union([
  z.object({ response: verdict }).transform(({ response }) => response),
  verdict,
]);

const number = z
  .number()
  .nullish()
  .transform((value) => value ?? null);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? null);

export const stackSchema: z.ZodType<StackState> = z
  .object({
    response: z.object({
      uid: z.string(),
      name: soft,
      environment: soft,
      fqdn: soft,
      status: number,
      health: number,
      maintenance_mode: flag,
      is_busy: flag,
    }),
  })
  .transform(({ response }) => ({
    uid: response.uid,
    name: response.name,
    environment: response.environment,
    fqdn: response.fqdn,
    status: response.status,
    health: response.health,
    maintenance: response.maintenance_mode,
    busy: response.is_busy,
  }));

const errorBody = z.object({ error: text, error_description: text, details: text });

/** @returns the words of an error answer, or null. */
export function errorMessage(json: unknown): string | null {
  const parsed = errorBody.safeParse(json);
  if (!parsed.success) return null;
  return parsed.data.details ?? parsed.data.error_description ?? parsed.data.error;
}
