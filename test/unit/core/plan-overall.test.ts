/** What all groups together may do, and how soon a member that was unhealthy may be moved to. */
import { describe, expect, test } from "vitest";
import type { OverallFacts, PastMove } from "../../../src/core/facts.ts";
import { plan } from "../../../src/core/plan.ts";
import { defaultOverall, facts, now } from "./facts-text.ts";
import { move, table } from "./plan-table.ts";

const minute = 60_000;
const deadHolder = "a:unhealthy b:healthy | a";

/** Moves of other groups, so many milliseconds ago each. */
const moved = (...agesMs: readonly number[]): OverallFacts["moves"] =>
  agesMs.map((ageMs, i) => ({ group: `other-${i}`, at: now - ageMs }));

const ofTen = (...agesMs: readonly number[]): Partial<OverallFacts> => ({
  groups: 10,
  moves: moved(...agesMs),
});

describe("the share of groups that move together", () => {
  table([
    ["leaves room below it", deadHolder, { overall: ofTen(1, 2, 3, 4) }, "attach b (failover)"],
    [
      "holds back the one above it",
      deadHolder,
      { overall: ofTen(1, 2, 3, 4, 5) },
      "hold (overall-share) attach b",
    ],
    [
      "does not count what is old",
      deadHolder,
      { overall: ofTen(1, 2, 3, 4, 5 * minute) },
      "attach b (failover)",
    ],
    [
      "counts a group once",
      deadHolder,
      { overall: { groups: 10, moves: [1, 2, 3, 4, 5, 6].map((ms) => ({ group: "other", at: now - ms })) } },
      "attach b (failover)",
    ],
    [
      "does not count the group itself",
      deadHolder,
      { overall: { groups: 10, moves: [...moved(1, 2, 3, 4), { group: "g", at: now - minute }] } },
      "attach b (failover)",
    ],
    [
      "lets two of three move",
      deadHolder,
      { overall: { groups: 3, moves: moved(1) } },
      "attach b (failover)",
    ],
    [
      "holds back the third of three",
      deadHolder,
      { overall: { groups: 3, moves: moved(1, 2) } },
      "hold (overall-share) attach b",
    ],
    [
      "never holds up a move that has begun",
      "a:unhealthy b:healthy | a b",
      { overall: ofTen(1, 2, 3, 4, 5), history: { inFlight: move } },
      "detach a (finish-move)",
    ],
    [
      "never leaves an address with nobody",
      "a:healthy b:healthy |",
      { overall: ofTen(1, 2, 3, 4, 5) },
      "attach a (orphan)",
    ],
    [
      "does not hold back a repair",
      "a:healthy b:healthy | a b",
      { overall: ofTen(1, 2, 3, 4, 5) },
      "detach b (double-attach)",
    ],
  ]);

  test("says how many have moved, and when the next may", () => {
    const held = plan(facts(deadHolder, { overall: ofTen(1_000, 2_000, 3_000, 4_000, 5_000, 6_000) }));
    expect(held).toMatchObject({
      why: expect.stringMatching(/^6 of 10 groups have moved lately, so the others wait: a is unhealthy/),
      // Six have moved and five may: two must have grown old.
      until: now - 5_000 + defaultOverall.share.windowMs,
    });
  });

  test("goes by the last move of each group, in whatever order they are told", () => {
    const ages = [3_000, 6_000, 1_000, 5_000, 2_000, 4_000];
    const until = now - 5_000 + defaultOverall.share.windowMs;
    expect(plan(facts(deadHolder, { overall: ofTen(...ages) }))).toMatchObject({ until });
    const before = ages.map((ageMs, i) => ({ group: `other-${i}`, at: now - ageMs - 60_000 }));
    for (const moves of [
      [...before, ...moved(...ages)],
      [...moved(...ages), ...before],
    ])
      expect(plan(facts(deadHolder, { overall: { groups: 10, moves } }))).toMatchObject({ until });
  });
});

describe("the limit over all groups", () => {
  const policy = { ...defaultOverall, limit: { moves: 3, windowMs: 60 * minute } };
  const many = (...agesMs: readonly number[]): Partial<OverallFacts> => ({
    policy,
    groups: 100,
    moves: moved(...agesMs),
  });
  table([
    ["leaves room below it", deadHolder, { overall: many(1, 2) }, "attach b (failover)"],
    ["holds back the one above it", deadHolder, { overall: many(1, 2, 3) }, "hold (overall-limit) attach b"],
    ["does not count what is old", deadHolder, { overall: many(1, 2, 60 * minute) }, "attach b (failover)"],
    [
      "never leaves an address with nobody",
      "a:healthy b:healthy |",
      { overall: many(1, 2, 3) },
      "attach a (orphan)",
    ],
  ]);

  test("ends when the oldest of the last moves leaves the window, in whatever order they are told", () => {
    const held = plan(facts(deadHolder, { overall: many(3_000, 9_000, 1_000, 5_000) }));
    expect(held).toMatchObject({ rule: "overall-limit", until: now - 5_000 + 60 * minute });
  });
});

describe("a member that was unhealthy", () => {
  const recovered = (ageMs: number) => ({ b: { recoveredAt: now - ageMs } });
  table([
    ["warms up before it receives the address", deadHolder, { member: recovered(29_999) }, "hold (warm-up)"],
    ["is eligible when it is warm", deadHolder, { member: recovered(30_000) }, "attach b (failover)"],
    [
      "lets a warm one go first",
      "a:unhealthy b:healthy c:healthy | a",
      { member: recovered(1) },
      "attach c (failover)",
    ],
    [
      "gets an address that nobody has at once",
      "a:unhealthy b:healthy |",
      { member: recovered(1) },
      "attach b (orphan)",
    ],
    [
      "is another than one that never was, which needs no time however young we are",
      deadHolder,
      { policy: { warmUpMs: 2 * now } },
      "attach b (failover)",
    ],
    [
      "may be given no time",
      deadHolder,
      { member: recovered(0), policy: { warmUpMs: 0 } },
      "attach b (failover)",
    ],
  ]);

  test("says what it waits for, and until when", () => {
    expect(plan(facts(deadHolder, { member: recovered(10_000) }))).toMatchObject({
      why: expect.stringContaining("b was unhealthy until recently and is warming up"),
      until: now + 20_000,
    });
  });
});

describe("failback of a group that flaps", () => {
  const policy = { failbackAfterMs: minute } as const;
  const moves = (...agesMs: readonly number[]): readonly PastMove[] =>
    agesMs.map((ageMs) => ({ at: now - ageMs, from: ["c"] }));
  const hour = 60 * minute;
  const line = "a:healthy b:healthy | b";
  table([
    [
      "waits until it has been quiet for twelve hold-downs",
      line,
      { policy, history: { moves: moves(3 * hour, hour + 30 * minute, 59 * minute) } },
      "hold (flapping) attach a",
    ],
    [
      "goes ahead after that",
      line,
      { policy, history: { moves: moves(90 * minute, hour) } },
      "attach a (failback)",
    ],
    [
      "does not wait for a single move",
      line,
      { policy, history: { moves: moves(20 * minute) } },
      "attach a (failback)",
    ],
    [
      "does not wait for two that are far apart",
      line,
      { policy, history: { moves: moves(80 * minute, 20 * minute) } },
      "attach a (failback)",
    ],
    [
      "does not hold up a failover",
      "a:healthy b:unhealthy | b",
      { policy, history: { moves: moves(90 * minute, 45 * minute) } },
      "attach a (failover)",
    ],
  ]);
});
