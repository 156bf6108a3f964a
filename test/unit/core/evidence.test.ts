/** How old evidence may be, and when the first round is over. */
import { describe, expect, test } from "vitest";
import { evidenceMaxAgeMs, firstRoundEndsAt, isFresh } from "../../../src/core/evidence.ts";
import type { Pace } from "../../../src/core/target.ts";
import { facts, now, type Changes } from "./facts-text.ts";
import { table } from "./plan-table.ts";

const pace: Pace = {
  intervalMs: 10_000,
  timeoutMs: 2_000,
  fastIntervalMs: null,
  strikesOk: 2,
  strikesFail: 3,
};

describe("evidenceMaxAgeMs()", () => {
  test.each([
    ["is three intervals and a timeout", pace, 32_000],
    ["goes by the timeout where that is longer", { ...pace, intervalMs: 5_000, timeoutMs: 12_000 }, 48_000],
    [
      "is not shortened by the fast interval, which a strike alone calls for",
      { ...pace, fastIntervalMs: 500 },
      32_000,
    ],
  ] as const)("%s", (_, given, wanted) => {
    expect(evidenceMaxAgeMs(given)).toBe(wanted);
  });

  test("outlives one inconclusive probe, however late the next one ends", () => {
    for (const intervalMs of [2_000, 5_000, 10_000, 60_000])
      for (const timeoutMs of [2_000, 5_000, 10_000]) {
        // One ends at 0; the next, an interval or a timeout later, is inconclusive; the one after it ends at its deadline.
        const conclusiveAgainMs = 2 * Math.max(intervalMs, timeoutMs) + timeoutMs;
        expect(evidenceMaxAgeMs({ ...pace, intervalMs, timeoutMs })).toBeGreaterThan(conclusiveAgainMs);
      }
  });
});

describe("isFresh()", () => {
  const fresh = (evidence: { readonly at: number; readonly cause: "ok" } | null): boolean => {
    const [member] = facts("a:healthy | a", { member: { a: { evidence } } }).members;
    return isFresh(member!, now);
  };

  test("lasts to the last millisecond, and not one longer", () => {
    expect(fresh({ at: now - 32_000, cause: "ok" })).toBe(true);
    expect(fresh({ at: now - 32_001, cause: "ok" })).toBe(false);
  });

  test("is false of a member without any evidence", () => {
    expect(fresh(null)).toBe(false);
  });
});

describe("firstRoundEndsAt()", () => {
  const startedAt = now - 1_000;
  const slow: Changes["member"] = { b: { pace: { ...pace, intervalMs: 60_000 } } };

  test("is null once every health is known, however early that is", () => {
    expect(firstRoundEndsAt(facts("a:healthy b:unhealthy | a", { startedAt }))).toBeNull();
  });

  test("waits for the slowest member, whichever is unknown", () => {
    const slowEndsAt = startedAt + 182_030;
    expect(firstRoundEndsAt(facts("a:unknown b:healthy | a", { startedAt, member: slow }))).toBe(slowEndsAt);
    expect(firstRoundEndsAt(facts("a:healthy b:unknown | a", { startedAt, member: slow }))).toBe(slowEndsAt);
  });

  test("waits for good news as long as for bad", () => {
    const member = { a: { pace: { ...pace, strikesOk: 5 } } };
    expect(firstRoundEndsAt(facts("a:unknown | a", { startedAt, member }))).toBe(startedAt + 52_030);
  });

  test("is over at its end, not after it", () => {
    expect(firstRoundEndsAt(facts("a:unknown | a", { startedAt: now - 32_029 }))).toBe(now + 1);
    expect(firstRoundEndsAt(facts("a:unknown | a", { startedAt: now - 32_030 }))).toBeNull();
  });

  table([
    [
      "lets a failover begin before the round could end, once all have been seen",
      "a:unhealthy b:healthy | a",
      { startedAt },
      "attach b (failover)",
    ],
  ]);
});
