import { describe, expect, test } from "vitest";
import {
  noBrownOut,
  observeBrownOut,
  type BrownOut,
  type BrownOutRule,
} from "../../../src/core/brown-out.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, now } from "./facts-text.ts";
import { table } from "./plan-table.ts";

const rule: BrownOutRule = { fails: 4, of: 6, action: "warn" };

/** `p` pass, `f` fail, `?` inconclusive, one each second. @returns `.` while fine, `!` while browned out. */
function story(outcomes: string): string {
  const names = { p: "pass", f: "fail", "?": "inconclusive" } as const;
  let state: BrownOut = noBrownOut;
  return [...outcomes]
    .map((letter, i) => {
      state = observeBrownOut(state, names[letter as keyof typeof names], rule, i * 1_000);
      return state.since === null ? "." : "!";
    })
    .join("");
}

describe("observeBrownOut()", () => {
  test.each([
    ["four fails of six, never three in a row", "fpffpf", ".....!"],
    ["four fails at once", "ffff", "...!"],
    ["three are too few", "fffppp", "......"],
    [
      "fails that lie more than six outcomes apart do not add up",
      "fpppppfpppppfpppppf",
      "...................",
    ],
    ["an inconclusive outcome counts for nothing and pushes nothing out", "ff????????ff", "...........!"],
    // Three fails of six are more than half of four: it lasts until two are left.
    ["it ends only at half of the fails that made it", "ffffpppp", "...!!!!."],
  ])("%s", (_, outcomes, wanted) => {
    expect(story(outcomes)).toBe(wanted);
  });

  test("keeps since when, and no more outcomes than it looks at", () => {
    let state = noBrownOut;
    for (let i = 0; i < 20; i++) state = observeBrownOut(state, "fail", rule, i);
    expect(state).toEqual({ since: 3, recent: [true, true, true, true, true, true] });
  });

  test("is the same object after an inconclusive outcome", () => {
    const state = observeBrownOut(noBrownOut, "fail", rule, 1);
    expect(observeBrownOut(state, "inconclusive", rule, 2)).toBe(state);
  });
});

describe("a browned-out holder", () => {
  const brownOut = { since: now - 1_000, fails: 7, of: 20, mayMove: true };
  table([
    [
      "is moved off when the config allows it",
      "a:healthy b:healthy | a",
      { member: { a: { brownOut } } },
      "attach b (brown-out)",
    ],
    [
      "stays when it is only to be warned of",
      "a:healthy b:healthy | a",
      { member: { a: { brownOut: { ...brownOut, mayMove: false } } } },
      "hold (steady)",
    ],
    [
      "stays when the others are no better",
      "a:healthy b:healthy | a",
      { member: { a: { brownOut }, b: { brownOut } } },
      "hold (steady)",
    ],
    [
      "stays when a preferred one is no better",
      "a:healthy b:healthy | b",
      { member: { a: { brownOut }, b: { brownOut } } },
      "hold (steady)",
    ],
    [
      "stays when nobody is eligible",
      "a:healthy b:unhealthy | a",
      { member: { a: { brownOut } } },
      "hold (steady)",
    ],
    [
      "waits for the hold-down",
      "a:healthy b:healthy | a",
      { member: { a: { brownOut } }, history: { moves: [{ at: now - 1, from: [] }] } },
      "hold (hold-down) attach b",
    ],
    [
      "a dead holder is moved to a browned-out member when there is no better one",
      "a:unhealthy b:healthy | a",
      { member: { b: { brownOut } } },
      "attach b (failover)",
    ],
    [
      "a dead holder is moved to the better one",
      "a:unhealthy b:healthy c:healthy | a",
      { member: { b: { brownOut } } },
      "attach c (failover)",
    ],
  ]);

  test("says how many probes failed", () => {
    expect(plan(facts("a:healthy b:healthy | a", { member: { a: { brownOut } } })).why).toBe(
      "a is browned out (7 of its last 20 probes failed), and b is the most preferred eligible member",
    );
  });
});
