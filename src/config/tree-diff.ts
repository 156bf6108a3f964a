/** Where two trees of plain values differ, in the words of the config file. */
import { isDeepStrictEqual } from "node:util";
import { formatDuration } from "./duration.ts";

export interface Leaf {
  /** Like the keys of the file, from the top, e.g. `groups.web.members.web-a.healthcheck.interval`. */
  readonly place: string;
  /** As text; null: it was not there. */
  readonly before: string | null;
  /** As text; null: it is not there any more. */
  readonly after: string | null;
}

/** @returns true for the place of this key, and for those below it. */
export function isWithin(place: string, key: string): boolean {
  return place === key || place.startsWith(`${key}.`);
}

/** @returns where the two differ; mappings are looked into, everything else is one value. A `Secret` is like any other. */
export function leaves(place: string, before: unknown, after: unknown): readonly Leaf[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isMapping(before) && isMapping(after) && !place.endsWith(".headers")) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) =>
      leaves(placeOf(place, key), textually(before[key], key), textually(after[key], key)),
    );
  }
  return [{ place, before: textOf(before, place), after: textOf(after, place) }];
}

/** The key as in the file: `strikesFail` is `strikes-fail`, and times have lost their unit. */
function placeOf(place: string, key: string): string {
  const words = key.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const written = words === "target" ? "healthcheck" : words;
  return place === "" ? written : `${place}.${written}`;
}

function textually(value: unknown, key: string): unknown {
  return typeof value === "number" && key.endsWith("Ms") ? formatDuration(value) : value;
}

function textOf(value: unknown, place: string): string | null {
  if (value === undefined || value === null) return null;
  // Their values may be credentials.
  if (place.endsWith(".headers")) return Object.keys(value).join(", ");
  if (typeof value === "string") return value.startsWith("-----BEGIN") ? "certificates" : value;
  return JSON.stringify(value);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
