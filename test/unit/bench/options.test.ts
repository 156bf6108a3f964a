import { describe, expect, test } from "vitest";
import { help, optionsOf } from "../../../bench/options.ts";
import { parts } from "../../../bench/report/result.ts";

describe("optionsOf()", () => {
  test("takes all parts of what is built when nothing is said", () => {
    expect(optionsOf([])).toEqual({
      parts,
      quick: false,
      json: false,
      record: false,
      page: false,
      program: "build",
    });
  });

  test("takes the named parts, in their own order", () => {
    expect(optionsOf(["memory", "cost", "--json"])).toMatchObject({ parts: ["cost", "memory"], json: true });
  });

  test("runs three parts of the sources when it is to be quick", () => {
    expect(optionsOf(["--quick"])).toMatchObject({
      parts: ["cost", "lateness", "detection"],
      program: "source",
    });
    expect(optionsOf(["--quick", "memory"])).toMatchObject({ parts: ["memory"], quick: true });
  });

  test("says what it does not know", () => {
    expect(optionsOf(["cots"])).toBe(
      `There is no part "cots": there are cost, lateness, overload, memory, detection, start`,
    );
    expect(optionsOf(["--fast"])).toContain("--fast");
  });

  test("gives help that tells of every part", () => {
    expect(optionsOf(["--help"])).toBeNull();
    for (const part of parts) expect(help).toMatch(new RegExp(`^  ${part} +\\S`, "m"));
  });
});
