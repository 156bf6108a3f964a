/**
 * From YAML text to plain values, with the place of each of them.
 *
 * The tree is walked here and not by the `yaml` package, because a problem found later has to point to a line and a
 * column, and because a value must remember that it came from a reference. Aliases are followed (each use is a copy),
 * but not in circles, and only as long as the whole stays small.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Path, Problem, Rule } from "./problem.ts";
import type { Resolution } from "./reference.ts";

/** Where a value was written, and how. */
export interface Entry {
  readonly path: Path;
  /** Offset of the key, or of the value in a list. */
  readonly offset: number;
  /** The reference as written, or null. */
  readonly reference: string | null;
  /** True: the reference could not be resolved, and its own text stands in for the value. */
  readonly broken: boolean;
  /** The text of a number or a boolean as written, or null. */
  readonly source: string | null;
}

export interface Tree {
  readonly value: unknown;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly problems: readonly Problem[];
  /** @returns line and column of the value at `path`, of its nearest ancestor when it was not written. */
  position(path: Path): { readonly line: number; readonly col: number };
}

/** Values after following aliases; a file of five thousand groups has about 100,000. */
const nodesMax = 200_000;

/** The schema is six levels deep. */
const depthMax = 32;
const tooDeep = `the YAML must be nested at most ${depthMax} levels deep`;

export const entryKey = (path: Path): string => JSON.stringify(path);

interface Walk {
  readonly doc: Document;
  readonly resolve: (text: string) => Resolution;
  readonly report: (rule: Rule, path: Path, offset: number, text: string) => void;
  readonly entries: Map<string, Entry>;
  /** Nodes that are being walked, to notice circles. */
  readonly open: Set<Node>;
  nodes: number;
}

/** @param resolve says what the text of a scalar stands for */
export function readTree(text: string, resolve: (text: string) => Resolution): Tree {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const report: Walk["report"] = (rule, path, offset, said) => {
    problems.push({ severity: "error", rule, path, ...lineCol(lines, offset), text: said });
  };
  const entries = new Map<string, Entry>();
  const position: Tree["position"] = (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const entry = entries.get(entryKey(path.slice(0, length)));
      if (entry !== undefined) return lineCol(lines, entry.offset);
    }
    return { line: 1, col: 1 };
  };
  const doc = parse(text, lines, report);
  if (doc === null || problems.some(isFatal)) return { value: undefined, entries, problems, position };
  const walk: Walk = { doc, resolve, report, entries, open: new Set(), nodes: 0 };
  const value = visit(walk, doc.contents, [], 0);
  if (!isMapping(value) && !problems.some(isFatal)) {
    report(
      "not-a-mapping",
      [],
      0,
      `the file must hold a mapping with providers and groups: got ${kindOf(value)}`,
    );
  }
  return { value, entries, problems, position };
}

/** @returns false for a problem that leaves a tree that is worth a look: a key that is there twice, a dead reference. */
export function isFatal(problem: Problem): boolean {
  return !["yaml-duplicate-key", "reference-syntax", "reference-unresolved"].includes(problem.rule);
}

function parse(text: string, lines: LineCounter, report: Walk["report"]): Document | null {
  try {
    // `schema` is named so that a `%YAML 1.1` line cannot bring back `yes` and `no`.
    const doc = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      schema: "core",
      version: "1.2",
    });
    for (const problem of [...doc.errors, ...doc.warnings]) {
      if (problem.code === "DUPLICATE_KEY") {
        report("yaml-duplicate-key", [], problem.pos[0], "a key must occur once in its mapping");
        continue;
      }
      if (/call stack/.test(problem.message)) {
        // The parser recurses: brackets in their thousands exhaust the stack, and what it says after that is noise.
        report("yaml-syntax", [], problem.pos[0], tooDeep);
        return null;
      }
      const isSecond = problem.code === "MULTIPLE_DOCS";
      const why = isSecond ? "a second document starts here, wanted one" : sentence(problem.message);
      report("yaml-syntax", [], problem.pos[0], `the YAML is broken: ${why}`);
    }
    return doc;
  } catch {
    report("yaml-syntax", [], 0, tooDeep);
    return null;
  }
}

