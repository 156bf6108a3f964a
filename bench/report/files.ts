/** Where results are kept and shown. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { benchmarksPage } from "./page.ts";
import type { Results } from "./result.ts";

export const resultsUrl: URL = new URL("../results/benchmarks.json", import.meta.url);
export const pageUrl: URL = new URL("../../docs/benchmarks.md", import.meta.url);

export function recorded(): Results {
  return existsSync(resultsUrl) ? (JSON.parse(readFileSync(resultsUrl, "utf8")) as Results) : {};
}

/** Keeps what was measured in the place of what was recorded before of these parts. */
export function record(results: Results): void {
  const all = { ...recorded(), ...results };
  mkdirSync(new URL(".", resultsUrl), { recursive: true });
  writeFileSync(resultsUrl, `${JSON.stringify(all, rounded, 1)}\n`);
  writePage();
}

export function writePage(): void {
  writeFileSync(pageUrl, benchmarksPage(recorded()));
}

/** Six significant figures are more than is known. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
