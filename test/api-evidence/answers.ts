/** Is an answer what the description of its API says? Objects are closed, so that a misspelt field is found. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { descriptions, operationFor, type Cloud, type Operation } from "./descriptions.ts";

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addFormat("int64", true);
for (const cloud of Object.keys(descriptions) as Cloud[]) {
  ajv.addSchema(asJsonSchema(descriptions[cloud]) as object, cloud);
}

/** Exoscale's description has answers 200 only. These are the forms of its errors, two of which are among its schemas. */
const exoscaleError = ajv.compile({
  anyOf: [
    { type: "object", required: ["message"], properties: { message: text() }, additionalProperties: false },
    {
      type: "object",
      required: ["message", "errors"],
      properties: {
        message: text(),
        errors: { type: "array", minItems: 1, items: { type: "object", properties: { message: text() } } },
      },
      additionalProperties: false,
    },
    { $ref: "exoscale#/components/schemas/error-response" },
    { $ref: "exoscale#/components/schemas/rate-limited" },
  ],
});

/** @returns what is wrong with the answer, or null. */
export function answerProblem(
  exchange: Pick<Exchange, "operation" | "dialect" | "status" | "answer">,
): string | null {
  const operation = operationFor(exchange);
  const status = String(exchange.status);
  const validate = operation.statuses.includes(status)
    ? ajv.compile({ $ref: placeOf(operation, ["responses", status]) })
    : operation.cloud === "exoscale"
      ? exoscaleError
      : null;
  if (validate === null) return `${operation.id}: the description has no status ${status}`;
  return validate(exchange.answer)
    ? null
    : `${operation.id} ${status}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(exchange.answer)}`;
}

/** @returns the check of a request body, or null when the operation has none. */
export function bodyCheck(operation: Operation): ValidateFunction | null {
  return operation.request === null ? null : ajv.compile({ $ref: placeOf(operation, ["requestBody"]) });
}

function text(): object {
  return { type: "string", minLength: 1 };
}

function placeOf(operation: Operation, below: readonly string[]): string {
  const { cloud, path, method } = operation;
  const keys = ["paths", path, method, ...below, "content", "application/json", "schema"];
  const escaped = keys.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1")));
  return `${cloud}#/${escaped.join("/")}`;
}

/** OpenAPI 3.0 writes exclusive limits as booleans; JSON Schema 2020 knows only numbers. */
function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => name !== "exclusiveMinimum" && name !== "exclusiveMaximum")
    .map(([name, each]) => [name, asJsonSchema(each)] as const);
  const closed = "properties" in value && !("additionalProperties" in value) && "type" in value;
  return { ...Object.fromEntries(entries), ...(closed && { additionalProperties: false }) };
}