function visit(walk: Walk, node: unknown, path: Path, offset: number): unknown {
  walk.nodes += 1;
  if (walk.nodes === nodesMax + 1) {
    walk.report(
      "yaml-alias",
      path,
      offset,
      `the file must have at most ${nodesMax} values, aliases included`,
    );
  }
  if (walk.nodes > nodesMax) return null;
  if (path.length === depthMax) {
    walk.report("yaml-syntax", path, offset, tooDeep);
    return null;
  }
  if (isAlias(node)) return visitAlias(walk, node.resolve(walk.doc), path, offset);
  if (isScalar(node)) return visitScalar(walk, node.value, node.source, { path, offset });
  note(walk, { path, offset });
  if (isMap(node)) return visitMap(walk, node, path);
  if (!isSeq(node)) return null;
  walk.open.add(node);
  const items = node.items.map((item, i) => visit(walk, item, [...path, i], startOf(item) ?? offset));
  walk.open.delete(node);
  return items;
}

function visitAlias(walk: Walk, target: Node | undefined, path: Path, offset: number): unknown {
  if (target === undefined || walk.open.has(target)) {
    const why = target === undefined ? "an anchor that is defined above it" : "something outside of itself";
    walk.report("yaml-alias", path, offset, `an alias must lead to ${why}`);
    return null;
  }
  return visit(walk, target, path, offset);
}

function visitMap(walk: Walk, map: YAMLMap, path: Path): unknown {
  const value: Record<string, unknown> = {};
  walk.open.add(map);
  for (const pair of map.items) {
    const offset = startOf(pair.key) ?? startOf(map) ?? 0;
    const key = isScalar(pair.key) ? keyText(pair.key.value, pair.key.source) : null;
    if (key === null) {
      walk.report("yaml-syntax", path, offset, "the YAML is broken: a key must be plain text");
      continue;
    }
    value[key] = visit(walk, pair.value, [...path, key], offset);
  }
  walk.open.delete(map);
  return value;
}

/** @returns the key as text, or null. `__proto__` is refused: as a key of an object it would be no plain key. */
function keyText(value: unknown, source: string | undefined): string | null {
  const text = typeof value === "string" ? value : source;
  return text === undefined || text === "" || text === "__proto__" ? null : text;
}

function visitScalar(
  walk: Walk,
  value: unknown,
  source: string | undefined,
  at: { readonly path: Path; readonly offset: number },
): unknown {
  if (typeof value !== "string") {
    note(walk, { ...at, source: value === null ? null : (source ?? null) });
    return value;
  }
  const resolution = walk.resolve(value);
  switch (resolution.kind) {
    case "plain":
      note(walk, at);
      return value;
    case "resolved":
      note(walk, { ...at, reference: value });
      return resolution.value;
    case "broken":
      note(walk, { ...at, reference: value, broken: true });
      walk.report(resolution.rule, at.path, at.offset, resolution.text);
      return value;
  }
}

function note(walk: Walk, entry: Partial<Entry> & Pick<Entry, "path" | "offset">): void {
  walk.entries.set(entryKey(entry.path), { reference: null, broken: false, source: null, ...entry });
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}

function lineCol(lines: LineCounter, offset: number): { readonly line: number; readonly col: number } {
  const found = lines.linePos(offset);
  return found.line === 0 ? { line: 1, col: 1 } : found;
}

/** The parser's message without the piece of the file that it may quote, which could be a secret. */
function sentence(message: string): string {
  const text = message.replace(/[:"'`].*$/s, "").trim();
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns what a value is, without its content. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return `a ${typeof value}`;
}
