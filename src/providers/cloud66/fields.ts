/**
 * What can be written of a failover group. Cloud 66 takes an empty uid of a stack as "take it out of the group". So an empty one
 * cannot be expressed as a change: a `StackUid` is never empty, and taking out is a request of its own.
 */
import type { CurrentStack, StackRole } from "./wire.ts";

declare const proven: unique symbol;
/** The uid of a stack. Made by `stackUid` only, so that it has text in it. */
export type StackUid = string & { readonly [proven]: "not empty" };

/** What is absent is not sent, and stays as it is. */
export interface AddressChange {
  /** Which stack has the address, in the form that the group shows it in. */
  readonly current?: CurrentStack;
  readonly primary?: StackUid;
  readonly secondary?: StackUid;
}

/** @returns the text as the uid of a stack, or null when it can be none. */
export function stackUid(text: string): StackUid | null {
  return isStackUid(text) ? text : null;
}

function isStackUid(text: string): text is StackUid {
  return /^[A-Za-z0-9_-]{1,128}$/.test(text);
}

/** @returns the body of a request. */
export function changeJson({
  current,
  primary,
  secondary,
}: AddressChange): Readonly<Record<string, unknown>> {
  return {
    ...(primary === undefined ? {} : { primary_stack_uid: primary }),
    ...(secondary === undefined ? {} : { secondary_stack_uid: secondary }),
    ...(current === undefined ? {} : { current_stack: current }),
  };
}

/** @returns the body of a request that takes the stacks in these places out of the group. */
export function removalJson(roles: readonly StackRole[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(roles.map((role) => [`${role}_stack_uid`, ""]));
}
