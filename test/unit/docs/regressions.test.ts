/** The list in docs/regressions.md is true: every case names tests, and each of them exists and runs. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const list = new URL("../../../docs/regressions.md", import.meta.url);

const rows = readFileSync(list, "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| Case "))
  .map((line) => {
    const [, name = "", , tests = ""] = line.split(" | ").join("|").split("|");
    return { name: name.trim(), tests: [...tests.matchAll(/\[`(.+?)`\]\((.+?)\)/g)] };
  });

test("the list of regressions has all its cases, each one once", () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(rows.length).toBeGreaterThanOrEqual(29);
});

test.each(rows)("regression: $name", ({ tests }) => {
  expect(tests.length).toBeGreaterThan(0);
  for (const [, title, path = ""] of tests) {
    const source = readFileSync(new URL(path, list), "utf8");
    const before = source.split(`"${title}"`)[0] ?? "";
    expect(before.length, `${path} has no test named: ${title}`).toBeLessThan(source.length);
    expect(before.trimEnd()).toMatch(/\b(?:test|it)(?:\.\w+(?:\([^;]*\))?)*\s*\($/);
    expect(before.split("\n").at(-1)).not.toMatch(/\b(?:skip|todo|only)\b(?!If)/);
  }
});
