/**
 * What a request may change about a failover group. A stack uid that is absent or null leaves the stack, and the empty
 * string takes it out of the group: the trap that the API is known for.
 */
import { z } from "zod";
import type { Cloud66State, Stacks } from "./cloud66-state.ts";
import { readSide } from "./cloud66-wire.ts";
import { parseJson } from "./json.ts";
import type { Side } from "./spec.ts";

const body = z.object({
  current_stack: z.unknown().optional(),
  primary_stack_uid: z.string().nullish(),
  secondary_stack_uid: z.string().nullish(),
});

interface Plan {
  /** Null: they stay. */
  readonly stacks: Stacks | null;
  /** The side to point to. Null: the group stays where it is. */
  readonly current: Side | null;
}

/** @returns what to make, or why not. */
export function planCreate(
  state: Cloud66State,
  request: Buffer,
): { readonly stacks: Stacks; readonly current: Side } | string {
  const none = { primary: null, secondary: null };
  const plan = planUpdate(state, none, request);
  return typeof plan === "string"
    ? plan
    : { stacks: plan.stacks ?? none, current: plan.current ?? "primary" };
}

/** @returns what to change about a group with these stacks, or why not. */
export function planUpdate(state: Cloud66State, present: Stacks, request: Buffer): Plan | string {
  const parsed = parseJson(body, request);
  if (!parsed.ok) return parsed.problem;
  const { primary_stack_uid: primary, secondary_stack_uid: secondary, current_stack: wanted } = parsed.value;
  const unknown = [primary, secondary].find((uid) => !mayBe(state, uid));
  if (unknown !== undefined) return `Stack not found: ${unknown}`;
  const stacks = {
    primary: resolve(primary, present.primary),
    secondary: resolve(secondary, present.secondary),
  };
  if (stacks.primary !== null && stacks.primary === stacks.secondary) {
    return "The primary and the secondary stack cannot be the same";
  }
  const same = stacks.primary === present.primary && stacks.secondary === present.secondary;
  const changed = same ? null : stacks;
  if (wanted === undefined) return { stacks: changed, current: null };

  const current = readSide(state.spec.dialect, wanted);
  if (current === null) return `current_stack is invalid: ${JSON.stringify(wanted)}`;
  return stacks[current] === null
    ? "The failover group has no stack on this side"
    : { stacks: changed, current };
}

function mayBe(state: Cloud66State, uid: string | null | undefined): boolean {
  return (
    uid === undefined || uid === null || uid === "" || state.spec.stacks.some((each) => each.uid === uid)
  );
}

function resolve(given: string | null | undefined, present: string | null): string | null {
  if (given === undefined || given === null) return present;
  return given === "" ? null : given;
}
