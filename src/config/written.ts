/** What groups and members say of themselves under the keys of the kinds of provider. */
import { kinds } from "../providers/kinds.ts";
import type { GroupFile, MemberFile } from "./file-shape.ts";
import type { AtProvider, OwnKey } from "./kind.ts";
import { child } from "./schema-lookup.ts";

/** @returns the own keys of all kinds for groups or for members. */
export function ownKeys(of: "address" | "holder"): readonly OwnKey[] {
  return Object.values(kinds).map((kind) => kind[of]);
}

/** @returns what stands under a key of one kind of provider, undefined when nothing does. */
export function written(at: GroupFile | MemberFile, key: string): string | undefined {
  const value = child(at, key);
  return typeof value === "string" ? value : undefined;
}

/** @returns the address of a group; a file without errors has exactly one. */
export function addressOf(group: GroupFile): AtProvider | undefined {
  return writtenOf(group, ownKeys("address"))[0];
}

/** @returns who a member is; a file without errors says so exactly once. */
export function holderOf(member: MemberFile): AtProvider | undefined {
  return writtenOf(member, ownKeys("holder"))[0];
}

function writtenOf(at: GroupFile | MemberFile, keys: readonly OwnKey[]): readonly AtProvider[] {
  return keys.flatMap(({ key }) => {
    const id = written(at, key);
    return id === undefined ? [] : [{ kind: key, id }];
  });
}

/** @returns one text for all that mean the same. */
export function canonical({ canonical }: OwnKey, text: string): string {
  return canonical === undefined ? text : canonical(text);
}
