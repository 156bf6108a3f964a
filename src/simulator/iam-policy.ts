/**
 * The IAM policy of an Exoscale API key. Rules are written in CEL. Of CEL the simulator takes the shapes that limit a key to
 * operations and addresses, and refuses all else when the world is loaded, because a rule that it misread would prove nothing:
 *
 *     operation in ['get-instance', 'list-instances'] && !(resources.elastic_ip.ip == '198.51.100.7')
 *
 * Decided as Exoscale's policy guide says: the first rule whose expression is true decides; a rule that cannot be evaluated,
 * because the request has no Elastic IP, decides nothing; when no rule decides, the request is denied.
 */
import { parse, ParseError, type ASTNode, type ParseResult } from "@marcbachmann/cel-js";
import { z } from "zod";
import { errorText } from "../core/error-text.ts";
import { exoscaleOperationNames, type ExoscaleOperationName } from "./operations.ts";

/** All that an expression may look at. */
export interface PolicyRequest {
  readonly operation: ExoscaleOperationName;
  /** Address of the Elastic IP that the request names. Null: it names none, or none that exists. */
  readonly elasticIp: string | null;
}

export interface Policy {
  allows(request: PolicyRequest): boolean;
}

interface Rule {
  readonly action: "allow" | "deny";
  readonly expression: ParseResult;
}

const expression: z.ZodType<ParseResult> = z.string().transform((text, context) => {
  const parsed = parseExpression(text);
  if (typeof parsed !== "string") return parsed;
  context.addIssue(parsed);
  return z.NEVER;
});

const strategy = z.enum(["allow", "deny"]);

const service = z.discriminatedUnion("type", [
  z.strictObject({ type: strategy }),
  z.strictObject({
    type: z.literal("rules"),
    rules: z.array(z.strictObject({ action: strategy, expression })).max(1000),
  }),
]);

/** As in Exoscale's IAM; `compute` is the only service whose operations are simulated. */
export const policyShape: z.ZodType<Policy> = z
  .strictObject({
    "default-service-strategy": strategy,
    services: z.record(z.string(), service).default({}),
  })
  .transform(({ "default-service-strategy": fallback, services }): Policy => {
    const compute = services["compute"] ?? { type: fallback };
    return {
      allows: (request) =>
        compute.type === "rules" ? decide(compute.rules, request) : compute.type === "allow",
    };
  });

function decide(rules: readonly Rule[], request: PolicyRequest): boolean {
  const rule = rules.find((each) => holds(each.expression, request));
  return rule?.action === "allow";
}

function holds(parsed: ParseResult, { operation, elasticIp }: PolicyRequest): boolean {
  const resources = elasticIp === null ? {} : { elastic_ip: { ip: elasticIp } };
  try {
    return parsed({ operation, resources }) === true;
  } catch {
    // No such key: the request has no Elastic IP. The shape leaves nothing else that could fail.
    return false;
  }
}

/** @returns the expression, or what is wrong with it and where. */
function parseExpression(text: string): ParseResult | string {
  try {
    const parsed = parse(text);
    const refused = problemOf(parsed.ast);
    return refused === null ? parsed : `${refused.problem}, at character ${refused.node.start + 1}`;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const at = error.range === undefined ? "" : `, at character ${error.range.start + 1}`;
    return `not a CEL expression: ${error.summary || errorText(error)}${at}`;
  }
}

interface Refused {
  readonly problem: string;
  readonly node: ASTNode;
}

/** @returns null for a boolean expression that is understood. */
function problemOf(node: ASTNode): Refused | null {
  if (node.op === "value") return typeof node.args === "boolean" ? null : refuse(node);
  if (node.op === "!_") return problemOf(node.args);
  if (node.op === "&&" || node.op === "||") return problemOf(node.args[0]) ?? problemOf(node.args[1]);
  return node.op === "==" || node.op === "in" ? comparisonProblem(node.op, node.args) : refuse(node);
}

function comparisonProblem(op: "==" | "in", [left, right]: readonly [ASTNode, ASTNode]): Refused | null {
  const what = subject(left);
  if (what === null) return refuse(left);
  if (op === "in" && right.op !== "list") return refuse(right);
  for (const value of right.op === "list" ? right.args : [right]) {
    if (value.op !== "value" || typeof value.args !== "string") return refuse(value);
    if (what === "operation" && !isOperationName(value.args)) {
      return { problem: `no operation that is simulated: '${value.args}'`, node: value };
    }
  }
  return op === "==" && right.op === "list" ? refuse(right) : null;
}

function subject(node: ASTNode): "operation" | "elastic-ip" | null {
  if (node.op === "id") return node.args === "operation" ? "operation" : null;
  if (node.op !== "." || node.args[1] !== "ip") return null;
  const [inner] = node.args;
  if (inner.op !== "." || inner.args[1] !== "elastic_ip") return null;
  return inner.args[0].op === "id" && inner.args[0].args === "resources" ? "elastic-ip" : null;
}

function refuse(node: ASTNode): Refused {
  const shown = node.input.slice(node.start, node.end);
  return {
    problem: `the simulator understands operation and resources.elastic_ip.ip, == and in with texts, &&, ||, ! and true or false; not ${shown}`,
    node,
  };
}

function isOperationName(name: string): boolean {
  return exoscaleOperationNames.some((each) => each === name);
}
