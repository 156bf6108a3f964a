import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/core/cause.ts";
import { observe, unknownHealth, type MemberHealth } from "../../../src/core/health.ts";

const pace = { strikesOk: 2, strikesFail: 3 };

/** Feeds `p`, `f` and `i` one by one; the time is the index. @returns e.g. `healthy 1/fail`. */
function run(outcomes: string, start: MemberHealth = unknownHealth(0), strikes = pace): string {
  const names: Record<string, Outcome> = { p: "pass", f: "fail", i: "inconclusive" };
  const end = [...outcomes].reduce((state, key, at) => observe(state, names[key]!, strikes, at + 1), start);
  return `${end.health} ${end.strikes === null ? "-" : `${end.strikes.count}/${end.strikes.outcome}`}`;
}

const healthy: MemberHealth = { health: "healthy", since: 0, strikes: null };
const unhealthy: MemberHealth = { health: "unhealthy", since: 0, strikes: null };

describe("observe()", () => {
  test.each([
    ["unknown stays unknown on the first pass", unknownHealth(0), "p", "unknown 1/pass"],
    ["unknown turns healthy on the second consecutive pass", unknownHealth(0), "pp", "healthy -"],
    ["unknown stays unknown on the second fail", unknownHealth(0), "ff", "unknown 2/fail"],
    ["unknown turns unhealthy on the third consecutive fail", unknownHealth(0), "fff", "unhealthy -"],
    ["unknown starts a new run when the outcome changes", unknownHealth(0), "ffp", "unknown 1/pass"],
    ["healthy stays healthy on a pass", healthy, "p", "healthy -"],
    ["healthy counts a fail as a strike", healthy, "f", "healthy 1/fail"],
    ["healthy stays healthy one fail below the threshold", healthy, "ff", "healthy 2/fail"],
    ["healthy turns unhealthy on the third consecutive fail", healthy, "fff", "unhealthy -"],
    ["a pass between fails clears the strikes", healthy, "ffpff", "healthy 2/fail"],
    ["unhealthy stays unhealthy on a fail", unhealthy, "f", "unhealthy -"],
    ["unhealthy counts a pass as a strike", unhealthy, "p", "unhealthy 1/pass"],
    ["a fail between passes clears the strikes", unhealthy, "pfp", "unhealthy 1/pass"],
    ["unhealthy turns healthy on the second consecutive pass", unhealthy, "pp", "healthy -"],
    ["inconclusive adds no strike", healthy, "iii", "healthy -"],
    ["inconclusive clears no strike", healthy, "ffi", "healthy 2/fail"],
    ["inconclusive does not break a run", healthy, "fifif", "unhealthy -"],
    ["inconclusive leaves unknown alone", unknownHealth(0), "pip", "healthy -"],
  ] as const)("%s", (_, start, outcomes, wanted) => {
    expect(run(outcomes, start)).toBe(wanted);
  });

  test("remembers when the first of the strikes was seen and when the health began", () => {
    const struck = observe(observe(healthy, "fail", pace, 10), "fail", pace, 20);
    expect(struck.strikes).toEqual({ count: 2, outcome: "fail", firstAt: 10 });
    expect(observe(struck, "fail", pace, 30)).toEqual({ health: "unhealthy", since: 30, strikes: null });
  });

  test("returns the same object when nothing changed", () => {
    expect(observe(healthy, "pass", pace, 5)).toBe(healthy);
    expect(observe(healthy, "inconclusive", pace, 5)).toBe(healthy);
  });

  test("turns only after exactly N consecutive outcomes, for every N and every history", () => {
    const outcomes = fc.array(fc.constantFrom<Outcome>("pass", "fail", "inconclusive"), { maxLength: 200 });
    const count = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(outcomes, count, count, (history, strikesOk, strikesFail) => {
        let state: MemberHealth = unknownHealth(0);
        let runLength = 0;
        let runOutcome: Outcome | null = null;
        for (const [at, outcome] of history.entries()) {
          const before = state.health;
          state = observe(state, outcome, { strikesOk, strikesFail }, at);
          if (outcome !== "inconclusive") {
            runLength = outcome === runOutcome ? runLength + 1 : 1;
            runOutcome = outcome;
          }
          const needed = runOutcome === "pass" ? strikesOk : strikesFail;
          const wanted = runOutcome === "pass" ? "healthy" : "unhealthy";
          const reached = runOutcome !== null && runLength >= needed;
          expect(state.health).toBe(reached ? wanted : before);
        }
      }),
    );
  });
});
