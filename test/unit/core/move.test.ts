import { describe, expect, test } from "vitest";
import { backoffMs } from "../../../src/core/backoff.ts";
import { causes, causeSentence, outcomeOf, type Cause } from "../../../src/core/cause.ts";
import type { Move } from "../../../src/core/facts.ts";
import type { PathFacts } from "../../../src/core/path.ts";
import { explains, isVisible, moveDeadlineMs, moveOutcome } from "../../../src/core/move.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, now, type Changes } from "./facts-text.ts";

const move: Move = {
  trigger: "failover",
  why: "a is unhealthy",
  from: ["a"],
  to: ["b"],
  startedAt: now - 1_000,
  tookOff: false,
};

describe("moveOutcome()", () => {
  const refused = { detail: "busy", until: now + 1_000, count: 1 };
  test.each<readonly [string, string, Move, Changes, ReturnType<typeof moveOutcome>]>([
    ["goes on while the address is with the old holder", "a:unhealthy b:healthy | a", move, {}, null],
    ["goes on while both hold it", "a:unhealthy b:healthy | a b", move, {}, null],
    ["is completed when only the wanted member holds it", "a:unhealthy b:healthy | b", move, {}, "completed"],
    [
      "is not completed while the provider is at work",
      "a:healthy b:healthy | b",
      move,
      { reading: { busy: "x" } },
      null,
    ],
    ["is abandoned when the holder is healthy again", "a:healthy b:healthy | a", move, {}, "abandoned"],
    ["is abandoned when all are down", "a:unhealthy b:unhealthy | a", move, {}, "abandoned"],
    [
      "is abandoned when a stranger has the address",
      "a:unhealthy b:healthy | a",
      move,
      { reading: { foreign: ["x"] } },
      "abandoned",
    ],
    [
      "goes on while a refusal lasts",
      "a:unhealthy b:healthy | a",
      move,
      { member: { b: { refusal: refused } } },
      null,
    ],
    [
      "goes on while nobody holds the address",
      "a:unhealthy b:unhealthy |",
      { ...move, from: [], tookOff: true },
      {},
      null,
    ],
    [
      "goes on past its deadline while nobody holds the address because of it",
      "a:unhealthy b:unhealthy |",
      { ...move, tookOff: true, startedAt: now - moveDeadlineMs },
      {},
      null,
    ],
    [
      "is abandoned, not completed, when the address is back where it was",
      "a:unhealthy b:unhealthy | a",
      { ...move, to: ["a"] },
      {},
      "abandoned",
    ],
    [
      "goes on while the only holder has a strike",
      "a:unhealthy b:healthy | a b",
      move,
      { member: { b: { evidence: { at: 0, cause: "ok" } } } },
      null,
    ],
    [
      "is abandoned at its deadline",
      "a:unhealthy b:healthy | a b",
      { ...move, startedAt: now - moveDeadlineMs },
      {},
      "abandoned",
    ],
  ])("%s", (_, line, inFlight, changes, wanted) => {
    const given = facts(line, { ...changes, history: { inFlight } });
    expect(moveOutcome(inFlight, given, plan(given))).toBe(wanted);
  });
});

describe("explains()", () => {
  const attachB = { kind: "attach", member: "b" } as const;
  const detachA = { kind: "detach", member: "a" } as const;
  const flipB = { kind: "flip", member: "b" } as const;
  test.each([
    ["our attach explains that the member is there", [attachB], ["a"], ["a", "b"], true],
    ["our detach explains that the member is gone", [detachA], ["a", "b"], ["b"], true],
    ["both explain a whole move seen at once", [attachB, detachA], ["a"], ["b"], true],
    ["a flip explains it too", [flipB], ["a"], ["b"], true],
    ["a flip does not explain that nobody is there", [flipB], ["a"], [], false],
    ["a flip does not explain that another one is gone", [flipB], ["a", "c"], ["a"], false],
    ["an attach does not explain a loss", [attachB], ["a", "b"], ["b"], false],
    ["a detach of another member explains nothing", [detachA], ["a", "b"], ["a"], false],
    ["no step explains a stranger", [attachB, detachA], ["a"], ["b", "x"], false],
    ["no steps explain no change of any kind", [], ["a"], ["b"], false],
  ])("%s", (_, steps, from, to, wanted) => {
    expect(explains(steps, { from, to })).toBe(wanted);
  });

  test("isVisible() looks for the member after an attach or flip, and for its absence after a detach", () => {
    expect([attachB, flipB, detachA].map((step) => isVisible(step, ["b"]))).toEqual([true, true, true]);
    expect([attachB, flipB, detachA].map((step) => isVisible(step, ["a"]))).toEqual([false, false, false]);
  });
});

