import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../../src/config/load.ts";
import { cloud66, exoscale, parse, readFile } from "./sample.ts";

/** Loads `text`. @returns what every result has and this one has not. */
function flawsOf(text: string): readonly string[] {
  const result = parseConfig(text, "f.yaml", { KEY: "k" }, readFile);
  const problems = "ok" in result ? result.warnings : result.problems;
  const hasError = problems.some((problem) => problem.severity === "error");
  const flaws: string[] = [];
  if (hasError === "ok" in result) flaws.push("a config, or else an error");
  if (problems.some((problem, i) => (problems[i - 1]?.line ?? 0) > problem.line))
    flaws.push("order of lines");
  if (problems.some((problem) => problem.line < 1 || problem.col < 1))
    flaws.push("a place for every problem");
  return flaws;
}

describe("parseConfig() never throws", () => {
  test("on any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", maxLength: 200 }), (text) => {
        expect(flawsOf(text)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test("on text made of pieces of YAML", () => {
    const piece = fc.constantFrom(
      ..."&a |*a|: |- |\n|  |{|}|[|]|,|?|!!binary |<<|---\n|...|%YAML 1.1\n|#|\t|'|\"|>|null|~|groups|providers|\\|${env:KEY}|__proto__|constructor".split(
        "|",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expect(flawsOf(pieces.join(""))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("on any value as YAML", () => {
    const keys = fc.constantFrom(
      "providers",
      "groups",
      "members",
      "healthcheck",
      "type",
      "defaults",
      "headers",
      "x",
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, 1.5, "", "exoscale", "from-elastic-ip", "${env:KEY}", "${env:NONE}"),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(keys, tie("any"), { maxKeys: 4 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (any) => {
        expect(flawsOf(stringify(any))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("on a valid file with a piece cut out or doubled", () => {
    const base = fc.constantFrom(exoscale, cloud66);
    fc.assert(
      fc.property(base, fc.nat(500), fc.nat(20), fc.boolean(), (text, at, length, twice) => {
        const piece = text.slice(at, at + length);
        const changed = text.slice(0, at) + (twice ? piece + piece : "") + text.slice(at + length);
        expect(flawsOf(changed)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe("a hostile file", () => {
  test("that grows by aliases is refused", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 12; i += 1) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`);
    expect(parse(lines.join("\n"))).toMatchObject({ problems: [{ rule: "yaml-alias" }] });
  });

  test("that nests too deeply is refused", () => {
    expect(parse("[".repeat(20_000))).toMatchObject({ problems: [{ rule: "yaml-syntax" }] });
    expect(parse(`a: ${"[".repeat(100)}${"]".repeat(100)}`)).toMatchObject({
      problems: [{ rule: "yaml-syntax" }],
    });
  });

  test("cannot bring back YAML 1.1", () => {
    const text = `%YAML 1.1\n---${exoscale.replace("uri: /healthz", "uri: /healthz, tls-skip-verify: yes")}`;
    expect(parse(text)).toMatchObject({ problems: [{ rule: "invalid-value" }] });
  });

  test("cannot reach the prototype of anything", () => {
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const text = exoscale
        .replace("provider: exo", `provider: ${key}`)
        .replace("mode: http", `${key}: 1, mode: http`);
      expect("ok" in parse(text)).toBe(false);
    }
    expect(Object.hasOwn(Object.prototype, "mode")).toBe(false);
  });

  test("with a byte order mark and Windows line ends is as good as any other", () => {
    expect("ok" in parse(`\uFEFF${exoscale.replaceAll("\n", "\r\n")}`)).toBe(true);
  });
});
