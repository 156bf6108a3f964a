/** Reads from a config file only how its groups and their members are called, whatever else is wrong with the file. */
import { readSmallFile } from "./load.ts";
import { isMapping, readTree } from "./yaml-tree.ts";

/** Names of the members by name of the group. */
export type GroupNames = ReadonlyMap<string, readonly string[]>;

/** Never throws. @returns none when the file cannot be read. */
export function readGroupNames(path: string): GroupNames {
  try {
    // No reference is followed.
    const { value } = readTree(readSmallFile(path).replace(/^\uFEFF/, ""), () => ({ kind: "plain" }));
    const groups = isMapping(value) && isMapping(value["groups"]) ? value["groups"] : {};
    return new Map(Object.entries(groups).map(([name, group]) => [name, memberNames(group)]));
  } catch {
    return new Map();
  }
}

function memberNames(group: unknown): readonly string[] {
  const members: unknown = isMapping(group) ? group["members"] : null;
  if (!Array.isArray(members)) return [];
  return members.flatMap((member: unknown) => {
    const name = isMapping(member) ? member["name"] : null;
    return typeof name === "string" ? [name] : [];
  });
}
