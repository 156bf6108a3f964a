import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tableLines, wrapped } from "../../../src/cli/table.ts";

describe("tableLines()", () => {
  test("breaks the last column at words, below its own beginning", () => {
    const why = "web-a is unhealthy (it refused the connection), and web-b is the most preferred";
    expect(tableLines(["GROUP", "STATE", "WHY"], [["web", "moving", why]])).toEqual([
      "GROUP  STATE   WHY",
      "web    moving  web-a is unhealthy (it refused the connection), and web-b is the",
      "               most preferred",
    ]);
  });

  test("puts the last column below when the names leave no room for it, and cuts no name", () => {
    const name = "a".repeat(63);
    expect(tableLines(["GROUP", "WHY"], [[name, "it is so"]])).toEqual([
      "GROUP",
      "    WHY",
      name,
      "    it is so",
    ]);
  });

  test("lets nothing in a cell move the cursor or break a line", () => {
    const [, line = ""] = tableLines(["A", "B"], [["x", "one\u001b[2Jtwo\nthree\u2028four"]]);
    expect(line).toBe("x  one [2Jtwo three four");
  });

  test("fits 80 columns whenever the names and words do", () => {
    const name = fc.stringMatching(/^[a-z]{1,20}$/);
    const text = fc
      .array(fc.stringMatching(/^[a-z]{1,25}$/), { maxLength: 40 })
      .map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name, text), { minLength: 1, maxLength: 5 }), (rows) => {
        const lines = tableLines(["MEMBER", "HEALTH", "WHY"], rows);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
        const words = (all: readonly string[]): string =>
          all.join(" ").split(/\s+/).filter(Boolean).join(" ");
        expect(words(lines.slice(1))).toContain(words(rows.at(-1)?.slice(2) ?? []).split(" ")[0]);
      }),
    );
  });
});

describe("wrapped()", () => {
  test.each([
    ["", [""]],
    ["one", ["one"]],
    ["one two three", ["one two", "three"]],
    ["incomprehensible a", ["incomprehensible", "a"]],
  ])("breaks %j at words", (text, lines) => {
    expect(wrapped(text, 8)).toEqual(lines);
  });
});
