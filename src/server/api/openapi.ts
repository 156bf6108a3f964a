/** The API as an OpenAPI 3.1 document, made from the table of operations: https://spec.openapis.org/oas/v3.1.1. */
import { z } from "zod";
import type { Operation } from "./operation.ts";
import { operations } from "./operations.ts";
import { basePath } from "./routes.ts";

type Json = Readonly<Record<string, unknown>>;

const refusal = z.object({
  error: z.string().meta({ description: "what is wrong, and what to do" }),
  rule: z
    .string()
    .meta({ description: "a word for programs, such as unknown, nothing, ineligible or unfit" }),
});

const refusals: Readonly<Record<string, string>> = {
  "400": "the request has not the form that is wanted",
  "401": "no valid token, where one is needed",
  "403": "the token, or the lack of any, does not allow it",
  "404": "no such group or member",
  "409": "nothing to take back or to answer, or the member may not receive the address",
  "413": "the body is too large",
  "422": "it makes no sense, such as a pause that does not end",
  "429": "too many requests from one address, or too many streams",
};

/** @param version of failoverd. */
export function openApi(version: string): Json {
  return {
    openapi: "3.1.1",
    info: {
      title: "failoverd",
      version,
      description:
        "What the daemon sees and does, and what people may order. On the control socket, which only root and the daemon's own user may use, no token is needed; over TCP every order needs one of scope operate.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: `http://127.0.0.1:9787${basePath}` }],
    paths: Object.fromEntries(operations.map((operation) => [`/${operation.name}`, pathOf(operation)])),
    components: {
      schemas: { Refusal: jsonSchema(refusal) },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function pathOf({ name, scope, summary, input, answer, media }: Operation): Json {
  const tried = scope === "read" ? ["400", "401", "429"] : Object.keys(refusals);
  const common = {
    operationId: name,
    summary,
    // A reading is open as long as the config has no token.
    security: scope === "read" ? [{}, { token: [] }] : [{ token: [] }],
    responses: {
      "200": media === "events" ? streamed(answer) : { description: "done", ...content(jsonSchema(answer)) },
      ...Object.fromEntries(
        tried.map((status) => [
          status,
          { description: refusals[status], ...content({ $ref: "#/components/schemas/Refusal" }) },
        ]),
      ),
    },
  };
  if (scope === "read")
    return {
      get: { ...common, parameters: [...parametersOf(input), ...(media === "events" ? [lastEventId] : [])] },
    };
  const requestBody = { required: true, ...content(bodySchema(input)) };
  return { post: { ...common, requestBody } };
}

const lastEventId: Json = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description: "as after, which it outweighs: what an EventSource sends when it connects again",
  schema: { type: "string" },
};

function streamed(event: z.ZodType): Json {
  return {
    description:
      "server-sent events without end; the form is that of the data of each. After 15 s of silence a comment and an id without an event keep it alive.",
    content: { "text/event-stream": { schema: jsonSchema(event) } },
  };
}

function parametersOf(input: Operation["input"]): readonly Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(input, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

/** Over TCP the token says who gives an order, so nobody has to. */
function bodySchema(input: Operation["input"]): Json {
  const { required = [], ...schema } = jsonSchema(input) as { readonly required?: readonly string[] };
  return { ...schema, required: required.filter((field) => field !== "by") };
}

function content(schema: Json): Json {
  return { content: { "application/json": { schema } } };
}

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}
