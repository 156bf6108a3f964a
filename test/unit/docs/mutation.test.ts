/** The table of docs/mutation.md in which each rule is broken once is true: every rule is there, and the tests exist. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const list = new URL("../../../docs/mutation.md", import.meta.url);

const rows = readFileSync(list, "utf8")
  .split("\n")
  .filter((line) => /^\| R\d+ /.test(line))
  .map((line) => ({
    rule: line.split(" ")[1] ?? "",
    sources: [...line.matchAll(/`((?:core|daemon|config|probes|providers)\/[\w-]+\.ts)`/g)],
    tests: [...line.matchAll(/\[`([^`]+)`\]\(([^)]+)\)/g)],
  }));

test("each of the sixteen rules is broken at least once", () => {
  const wanted = Array.from({ length: 16 }, (_, i) => `R${i + 1}`);
  expect([...new Set(rows.map(({ rule }) => rule))]).toEqual(wanted);
});

test.each(rows)("$rule is held by sources and tests that exist", ({ sources, tests }) => {
  expect(sources.length).toBeGreaterThan(0);
  expect(tests.length).toBeGreaterThan(0);
  for (const [, path] of sources) readFileSync(new URL(`../src/${path}`, list));
  for (const [, title, path = ""] of tests) {
    const source = readFileSync(new URL(path, list), "utf8");
    expect(source.includes(`"${title}"`), `${path} has no test named: ${title}`).toBe(true);
  }
});
