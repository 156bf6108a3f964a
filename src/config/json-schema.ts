/**
 * The JSON Schema of the configuration file, for editors and for checks elsewhere. Made from the zod schema, so it is as
 * strict on keys and values; the rules across fields are not in it. Every scalar may also be a reference.
 */
import { z } from "zod";
import { referencePattern } from "./reference.ts";
import { configFile } from "./schema.ts";
import { isMapping } from "./yaml-tree.ts";

type Json = Record<string, unknown>;

/** @returns a JSON Schema, draft 2020-12. */
export function configJsonSchema(): Json {
  const made = z.toJSONSchema(configFile, { io: "input", target: "draft-2020-12" });
  const { $schema, $defs, ...rest } = withReferences(made);
  return {
    $schema,
    title: "failoverd configuration",
    description: "Any scalar may be a reference: ${env:NAME} or ${file:/absolute/path}.",
    ...rest,
    $defs: {
      ...(isMapping($defs) ? mapValues($defs, withReferences) : {}),
      reference: { type: "string", pattern: referencePattern.source },
    },
  };
}

/** Lets a reference stand for every scalar below, but not for keys. */
function withReferences(schema: unknown): Json {
  if (!isMapping(schema)) return {};
  const { description, default: usual, examples, ...form } = schema;
  const alternatives = [form["anyOf"], form["oneOf"]].find(Array.isArray);
  const isAnyText =
    form["type"] === "string" && Object.keys(form).every((key) => key === "type" || key === "minLength");
  const scalar = isScalarForm(form) || (alternatives?.some((option) => isScalarForm(option)) ?? false);
  const told = Object.fromEntries(
    Object.entries({ description, default: usual, examples }).filter(([, value]) => value !== undefined),
  );
  if (!scalar || isAnyText) return mapBelow(schema);
  const options = alternatives ?? [form];
  const below = options.map((option: unknown) => (isScalarForm(option) ? option : withReferences(option)));
  return { ...told, anyOf: [...below, { $ref: "#/$defs/reference" }] };
}

function isScalarForm(form: unknown): boolean {
  if (!isMapping(form)) return false;
  return (
    "const" in form ||
    "enum" in form ||
    ["string", "number", "integer", "boolean"].includes(String(form["type"]))
  );
}

function mapBelow(schema: Json): Json {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === "properties" && isMapping(value)) return [key, mapValues(value, withReferences)];
      if (key === "additionalProperties" || key === "items")
        return [key, isMapping(value) ? withReferences(value) : value];
      if ((key === "anyOf" || key === "oneOf") && Array.isArray(value))
        return [key, value.map((one) => withReferences(one))];
      return [key, value];
    }),
  );
}

function mapValues(object: Json, change: (value: unknown) => Json): Json {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
