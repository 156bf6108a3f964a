/**
 * First pass: has the file the right shape? zod finds what is wrong; here it gets its place and its words.
 *
 * The second pass (rules across fields) wants a valid shape. So that it can run in the same go, whatever is broken is cut
 * out: an unknown key alone, anything else with the group that it is in. What cannot be cut out ends the matter here.
 */
import { distance } from "fastest-levenshtein";
import { z } from "zod";
import type { ConfigFile } from "./file-shape.ts";
import type { Path, Problem, Rule } from "./problem.ts";
import { isSecret, quote } from "./quote.ts";
import { configFile } from "./schema.ts";
import { alternativesAt, child, keysAt, keyWantedAt, schemaAt, wantedAt } from "./schema-lookup.ts";
import { anyOf, nameWanted } from "./schema-values.ts";
import { type Entry, isMapping, type Tree } from "./yaml-tree.ts";

export interface Shape {
  readonly problems: readonly Problem[];
  /** What is left of the file when everything broken is cut out, or null when that leaves nothing to check. */
  readonly file: ConfigFile | null;
  /** True: something was cut out. */
  readonly partial: boolean;
}

type Issue = z.core.$ZodIssue;

export function checkShape(tree: Tree): Shape {
  convertScalars(tree);
  const first = configFile.safeParse(tree.value);
  const broken = [...tree.entries.values()].filter((entry) => entry.broken && !isSecret(entry.path));
  if (first.success && broken.length === 0) return { problems: [], file: first.data, partial: false };

  const issues = (first.error?.issues ?? [])
    .flatMap((issue) => inside(tree, issue))
    .filter((issue) => !isAt(broken, issue.path));
  const problems = issues.flatMap((issue) => problemsOf(tree, issue));
  const unknown = issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? [issue] : []));
  const rest = [...issues.filter((issue) => issue.code !== "unrecognized_keys"), ...broken];
  for (const issue of unknown) {
    for (const key of issue.keys) remove(tree.value, [...pathOf(issue.path), key]);
  }
  for (const { path } of rest) {
    if (path[0] === "groups" && path.length > 1) remove(tree.value, pathOf(path).slice(0, 2));
    else if (path.length === 1) remove(tree.value, pathOf(path));
  }
  const stuck = broken.some(({ path }) => path[0] === "providers" || path[0] === "defaults");
  const second = configFile.safeParse(tree.value);
  return { problems, file: second.success && !stuck ? second.data : null, partial: rest.length > 0 };
}

/**
 * A reference is text, and so may be a number where text is wanted (`failover-group: 12e34567` is a number to YAML).
 * Where the schema refuses the one and accepts the other, the other is meant.
 */
function convertScalars(tree: Tree): void {
  for (const entry of tree.entries.values()) {
    if (entry.broken || (entry.reference === null && entry.source === null)) continue;
    const schema = schemaAt(configFile, entry.path, tree.value);
    const value = entry.path.reduce(child, tree.value);
    if (schema === null || accepts(schema, value)) continue;
    const other = entry.source ?? scalarOf(value);
    const parent = entry.path.slice(0, -1).reduce(child, tree.value);
    const key = entry.path.at(-1);
    if (typeof parent !== "object" || parent === null || key === undefined) continue;
    if (accepts(schema, other)) Reflect.set(parent, key, other);
  }
}

function accepts(schema: z.core.$ZodType, value: unknown): boolean {
  return z.safeParse(schema, value).success;
}

/** What YAML makes of a plain text: a decimal number, a boolean, or the text itself. */
function scalarOf(value: unknown): unknown {
  if (value === "true" || value === "false") return value === "true";
  return typeof value === "string" && /^-?\d{1,15}(?:\.\d+)?$/.test(value) ? Number(value) : value;
}

const pathOf = (path: readonly PropertyKey[]): Path => path.filter((key) => typeof key !== "symbol");

const isAt = (entries: readonly Entry[], path: readonly PropertyKey[]): boolean =>
  entries.some((entry) => entry.path.every((key, i) => path[i] === key));

function remove(root: unknown, path: Path): void {
  const parent = path.slice(0, -1).reduce(child, root);
  const key = path.at(-1);
  if (typeof parent === "object" && parent !== null && key !== undefined) Reflect.deleteProperty(parent, key);
}

/** A mapping that fits none of several forms was probably meant to be the one that is a mapping: tell what it lacks. */
function inside(tree: Tree, issue: Issue): readonly Issue[] {
  if (issue.code !== "invalid_union" || !isMapping(pathOf(issue.path).reduce(child, tree.value)))
    return [issue];
  const form = issue.errors.find((issues) =>
    issues.every((one) => one.path.length > 0 || one.code === "unrecognized_keys"),
  );
  return form === undefined
    ? [issue]
    : form.map((one) => Object.assign({}, one, { path: [...issue.path, ...one.path] }));
}

function problemsOf(tree: Tree, issue: Issue): readonly Problem[] {
  const path = pathOf(issue.path);
  const problem = (rule: Rule, at: Path, text: string): Problem => ({
    severity: "error",
    rule,
    path: at,
    ...tree.position(at),
    text,
  });
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const text = unknownKey(key, keysAt(configFile, path, tree.value));
      return problem("unknown-key", [...path, key], text);
    });
  }
  if (issue.code === "invalid_key") return [invalidKey(tree, problem, path)];
  const key = label(path);
  const value = path.reduce(child, tree.value);
  const isType = key === "type" && issue.code === "invalid_union";
  const types = isType ? alternativesAt(configFile, path.slice(0, -1), tree.value, "type") : [];
  const wanted = isType ? anyOf(types) : wantedAt(configFile, path, tree.value);
  if (value === undefined) return [problem("missing-key", path, `missing key "${key}": wanted ${wanted}`)];
  const got = quote(tree.value, tree.entries, path);
  const near = typeof value === "string" ? nearest(value, types) : null;
  const hint = near === null ? "" : `, did you mean "${near}"?`;
  return [problem("invalid-value", path, `${key} must be ${wanted}: got ${got}${hint}`)];
}

function invalidKey(
  tree: Tree,
  problem: (rule: Rule, at: Path, text: string) => Problem,
  path: Path,
): Problem {
  const key = JSON.stringify(String(path.at(-1)).slice(0, 80));
  const wanted = keyWantedAt(configFile, path.slice(0, -1), tree.value) ?? nameWanted;
  const rule = wanted === nameWanted ? "invalid-name" : "invalid-value";
  return problem(rule, path, `a name in ${label(path.slice(0, -1))} must be ${wanted}: got ${key}`);
}

/** @returns `members[1]` for an item of a list, else the key itself. */
function label(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return "the file";
  return typeof last === "number" ? `${label(path.slice(0, -1))}[${last}]` : last;
}

function unknownKey(key: string, known: readonly string[]): string {
  const said = `unknown key ${JSON.stringify(key.slice(0, 80))}`;
  const near = nearest(key, known);
  if (near !== null) return `${said}: did you mean "${near}"?`;
  return known.length === 0 ? said : `${said}: known here are ${known.join(", ")}`;
}

/** @returns the known word that `word` was probably meant to be, or null when none is near: about a third may differ. */
export function nearest(word: string, known: readonly string[]): string | null {
  const plain = word.toLowerCase().replaceAll("_", "-").slice(0, 80);
  const ranked = known
    .map((candidate) => ({ candidate, steps: distance(plain, candidate.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps);
  const best = ranked[0];
  return best !== undefined && best.steps <= Math.max(1, Math.floor(plain.length / 3))
    ? best.candidate
    : null;
}
