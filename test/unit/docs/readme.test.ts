/** Every command line of the README is one that failoverd takes. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { expect, test } from "vitest";

import { createProgram } from "../../../src/cli/program.ts";

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text ?? "");
const lines = blocks
  .flatMap((block) => block.split("\n"))
  .filter((line) => line.startsWith("failoverd "))
  .map((line) => line.replace(/\s+#.*$/, "").trim());

test("the README shows commands", () => {
  expect(lines.length).toBeGreaterThan(40);
  for (const cloud of ["exoscale", "cloud66"]) {
    expect(lines.filter((line) => line.startsWith(`failoverd ${cloud} `)).length).toBeGreaterThan(7);
  }
});

test.each([...new Set(lines)])("README: %s", (line) => {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  const { command, rest } = walk(createProgram(), words.slice(1));
  const { operands, unknown } = command.parseOptions(rest);
  expect(unknown).toEqual([]);
  const declared = command.registeredArguments;
  expect(operands.length).toBeLessThanOrEqual(declared.length);
  expect(operands.length).toBeGreaterThanOrEqual(declared.filter(({ required }) => required).length);
  for (const option of command.options.filter(({ mandatory }) => mandatory)) {
    expect(
      rest.some((word) => word.startsWith(String(option.long))),
      `${option.long} is missing`,
    ).toBe(true);
  }
});

function walk(command: Command, words: readonly string[]): { command: Command; rest: string[] } {
  const [word, ...rest] = words;
  const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word ?? ""));
  return next === undefined ? { command, rest: [...words] } : walk(next, rest);
}
