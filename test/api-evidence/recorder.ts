/**
 * Runs around every integration test. It listens to what really goes over the wire between a client and a simulated cloud,
 * and fails the test when an answer is not what the API's description says, or when `docs/api-coverage.md` names the test for
 * something that it no longer shows. With `API_EVIDENCE=FOLDER` it also writes down what each test showed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach } from "vitest";
import { exchanges, type Exchange } from "../../src/simulator/exchange.ts";
import { answerProblem } from "./answers.ts";
import { loadEvidence, type Client, type Evidence } from "./evidence.ts";
import { rowsShown } from "./rows.ts";

interface Task {
  readonly name: string;
  readonly type: string;
  readonly suite?: Task | undefined;
  readonly concurrent?: boolean | undefined;
  readonly tasks?: readonly Task[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = process.env["API_EVIDENCE"];
const kept = folder === undefined ? loadEvidence() : [];
const recorded: Evidence[] = [];

let shown: Record<Client, Set<string>> = { failoverd: new Set(), other: new Set() };
let problems: string[] = [];
let file = "";

exchanges.subscribe((message) => {
  const exchange = message as Exchange;
  const problem = answerProblem(exchange);
  if (problem !== null) problems.push(problem);
  const client = exchange.userAgent === "failoverd" ? "failoverd" : "other";
  for (const row of rowsShown(exchange)) shown[client].add(row.id);
});

beforeEach(({ task }) => {
  shown = { failoverd: new Set(), other: new Set() };
  problems = [];
  if (file !== "") return;
  file = relative(root, task.file.filepath);
  const names = new Set(testsBelow(task.file).map(nameOf));
  const gone = kept.filter((each) => each.file === file && !names.has(each.test)).map(({ test }) => test);
  mustBeEmpty(gone, "docs/api-coverage.md names tests that are gone; run npm run generate:coverage");
});

afterEach(({ task }) => {
  // What happens at the same time cannot be told apart.
  if (task.concurrent || task.result?.state === "fail") return;
  mustBeEmpty(problems, "Answers are not what the description says");
  const test = nameOf(task);
  for (const client of ["failoverd", "other"] as const) {
    const rows = [...shown[client]];
    if (rows.length > 0) recorded.push({ client, file, test, rows });
    const claims = kept.filter((each) => each.file === file && each.test === test && each.client === client);
    const missing = claims.flatMap((each) => each.rows).filter((row) => !shown[client].has(row));
    mustBeEmpty(
      missing,
      "docs/api-coverage.md says that this test shows more; run npm run generate:coverage",
    );
  }
});

afterAll(() => {
  if (folder === undefined || recorded.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${file.replaceAll("/", "--")}.json`), JSON.stringify(recorded));
});

function testsBelow(task: Task): readonly Task[] {
  return task.type === "test" ? [task] : (task.tasks ?? []).flatMap(testsBelow);
}

function nameOf(task: Task): string {
  return task.suite === undefined ? task.name : `${nameOf(task.suite)} > ${task.name}`;
}

function mustBeEmpty(list: readonly string[], problem: string): void {
  if (list.length > 0) throw new Error(`${problem}: ${list.join("; ")}`);
}
