/** The API descriptions of both clouds, as lists of operations. */
import { readFileSync } from "node:fs";
import type { Exchange } from "../../src/simulator/exchange.ts";
import type { Dialect } from "../../src/simulator/spec.ts";

export type Cloud = "exoscale" | "cloud66";

/** JSON Schema, as far as the descriptions use it. */
export interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly enum?: readonly (string | number)[];
  readonly readOnly?: boolean;
  readonly writeOnly?: boolean;
}

interface Content {
  readonly content: { readonly "application/json": { readonly schema: Schema } };
}

interface Method {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly in: "path" | "query";
    readonly name: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
  /** What the simulator calls the operation, where it has another name. */
  readonly "x-operation"?: string;
  readonly "x-dialect"?: Dialect;
}

export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Method>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Operation {
  readonly cloud: Cloud;
  /** As the description calls it. */
  readonly id: string;
  /** `GET /elastic-ip/{id}`. */
  readonly title: string;
  readonly method: string;
  /** As in the description. */
  readonly path: string;
  readonly parameters: Method["parameters"];
  readonly request: Schema | null;
  readonly response: Schema;
  /** Statuses that have a description. */
  readonly statuses: readonly string[];
}

export const descriptions: Readonly<Record<Cloud, Description>> = {
  exoscale: read("exoscale-openapi.json"),
  cloud66: read("cloud66-openapi.json"),
};

const found = (Object.keys(descriptions) as Cloud[]).flatMap((cloud) =>
  Object.entries(descriptions[cloud].paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      key: keyOf(described["x-operation"] ?? described.operationId, described["x-dialect"] ?? null),
      operation: operationOf(cloud, path, method, described),
    })),
  ),
);

export const operations: readonly Operation[] = found.map(({ operation }) => operation);

const byKey = new Map(found.map(({ key, operation }) => [key, operation]));

/** @returns the operation that the exchange was. */
export function operationFor({ operation, dialect }: Pick<Exchange, "operation" | "dialect">): Operation {
  // Ping and stacks look the same in every dialect.
  const described = byKey.get(keyOf(operation, dialect)) ?? byKey.get(keyOf(operation, null));
  if (described === undefined) throw new Error(`No description has the operation ${operation}`);
  return described;
}

/** @returns the schema that `schema` refers to, or itself. */
export function resolved(cloud: Cloud, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split("/").at(-1) ?? "";
  const target = descriptions[cloud].components.schemas[name];
  if (target === undefined) throw new Error(`No schema ${schema.$ref}`);
  return target;
}

function read(name: string): Description {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8")) as Description;
}

function keyOf(operation: string, dialect: Dialect | null): string {
  return `${operation} ${dialect ?? ""}`;
}

function operationOf(cloud: Cloud, path: string, method: string, described: Method): Operation {
  const response = described.responses["200"];
  if (response === undefined) throw new Error(`${described.operationId} has no answer 200`);
  return {
    cloud,
    id: described.operationId,
    title: `${method.toUpperCase()} ${path.replace(/#.*/, "")}`,
    method,
    path,
    parameters: described.parameters,
    request: described.requestBody?.content["application/json"].schema ?? null,
    response: response.content["application/json"].schema,
    statuses: Object.keys(described.responses),
  };
}
