/**
 * How a value of the file is shown in a message. A value that came from a reference is shown as the reference, secrets
 * and header values (they may be credentials) as `[secret]`.
 */
import { kinds } from "../providers/kinds.ts";
import type { Path } from "./problem.ts";
import { child } from "./schema-lookup.ts";
import { type Entry, entryKey, kindOf } from "./yaml-tree.ts";

/** Those of the providers, and `token` of the API. */
const secretKeys: ReadonlySet<string | number> = new Set([
  "token",
  ...Object.values(kinds).flatMap(({ secrets }) => secrets),
]);

/** Long enough for a URL, short enough for a line. */
const quotedMax = 80;

export function isSecret(path: Path): boolean {
  const last = path.at(-1);
  const [top, , key = ""] = path;
  if (top === "providers" && secretKeys.has(key)) return true;
  return (
    (last !== undefined && secretKeys.has(last) && path.length > 1) || path.slice(0, -1).includes("headers")
  );
}

/** @returns the value at `path` for a message: quoted text, a number, a reference or the kind of the value. */
export function quote(value: unknown, entries: ReadonlyMap<string, Entry>, path: Path): string {
  const reference = entries.get(entryKey(path))?.reference ?? null;
  if (reference !== null) return reference;
  const here = path.reduce(child, value);
  if (typeof here === "object" || here === undefined) return kindOf(here);
  if (isSecret(path)) return "[secret]";
  const text = JSON.stringify(here).replace(/\/\/[^/@\s]*@/g, "//[secret]@");
  return text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text;
}
