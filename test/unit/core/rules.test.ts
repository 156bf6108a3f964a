/** The codes that metrics, the journal and scripts go by: what begins a move, what holds a step back, what state follows. */
import { describe, expect, test } from "vitest";
import { plan } from "../../../src/core/plan.ts";
import { groupStates, blockingRules, rules, stateOf, triggers, type Rule } from "../../../src/core/rules.ts";
import { facts, now, type Changes } from "./facts-text.ts";
import { move, struck } from "./plan-table.ts";

const pool = { holders: "all-healthy" } as const;
const dead = "a:unhealthy b:healthy | a";

/** @returns the goal of the step that the plan takes, e.g. `goal: b by failover`. */
function goalText(line: string, changes: Changes): string {
  const next = plan(facts(line, changes));
  if (next.kind !== "act") return next.kind;
  return `${next.goal.kind}: ${next.goal.holders.join(" ")} by ${next.goal.trigger}`;
}

describe("the goal that a step is towards", () => {
  test.each<readonly [string, string, Changes, string]>([
    ["is a failover off a dead holder", dead, {}, "goal: b by failover"],
    [
      "is a failback to a preferred member",
      "a:healthy b:healthy | b",
      { policy: { failbackAfterMs: 0 } },
      "goal: a by failback",
    ],
    ["is an orphan that gets a holder", "a:healthy b:healthy |", {}, "goal: a by orphan"],
    ["is a double attach that is repaired", "a:healthy b:healthy | a b", {}, "goal: a by double-attach"],
    [
      "is a pool as a whole, in order of preference",
      "a:healthy b:healthy c:healthy | c",
      { policy: pool },
      "goal: a b c by pool",
    ],
    [
      "is a brown-out that is left",
      "a:healthy b:healthy | a",
      { member: { a: { brownOut: { since: 0, fails: 7, of: 20, mayMove: true } } } },
      "goal: b by brown-out",
    ],
    [
      "is the next member after one that does not answer through the address",
      "a:healthy b:healthy | a",
      {
        policy: { verify: { withinMs: 30_000, otherwise: "next-member" } },
        path: {
          health: "unhealthy",
          since: now,
          failingSince: now,
          detail: null,
          pending: { member: "a", until: now, tried: [] },
        },
      },
      "goal: b by next-member",
    ],
    [
      "keeps the trigger of the move that is being finished with several holders",
      "a:healthy b:healthy | a b",
      { history: { inFlight: { ...move, trigger: "failback" } } },
      "goal: b by failback",
    ],
    [
      "keeps it also while nobody holds the address",
      "a:unhealthy b:healthy |",
      { history: { inFlight: { ...move, trigger: "orphan", tookOff: true } } },
      "goal: b by orphan",
    ],
  ])("%s", (_, line, changes, wanted) => {
    expect(goalText(line, changes)).toBe(wanted);
  });
});

describe("the table of rules", () => {
  const all = Object.keys(rules) as Rule[];

  test("knows each state of a group, and leads to no other", () => {
    expect(new Set(all.map((rule) => stateOf(rule)))).toEqual(new Set(groupStates));
  });

  test("tells not knowing from being kept from it, and both from being at it", () => {
    const byState = Object.groupBy(all, stateOf);
    expect(byState.starting).toEqual(["first-round"]);
    expect(byState.steady).toEqual(["steady", "drilling"]);
    const blind = ["self-distrust", "truth-unknown", "holder-unknown", "unproven"];
    expect(byState.blind).toEqual(expect.arrayContaining(blind));
    expect(byState.moving).toEqual(expect.arrayContaining(["truth-stale", "busy", "finish-move"]));
    const blocked = ["foreign-holder", "all-down", "no-eligible"];
    expect(byState.blocked).toEqual(expect.arrayContaining(blocked));
    expect(blockingRules).toEqual(byState.blocked);
  });

  test("lists as triggers the rules by which a move begins, each of which moves the group", () => {
    const begins = [
      "failover",
      "brown-out",
      "next-member",
      "failback",
      "orphan",
      "double-attach",
      "pool",
    ] as const;
    expect(triggers).toEqual(expect.arrayContaining([...begins]));
    for (const trigger of triggers) expect(stateOf(trigger)).toBe("moving");
  });

  test.each<readonly [Rule, string, Changes]>([
    ["backoff", dead, { history: { notBefore: now + 1 } }],
    ["unconfirmed", "a:healthy b:healthy |", { sameSince: now }],
    ["changed-by-hand", dead, { history: { changedByHand: { at: now, added: ["a"] } } }],
    ["hold-down", dead, { history: { moves: [{ at: now, from: ["c"] }] } }],
    ["limit", dead, { policy: { holdDownMs: 0, limit: { moves: 1, windowMs: 9 } }, history: pastMove() }],
    ["unsafe", "a:unhealthy b:healthy | a b", { policy: pool, member: { b: { health: struck } } }],
  ])("counts %s among what holds back a step that is due", (rule, line, changes) => {
    const next = plan(facts(line, changes));
    expect(next).toMatchObject({ kind: "hold", rule, blocked: { kind: expect.any(String) } });
    expect(blockingRules).toContain(next.rule);
    expect(stateOf(next.rule)).toBe("blocked");
  });
});

function pastMove(): NonNullable<Changes["history"]> {
  return { moves: [{ at: now - 1, from: ["c"] }] };
}
