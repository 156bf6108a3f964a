/** The page about the benchmarks is what was recorded. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pageUrl, recorded } from "../../../bench/report/files.ts";
import { benchmarksPage } from "../../../bench/report/page.ts";

test("docs/benchmarks.md is what `npm run bench -- --page` makes of the recorded results", () => {
  expect(readFileSync(pageUrl, "utf8")).toBe(benchmarksPage(recorded()));
});
