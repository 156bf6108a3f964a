/** Every rule has an invalid file of its own, and every invalid file yields exactly the problems that its head names. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { formatProblem, type Problem, rules } from "../../../src/config/problem.ts";

const folder = new URL("../../fixtures/config/invalid/", import.meta.url);
const files = readdirSync(folder).sort();
const ca = readFileSync(new URL("../../fixtures/config/ca.pem", import.meta.url), "utf8");
const env = { KEY: "EXOkey", SECRET: "s3cret", TOKEN: "t0ken", EMPTY: "", API_TOKEN: "0123456789abcdef" };

/** These two are about the file as such; `load.test.ts` has them. */
const withoutFixture = new Set(["file-unreadable", "file-too-large"]);

function readFile(path: string): string {
  if (path.endsWith("/ca.pem")) return ca;
  if (path.endsWith("/ca-without-certificate.pem")) return "hello";
  throw Object.assign(new Error("no such file"), { code: "ENOENT" });
}

function problemsOf(file: string): readonly Problem[] {
  const result = parseConfig(readFileSync(new URL(file, folder), "utf8"), file, env, readFile);
  return "ok" in result ? result.warnings : result.problems;
}

describe("invalid files", () => {
  test.each(files)("%s yields the problems that its head names, and no others", (file) => {
    const text = readFileSync(new URL(file, folder), "utf8");
    const expected = [...text.matchAll(/^# expect: (.*)$/gm)].map((match) => match[1]);
    expect(problemsOf(file).map((p) => `${p.rule}: ${formatProblem(p, file)}`)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
  });

  test.each(files)("%s breaks the rule that it is named after", (file) => {
    expect(problemsOf(file).map((problem) => problem.rule)).toContain(file.split(".")[0]);
  });

  test("every rule has a fixture, and every fixture a rule", () => {
    const named = new Set(files.map((file) => file.split(".")[0]));
    const wanted = Object.keys(rules).filter((rule) => !withoutFixture.has(rule));
    expect(named).toEqual(new Set(wanted));
  });

  test("a file with an error has no config, one with warnings only has", () => {
    for (const file of files) {
      const result = parseConfig(readFileSync(new URL(file, folder), "utf8"), file, env, readFile);
      const hasError = problemsOf(file).some((problem) => problem.severity === "error");
      expect([file, "ok" in result]).toEqual([file, !hasError]);
    }
  });
});
