import { describe, expect, test } from "vitest";
import { isSameDecision } from "../../../src/core/decision.ts";

const names = ["a", "b", "c"] as const;
const sets = Array.from({ length: 8 }, (_, mask) => names.filter((_, i) => (mask & (1 << i)) !== 0));

describe("isSameDecision()", () => {
  test("is true of the same members in any order, and of no other set", () => {
    for (const one of sets)
      for (const two of sets) {
        const a = { rule: "pool", holders: one } as const;
        expect(isSameDecision(a, { rule: "pool", holders: two })).toBe(one.join("+") === two.join("+"));
        expect(isSameDecision(a, { rule: "pool", holders: one.toReversed() })).toBe(true);
      }
  });

  test("is false of the same members by another rule", () => {
    expect(isSameDecision({ rule: "failover", holders: ["a"] }, { rule: "failback", holders: ["a"] })).toBe(
      false,
    );
  });
});