describe("backoffMs()", () => {
  test.each([
    [1, 0, 500],
    [1, 0.999999, 1_000],
    [2, 0, 1_000],
    [4, 0.5, 6_000],
    [7, 0, 30_000],
    [1_000, 0.999999, 60_000],
  ])("attempt %d with randomness %d waits about %d ms", (attempt, random, wanted) => {
    expect(backoffMs(attempt, { baseMs: 1_000, maxMs: 60_000 }, random)).toBeCloseTo(wanted, -1);
  });
});

describe("the table of causes", () => {
  test("names what is ours and what is theirs", () => {
    const byOutcome = Object.groupBy(Object.keys(causes) as Cause[], outcomeOf);
    expect(byOutcome.pass).toEqual(["ok"]);
    expect(byOutcome.inconclusive).toEqual([
      "dns-unavailable",
      "local-sockets",
      "local-network",
      "local-tls",
      "distrusted",
      "late",
      "aborted",
      "internal",
    ]);
  });

  test("has a sentence for each that goes on from the member's name", () => {
    for (const cause of Object.keys(causes) as Cause[]) {
      expect(causeSentence(cause)).toMatch(/^[a-z].*[^.]$/);
    }
  });

  test("says of each that is theirs what the member did, so that `web-a …` and `it …` are sentences", () => {
    for (const cause of Object.keys(causes) as Cause[]) {
      if (outcomeOf(cause) === "inconclusive") continue;
      expect(causeSentence(cause)).toMatch(
        /^(answered|closed|connected|did|failed|has|is|presented|re\w+|sent) /,
      );
    }
  });
});

describe("moveOutcome() in rare cases", () => {
  const toPool: Move = { ...move, trigger: "pool", from: ["c"], to: ["a", "b"] };
  const pool = { holders: "all-healthy" } as const;
  const unanswered: PathFacts = {
    health: "unhealthy",
    since: now - 10_000,
    failingSince: now - 12_000,
    detail: null,
    pending: null,
  };
  test.each<readonly [string, string, Move, Changes, ReturnType<typeof moveOutcome>]>([
    [
      "goes on while the provider was never asked",
      "a:unhealthy b:healthy | a",
      move,
      { reading: null },
      null,
    ],
    [
      "goes on while the provider cannot be asked",
      "a:unhealthy b:healthy | a",
      move,
      { reading: { kind: "unknown", detail: "503" } },
      null,
    ],
    [
      "is not completed while a stranger has the address as well",
      "a:unhealthy b:healthy | b",
      move,
      { reading: { foreign: ["x"] } },
      "abandoned",
    ],
    [
      "is abandoned when the member it was going to is unknown by now",
      "a:unhealthy b:unknown | a",
      move,
      {},
      "abandoned",
    ],
    [
      "is abandoned when the next step would harm",
      "a:unhealthy b:healthy | a b",
      { ...move, trigger: "pool" },
      {
        policy: pool,
        member: { b: { evidence: { at: now, cause: "reset" } } },
      },
      "abandoned",
    ],
    [
      "is abandoned when a person pauses the group",
      "a:unhealthy b:healthy | a b",
      move,
      { pause: { by: "ann", reason: "game day", since: 0, until: null } },
      "abandoned",
    ],
    [
      "is abandoned when the holder is well and the way to it is waited for",
      "a:healthy b:healthy | a",
      move,
      { path: { ...unanswered, pending: { member: "a", until: now + 1, tried: [] } } },
      "abandoned",
    ],
    [
      "is abandoned when the holder is well and the way to it is not",
      "a:healthy b:healthy | a",
      move,
      { path: unanswered },
      "abandoned",
    ],
    [
      "is not completed by as many holders as are wanted when one of them is another",
      "a:healthy b:healthy c:unhealthy | a c",
      toPool,
      { policy: pool },
      null,
    ],
    [
      "is abandoned when one of those that should have left is still wanted",
      "a:healthy b:healthy c:unhealthy | a b",
      { ...toPool, from: ["b", "c"] },
      { policy: pool },
      "abandoned",
    ],
  ])("%s", (_, line, inFlight, changes, wanted) => {
    const given = facts(line, { ...changes, history: { inFlight } });
    expect(moveOutcome(inFlight, given, plan(given))).toBe(wanted);
  });
});

test.each([
  ["a detach does not explain that the member is there", "detach", "b", ["a"], ["a", "b"]],
  ["an attach does not explain that the member is gone", "attach", "a", ["a", "b"], ["b"]],
] as const)("explains(): %s", (_, kind, member, from, to) => {
  expect(explains([{ kind, member }], { from, to })).toBe(false);
});
