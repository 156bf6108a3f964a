/** What the limits of all groups, people and the way through the address say to the person who is woken, word for word. */
import { describe, expect, test } from "vitest";
import type { Answer } from "../../../src/core/approval.ts";
import type { Order } from "../../../src/core/orders.ts";
import type { PathFacts } from "../../../src/core/path.ts";
import { plan } from "../../../src/core/plan.ts";
import type { GroupPolicy } from "../../../src/core/policy.ts";
import { defaultOverall, facts, now, planText } from "./facts-text.ts";
import { move, table, type Row } from "./plan-table.ts";

const minute = 60_000;
const dead = "a:unhealthy b:healthy | a";
const failover = "a is unhealthy (it refused the connection), and b is the most preferred eligible member";
const order: Order = { by: "ann", reason: "kernel upgrade", since: now - 1_000, until: now + minute };
const approve = { mode: "approve" } as const;
const brownOut = { since: now - 1_000, fails: 7, of: 20, mayMove: true };

/** Each `wanted` is the plan, a colon, and its why. */
function explains(rows: readonly Row[]): void {
  test.each(rows)("%s", (_, line, changes, wanted) => {
    const given = facts(line, changes);
    expect(`${planText(given)}: ${plan(given).why}`).toBe(wanted);
  });
}

const moved = (count: number, ageMs: number): readonly { readonly group: string; readonly at: number }[] =>
  Array.from({ length: count }, (_, i) => ({ group: `g${i}`, at: now - ageMs }));

describe("the why of a limit", () => {
  explains([
    [
      "counts the moves of one group",
      dead,
      { history: { moves: [80, 60, 40].map((ago) => ({ at: now - ago * 1_000_000, from: ["c"] })) } },
      `hold (limit) attach b: the limit of 3 moves is used up: ${failover}`,
    ],
    [
      "counts the moves of all groups",
      dead,
      { overall: { groups: 100, moves: moved(20, 10 * minute) } },
      `hold (overall-limit) attach b: the limit of 20 moves of all groups is used up: ${failover}`,
    ],
    [
      "counts one move of all groups",
      dead,
      {
        overall: {
          policy: { ...defaultOverall, limit: { moves: 1, windowMs: minute } },
          groups: 9,
          moves: moved(1, 1),
        },
      },
      `hold (overall-limit) attach b: the limit of 1 move of all groups is used up: ${failover}`,
    ],
    [
      "says how many groups have moved, of how many",
      dead,
      { overall: { groups: 3, moves: moved(2, 1_000) } },
      `hold (overall-share) attach b: 2 of 3 groups have moved lately, so the others wait: ${failover}`,
    ],
    [
      "says that a group flaps, and where it would go back to",
      "a:healthy b:healthy | b",
      {
        policy: { failbackAfterMs: minute },
        history: { moves: [60, 30].map((ago) => ({ at: now - ago * minute, from: ["c"] })) },
      },
      "hold (flapping) attach a: the address moves back and forth: " +
        "a is preferred to b and has been healthy for long enough to fail back",
    ],
    [
      "says which member warms up",
      dead,
      { member: { b: { recoveredAt: now - 1 } } },
      "hold (warm-up): no member may receive the address: a is unhealthy (it refused the connection); " +
        "b was unhealthy until recently and is warming up",
    ],
  ]);
});

describe("the why of what people have said", () => {
  const rejected: Answer = {
    verdict: "rejected",
    by: "ann",
    rule: "failover",
    holders: ["b"],
    until: now + 1,
  };
  explains([
    [
      "asks for approval with the whole reason",
      dead,
      { policy: approve },
      `hold (approval) attach b: ${failover}: this waits for the approval of a person`,
    ],
    [
      "says who has rejected what",
      dead,
      { policy: approve, answer: rejected },
      `hold (rejected) attach b: ann has rejected it: ${failover}`,
    ],
    [
      "says who has paused it, and why",
      dead,
      { pause: order },
      `hold (paused) attach b: paused by ann: kernel upgrade, so nothing is moved, although ${failover}`,
    ],
    [
      "says who has drained a member, and why",
      dead,
      { member: { b: { drained: order } } },
      "hold (no-eligible): no member may receive the address: a is unhealthy (it refused the connection); " +
        "b is drained (ann: kernel upgrade)",
    ],
    [
      "says who has forced each member down, and what its own probes had to say is left out",
      dead,
      { member: { b: { forced: { ...order, health: "unhealthy" } } } },
      "hold (all-down): every member is unhealthy, so no move would help: " +
        "a is unhealthy (it refused the connection); b is unhealthy (forced by ann: kernel upgrade)",
    ],
  ]);
});

describe("a move for what is seen beside the strikes", () => {
  const path: PathFacts = {
    health: "unhealthy",
    since: now - 10_000,
    failingSince: now - 12_000,
    detail: null,
    pending: { member: "b", until: now, tried: ["a"] },
  };
  const next = { verify: { withinMs: 30_000, otherwise: "next-member" } } as const;
  const line = "a:unhealthy b:healthy c:healthy | b";
  const usedUp: Partial<GroupPolicy> = { limit: { moves: 1, windowMs: 86_400_000 }, holdDownMs: 0 };
  const past = { moves: [{ at: now - minute, from: ["c"] }] };
  const many = { groups: 100, moves: moved(20, 10 * minute) };
  const together = { groups: 3, moves: moved(2, 1_000) };
  const brown = { a: { brownOut } };
  const fine = "a:healthy b:healthy | a";
  table([
    [
      "by a brown-out counts against the limit of the group",
      fine,
      { member: brown, policy: usedUp, history: past },
      "hold (limit) attach b",
    ],
    [
      "by a brown-out counts against the limit of all groups",
      fine,
      { member: brown, overall: many },
      "hold (overall-limit) attach b",
    ],
    [
      "by a brown-out counts against the share of all groups",
      fine,
      { member: brown, overall: together },
      "hold (overall-share) attach b",
    ],
    [
      "to the next member counts against the limit of all groups",
      line,
      { path, policy: next, overall: many },
      "hold (overall-limit) attach c",
    ],
    [
      "to the next member counts against the share of all groups",
      line,
      { path, policy: next, overall: together },
      "hold (overall-share) attach c",
    ],
    [
      "by a failback counts against the share of all groups",
      "a:healthy b:healthy | b",
      { policy: { failbackAfterMs: 0 }, overall: together },
      "hold (overall-share) attach a",
    ],
    [
      "that has begun is not held up by any of them",
      "a:healthy b:healthy | a b",
      { history: { inFlight: { ...move, trigger: "brown-out" } }, overall: many },
      "detach a (finish-move)",
    ],
  ]);
});
