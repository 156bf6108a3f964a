/**
 * Everything that the descriptions name, one row each: operations, parameters, fields of requests and answers, and the values
 * of those fields that decide something. The same walk yields all rows of an operation, and those that one exchange shows.
 */
import type { Exchange } from "../../src/simulator/exchange.ts";
import {
  operationFor,
  operations,
  resolved,
  type Cloud,
  type Operation,
  type Schema,
} from "./descriptions.ts";

export interface Row {
  /** `exoscale create-elastic-ip request healthcheck.mode = tcp`. */
  readonly id: string;
  /** Under which heading it stands: the operation's id, or `operation` for what every change at Exoscale answers. */
  readonly section: string;
  readonly cloud: Cloud;
  /** `request healthcheck.mode = tcp`; empty for the operation itself. */
  readonly what: string;
}

/** Fields whose single values are rows. */
const decisive = new Set([
  "state",
  "reason",
  "mode",
  "addressfamily",
  "public-ip-assignment",
  "current_stack",
  "status",
  "health",
]);

/** Exoscale's operation, which eleven operations answer, stands once and not eleven times. */
const shared = "#/components/schemas/operation";

/** In place of a value: whatever could be there. */
const anything = Symbol("anything");

export const rows: readonly Row[] = [
  ...new Map(operations.flatMap((each) => rowsOf(each, null)).map((row) => [row.id, row])).values(),
];

/** @returns the rows that this exchange shows. None for one that did not succeed. */
export function rowsShown(exchange: Exchange): readonly Row[] {
  return exchange.status === 200 ? rowsOf(operationFor(exchange), exchange) : [];
}

/** @param exchange Null: every row of the operation. */
function rowsOf(operation: Operation, exchange: Exchange | null): readonly Row[] {
  const { cloud, id, parameters, request, response } = operation;
  const row = (what: string, section: string = id): Row => ({
    id: `${cloud} ${section} ${what}`.trim(),
    section,
    cloud,
    what,
  });
  const query = new URLSearchParams(exchange?.query);
  const named = parameters.filter(
    (each) => exchange === null || each.in === "path" || (query.get(each.name) ?? "") !== "",
  );
  const body = exchange === null ? anything : parsed(exchange.requestBody);
  const answer = exchange === null ? anything : exchange.answer;
  const asked = request === null ? [] : fields(cloud, request, { value: body, path: "", to: "request" });
  const told = fields(cloud, response, { value: answer, path: "", to: "response" });
  const section = response.$ref === shared ? "operation" : id;
  return [
    row(""),
    ...named.map((each) => row(`${each.in} ${each.name}`)),
    ...asked.map((field) => row(`request ${field}`)),
    ...told.map((field) => row(`response ${field}`, section)),
  ];
}

interface Place {
  readonly value: unknown;
  readonly path: string;
  readonly to: "request" | "response";
}

/** @returns the fields and values that are at this place or below it. */
function fields(cloud: Cloud, schema: Schema, { value, path, to }: Place): readonly string[] {
  const { properties = {}, items, additionalProperties: rest, enum: values = [] } = resolved(cloud, schema);
  const name = path.split(".").at(-1) ?? "";
  const below = (each: Schema, key: string, inner: unknown): readonly string[] => {
    const there = path === "" ? key : `${path}.${key}`;
    return inner === undefined ? [] : [there, ...fields(cloud, each, { value: inner, path: there, to })];
  };
  const inner = (key: string): unknown =>
    value === anything ? anything : isRecord(value) ? value[key] : undefined;
  const elements = value === anything ? [anything] : Array.isArray(value) ? (value as unknown[]) : [];
  const extra = value === anything ? [anything] : isRecord(value) ? Object.values(value) : [];
  return [
    ...Object.entries(properties).flatMap(([key, each]) =>
      (to === "request" ? each.readOnly : each.writeOnly) === true ? [] : below(each, key, inner(key)),
    ),
    ...(items === undefined
      ? []
      : elements.flatMap((element) => fields(cloud, items, { value: element, path: `${path}[]`, to }))),
    ...(rest === undefined ? [] : extra.flatMap((each) => below(rest, "*", each))),
    ...(decisive.has(name) ? values : [])
      .filter((each) => value === anything || value === each)
      .map((each) => `${path} = ${each}`),
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
