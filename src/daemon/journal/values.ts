/** The values that entries are made of, each bounded: what is stored is read back years later, by a program with limits of its own. */
import { z } from "zod";
import { rules, triggers, type Rule, type Trigger } from "../../core/rules.ts";

const textMax = 1_000;
const namesMax = 100;

// Bounds are overwrites and not transforms: these would make a pipe of every text, which takes several times as long to parse.
export const text: z.ZodType<string> = z.string().overwrite(clipped);
export const names: z.ZodType<readonly string[]> = few(text);
/** Milliseconds since 1970. */
export const stamp: z.ZodType<number> = z.number();
export const step: z.ZodType<{ kind: "attach" | "detach" | "flip"; member: string }> = z.object({
  kind: z.enum(["attach", "detach", "flip"]),
  member: text,
});
export const trigger: z.ZodType<Trigger> = z.enum(triggers);
export const rule: z.ZodType<Rule> = keyOf(rules);
export const health: z.ZodType<"unknown" | "healthy" | "unhealthy"> = z.enum([
  "unknown",
  "healthy",
  "unhealthy",
]);

/** One of the keys of a table. */
export function keyOf<T extends object>(table: T): z.ZodType<Extract<keyof T, string>> {
  const keys: Extract<keyof T, string>[] = [];
  for (const key in table) keys.push(key);
  return z.enum(keys);
}

/** A list that is cut to as many elements as a list of names. */
export function few<T>(element: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z.array(element).overwrite((all) => (all.length <= namesMax ? all : all.slice(0, namesMax)));
}

function clipped(value: string): string {
  return value.length <= textMax ? value : `${value.slice(0, textMax - 1)}…`;
}
