/** The options of the commands that change elastic addresses, and what they must not say. */
import { stackUid, type StackUid } from "../../providers/cloud66/fields.ts";
import type { StackRole } from "../../providers/cloud66/wire.ts";
import { usage } from "../exit-codes.ts";
import type { Cloud66Options } from "./session.ts";

export interface ChangeOptions extends Cloud66Options {
  /** False: only send it. */
  readonly wait: boolean;
  /** How long to follow it. */
  readonly timeout: string;
  /** Do not ask. */
  readonly yes: boolean;
}

export interface CreateOptions extends ChangeOptions {
  /** Uids of stacks. */
  readonly primary?: string;
  readonly secondary?: string;
  readonly current?: string;
}

export interface UpdateOptions extends CreateOptions {
  readonly removePrimary: boolean;
  readonly removeSecondary: boolean;
}

export const roles: readonly StackRole[] = ["primary", "secondary"];

export function stacksOf(options: CreateOptions): Readonly<Partial<Record<StackRole, StackUid>>> {
  return Object.fromEntries(
    roles.flatMap((role) => {
      const text = options[role];
      return text === undefined ? [] : [[role, uidOption(role, text)]];
    }),
  );
}

function uidOption(role: StackRole, text: string): StackUid {
  if (text === "") {
    throw usage(
      `--${role} must not be empty: to Cloud 66 an empty uid means to take the stack out of the group; --remove-${role} does that`,
    );
  }
  const uid = stackUid(text);
  if (uid === null)
    throw usage(`--${role} must be the uid of a stack, letters, digits, dashes and underscores: "${text}"`);
  return uid;
}

export function roleOption(text: string | undefined): StackRole | null {
  if (text === undefined) return null;
  const role = roles.find((known) => known === text);
  if (role === undefined) throw usage(`--current must be primary or secondary: "${text}"`);
  return role;
}

export function removals({ removePrimary, removeSecondary }: UpdateOptions): readonly StackRole[] {
  return [
    ...(removePrimary ? (["primary"] as const) : []),
    ...(removeSecondary ? (["secondary"] as const) : []),
  ];
}

export function refuseContradictions(
  options: UpdateOptions,
  gone: readonly StackRole[],
  role: StackRole | null,
): void {
  for (const each of gone) {
    if (options[each] !== undefined) throw usage(`--${each} and --remove-${each} contradict each other`);
    if (role === each) throw usage(`--current ${each} and --remove-${each} contradict each other`);
  }
  const isEmpty = gone.length === 0 && role === null && roles.every((each) => options[each] === undefined);
  if (isEmpty) throw usage("Nothing to update: see --help for what can be changed");
}
