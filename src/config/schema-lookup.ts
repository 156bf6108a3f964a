/** What the schema knows about a place in the file: which schema applies there, which keys it has, what it wants. */
import { z } from "zod";
import type { Path } from "./problem.ts";
import { wantedOf } from "./schema-values.ts";

type Schema = z.core.$ZodType;

/**
 * @param value what the file has at `root`; it decides between alternatives that are told apart by `type`
 * @returns the schema at `path`, or null where there is none
 */
export function schemaAt(root: Schema, path: Path, value: unknown): Schema | null {
  let schema: Schema | null = unwrap(root, value);
  let here = value;
  for (const key of path) {
    here = child(here, key);
    const next: Schema | null = schema === null ? null : stepDown(schema, key);
    schema = next === null ? null : unwrap(next, here);
  }
  return schema;
}

/** @returns the keys that a mapping at `path` may have, empty where there may be any. */
export function keysAt(root: Schema, path: Path, value: unknown): readonly string[] {
  const schema = schemaAt(root, path, value);
  if (schema === null) return [];
  return [...new Set([schema, ...optionsOf(schema)].flatMap((s) => Object.keys(shapeOf(s))))];
}

/** @returns what is wanted at `path`, to complete "must be …"; in the midst of a value, what the whole value wants. */
export function wantedAt(root: Schema, path: Path, value: unknown): string {
  const here = schemaAt(root, path, value);
  for (let length = path.length; length > 0; length -= 1) {
    const schema = schemaAt(root, path.slice(0, length), value);
    const said = schema === null ? undefined : wantedOf(schema);
    if (said !== undefined) return said;
    if (here !== null) break;
  }
  if (here instanceof z.ZodArray) return "a list";
  return here instanceof z.ZodLiteral ? literalsOf([here]).join() : "a mapping";
}

/** @returns the texts that tell the alternatives at `path` apart, e.g. `exoscale` and `cloud66`. */
export function alternativesAt(root: Schema, path: Path, value: unknown, key: string): readonly string[] {
  const schema = schemaAt(root, path, value);
  return schema === null ? [] : literalsOf(optionsOf(schema).flatMap((option) => shapeOf(option)[key] ?? []));
}

/** @returns what a key of the mapping at `path` must be, undefined when its schema does not say. */
export function keyWantedAt(root: Schema, path: Path, value: unknown): string | undefined {
  const schema = schemaAt(root, path, value);
  return schema instanceof z.ZodRecord ? wantedOf(schema.def.keyType) : undefined;
}

/** @returns what `value` has under `key`, undefined when it has none. */
export function child(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

/** Takes off `optional`, and of several alternatives keeps the one whose `type` is the value's. */
function unwrap(schema: Schema, value: unknown): Schema {
  if (schema instanceof z.ZodExactOptional || schema instanceof z.ZodOptional)
    return unwrap(schema.def.innerType, value);
  const type = child(value, "type");
  const chosen = optionsOf(schema).find((option) => {
    const literal = shapeOf(option)["type"];
    return literal instanceof z.ZodLiteral && literal.def.values.some((known) => known === type);
  });
  return chosen ?? schema;
}

function stepDown(schema: Schema, key: string | number): Schema | null {
  if (schema instanceof z.ZodRecord) return schema.def.valueType;
  if (schema instanceof z.ZodArray) return schema.def.element;
  for (const option of [schema, ...optionsOf(schema)]) {
    const shape = shapeOf(option);
    const found = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (found !== undefined) return found;
  }
  return null;
}

function shapeOf(schema: Schema): Readonly<Record<string, Schema>> {
  return schema instanceof z.ZodObject ? schema.def.shape : {};
}

function optionsOf(schema: Schema): readonly Schema[] {
  return schema instanceof z.ZodUnion ? schema.def.options : [];
}

function literalsOf(schemas: readonly Schema[]): readonly string[] {
  return schemas.flatMap((schema) => (schema instanceof z.ZodLiteral ? schema.def.values.map(String) : []));
}
