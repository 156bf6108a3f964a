/** Reads a world file (YAML). Every problem is reported at once, each with its line and column. */
import { readFileSync } from "node:fs";
import { isNode, isMap, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { errorText } from "../core/error-text.ts";
import { brokenRules, type RuleProblem } from "./file-rules.ts";
import { worldShape } from "./file-shape.ts";
import type { WorldSpec } from "./spec.ts";

/** One thing that is wrong with a world file. */
export interface WorldProblem {
  readonly message: string;
  /** Keys down to the value, e.g. `exoscale.instances.0.id`; empty when the file is not YAML. */
  readonly at: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
}

export class WorldFileError extends Error {
  override readonly name: string = "WorldFileError";
  /** Sorted by line. Empty when the file could not be read. */
  readonly problems: readonly WorldProblem[];

  constructor(message: string, problems: readonly WorldProblem[], options?: ErrorOptions) {
    super(message, options);
    this.problems = problems;
  }
}

/** @throws {WorldFileError} when the file cannot be read or is not a valid world. */
export function loadWorld(path: string): WorldSpec {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new WorldFileError(`Cannot read world: ${errorText(error)}`, [], { cause: error });
  }
  return parseWorld(text, path);
}

/**
 * @param text YAML.
 * @param fileName Where it came from, for the error messages.
 * @throws {WorldFileError} with every problem.
 */
export function parseWorld(text: string, fileName: string = "world.yaml"): WorldSpec {
  const lines = new LineCounter();
  // Strict YAML 1.2; the limit on aliases is the parser's guard against a file that multiplies itself.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    fail(
      fileName,
      document.errors.map(({ message, pos }) => problemAt(lines, pos[0], { message, path: [] })),
    );
  }
  const locate = (problem: RuleProblem): WorldProblem =>
    problemAt(lines, offsetOf(document, problem.path), problem);
  const result = worldShape.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (!result.success) fail(fileName, result.error.issues.flatMap(flatten).map(locate));
  const broken = brokenRules(result.data);
  if (broken.length > 0) fail(fileName, broken.map(locate));
  return result.data;
}

/** Unknown keys are one issue of their parent; each becomes a problem at its own key. */
function flatten(issue: z.core.$ZodIssue): RuleProblem[] {
  const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  return issue.code === "unrecognized_keys"
    ? issue.keys.map((key) => ({ path: [...path, key], message: `unknown key: ${key}` }))
    : [{ path, message: issue.message }];
}

/** Offset of the key's value, of the key itself when it has none, or of the nearest parent that is in the file. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === path[length - 1])
      : undefined;
    if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function problemAt(lines: LineCounter, offset: number, { message, path }: RuleProblem): WorldProblem {
  const { line, col } = lines.linePos(offset);
  // An empty file has no lines.
  return { message, at: path.join("."), line: Math.max(1, line), column: Math.max(1, col) };
}

function fail(fileName: string, problems: WorldProblem[]): never {
  const sorted = problems.sort((a, b) => a.line - b.line || a.column - b.column);
  const text = sorted.map(
    ({ message, at, line, column }) =>
      `${at === "" ? "" : `${at}: `}${message} (${fileName}:${line}:${column})`,
  );
  throw new WorldFileError(`Cannot load world: ${text.join("\n")}`, sorted);
}
