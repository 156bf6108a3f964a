/**
 * Loads a configuration file: YAML, references, shape, rules across fields, and then the `Config`. Every problem is
 * reported at once. Files are read synchronously: at start nothing runs yet, and a reload reads a few small local files.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "./config.ts";
import { PemFiles } from "./pem-files.ts";
import { type Problem, type Rule, sortProblems } from "./problem.ts";
import { type Environment, type ReadFile, readFailure, resolveReference } from "./reference.ts";
import { resolveConfig } from "./resolve.ts";
import { checkRules } from "./rules.ts";
import { checkShape } from "./shape.ts";
import { isTooLong, socketPathBytesMax } from "./socket-path.ts";
import { isFatal, readTree, type Tree } from "./yaml-tree.ts";

/** Either a config, with the warnings about it, or all problems, among them at least one error. Sorted by line. */
export type LoadResult =
  | { readonly ok: Config; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

/** 4 MiB: a group takes about 500 bytes, and five thousand of them are watched by one process. */
const fileBytesMax = 4_194_304;

export interface LoadedFile {
  readonly result: LoadResult;
  /** All that was read for it, itself first: by path what was there, or null when it could not be read. */
  readonly files: ReadonlyMap<string, string | null>;
}

/** Reads and checks the file at `path`. @param env where `${env:X}` and `$STATE_DIRECTORY` are looked up */
export function loadConfigFile(path: string, env: Environment): LoadedFile {
  const files = new Map<string, string | null>();
  const readFile: ReadFile = (path) => {
    files.set(path, null);
    const text = readSmallFile(path);
    files.set(path, text);
    return text;
  };
  return { result: loadWith(path, env, readFile), files };
}

function loadWith(path: string, env: Environment, readFile: ReadFile): LoadResult {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const isLarge = error instanceof Error && "code" in error && error.code === "EFBIG";
    const said = isLarge
      ? "the file must be at most 4 MiB"
      : `the file cannot be read: ${readFailure(error)}`;
    return { problems: [wholeFile(isLarge ? "file-too-large" : "file-unreadable", said)] };
  }
  return parseConfig(text, path, env, readFile);
}

/**
 * Checks the text of a configuration file. Never throws.
 * @param fileName where the text is from; PEM files are looked up from its folder
 * @param readFile reads the files of `${file:/path}`, and PEM files
 */
export function parseConfig(
  text: string,
  fileName: string,
  env: Environment,
  readFile: ReadFile,
): LoadResult {
  if (Buffer.byteLength(text) > fileBytesMax) {
    return { problems: [wholeFile("file-too-large", "the file must be at most 4 MiB")] };
  }
  const tree = readTree(text.replace(/^\uFEFF/, ""), (scalar) => resolveReference(scalar, env, readFile));
  const problems = [...tree.problems];
  if (problems.some(isFatal)) return { problems: sortProblems(problems) };
  const pem = new PemFiles(dirname(fileName), readFile);
  const shape = checkShape(tree);
  problems.push(...shape.problems);
  if (shape.file !== null)
    problems.push(...checkRules(tree, { file: shape.file, partial: shape.partial, pem }));
  const sorted = sortProblems(problems);
  if (shape.file === null || sorted.some((problem) => problem.severity === "error"))
    return { problems: sorted };
  const ok = resolveConfig(shape.file, { env, pem });
  return { ok, warnings: sortProblems([...sorted, ...socketProblems(ok, tree)]) };
}

/** One that is written is short enough; what the default makes of the state directory may not be. */
function socketProblems({ controlSocket }: Config, tree: Tree): readonly Problem[] {
  if (!isTooLong(controlSocket)) return [];
  const path = ["state-dir"];
  const text = `the daemon would do without its control socket: ${controlSocket} is longer than the ${socketPathBytesMax} bytes that a path of a socket may have, so set control-socket`;
  return [{ severity: "warning", rule: "control-socket-long", path, ...tree.position(path), text }];
}

function wholeFile(rule: Rule, text: string): Problem {
  return { severity: "error", rule, path: [], line: 0, col: 0, text };
}

/** Reads no further than the limit, so that a pipe or a device without end does no harm. Throws with a `code`. */
export function readSmallFile(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(fileBytesMax + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, { offset: length });
    if (length > fileBytesMax) {
      throw Object.assign(new Error("the file is larger than 4 MiB"), { code: "EFBIG" });
    }
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}
