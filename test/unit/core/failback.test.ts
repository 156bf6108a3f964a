/** When the preferred member has been well for long enough, and how a healthy holder is spoken of. */
import { describe, expect, test } from "vitest";
import { plan } from "../../../src/core/plan.ts";
import type { Force } from "../../../src/core/orders.ts";
import { facts, now, planText, type Changes } from "./facts-text.ts";

const minute = 60_000;
const line = "a:healthy b:healthy | b";
/** So long ago that it holds nothing up by itself. */
const long = 12 * 60 * minute;

const since = (ageMs: number): NonNullable<Changes["member"]>[string] => ({
  health: { health: "healthy", since: now - ageMs, strikes: null },
});

describe("a failback after half an hour", () => {
  const policy = { failbackAfterMs: 30 * minute, holdDownMs: minute } as const;
  test.each<readonly [string, Changes, string]>([
    ["counts from the verdict", { member: { a: since(30 * minute) } }, "attach a (failback)"],
    ["waits until then", { member: { a: since(30 * minute - 1) } }, "hold (steady)"],
    [
      "counts from the end of a brown-out, which no verdict shows",
      { member: { a: { ...since(long), recoveredAt: now - 29 * minute } } },
      "hold (steady)",
    ],
    [
      "goes ahead half an hour after that",
      { member: { a: { ...since(long), recoveredAt: now - 30 * minute } } },
      "attach a (failback)",
    ],
    [
      "counts from the last move off the member",
      { member: { a: since(long) }, history: { moves: [{ at: now - 29 * minute, from: ["a"] }] } },
      "hold (steady)",
    ],
    [
      "goes ahead half an hour after that move",
      { member: { a: since(long) }, history: { moves: [{ at: now - 30 * minute, from: ["a"] }] } },
      "attach a (failback)",
    ],
    [
      "does not count a move off another member",
      { member: { a: since(long) }, history: { moves: [{ at: now - 20 * minute, from: ["b"] }] } },
      "attach a (failback)",
    ],
    [
      "never goes to a member that is browned out",
      { member: { a: { ...since(long), brownOut: { since: 0, fails: 6, of: 20, mayMove: false } } } },
      "hold (steady)",
    ],
  ])("%s", (_, changes, wanted) => {
    expect(planText(facts(line, { policy, ...changes }))).toBe(wanted);
  });
});

describe("a steady group", () => {
  const forced: Force = {
    by: "ann",
    reason: "its check is broken",
    since: 0,
    until: now + 1,
    health: "healthy",
  };
  test("says that its holder is healthy", () => {
    expect(plan(facts(line)).why).toBe("b holds the address and is healthy");
  });

  test("says so too of a holder with a strike, and nothing of the strike", () => {
    const member = { b: { evidence: { at: now, cause: "refused" } } } as const;
    expect(plan(facts(line, { member })).why).toBe("b holds the address and is healthy");
  });

  test("says on whose word it is healthy", () => {
    expect(plan(facts(line, { member: { b: { forced } } })).why).toBe(
      "b holds the address and is healthy (forced by ann: its check is broken)",
    );
  });
});
