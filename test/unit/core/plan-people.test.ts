/** What people have said, as the planner obeys it: pause, drain, force, approval. */
import { describe, expect, test } from "vitest";
import type { Answer } from "../../../src/core/approval.ts";
import type { Force, Order } from "../../../src/core/orders.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, now, planText } from "./facts-text.ts";
import { move, table } from "./plan-table.ts";

const order: Order = { by: "ann", reason: "kernel upgrade", since: now - 1_000, until: now + 60_000 };
const forced = (health: Force["health"]): Force => ({ ...order, health });
const approved: Answer = {
  verdict: "approved",
  by: "ann",
  rule: "failover",
  holders: ["b"],
  until: now + 1,
};
const brownOut = { since: now - 1_000, fails: 7, of: 20, mayMove: true };
const deadHolder = "a:unhealthy b:healthy | a";
const tookOff = { ...move, tookOff: true };

describe("a pause", () => {
  table([
    ["holds back a failover", deadHolder, { pause: order }, "hold (paused) attach b"],
    ["changes nothing while nothing is due", "a:healthy b:healthy | a", { pause: order }, "hold (steady)"],
    [
      "holds back the repair of an orphan",
      "a:healthy b:healthy |",
      { pause: order },
      "hold (paused) attach a",
    ],
    [
      "holds back a second step too",
      "a:unhealthy b:healthy | a b",
      { pause: order, history: { inFlight: move } },
      "hold (paused) detach a",
    ],
    [
      "does not leave an address nowhere that we took off",
      "a:unhealthy b:healthy |",
      { pause: order, history: { inFlight: tookOff }, policy: { order: "detach-first" } },
      "attach b (finish-move)",
    ],
  ]);

  test("says who, why and until when", () => {
    expect(plan(facts(deadHolder, { pause: order }))).toMatchObject({
      why: "paused by ann: kernel upgrade, so nothing is moved, although a is unhealthy (it refused the connection), and b is the most preferred eligible member",
      until: order.until,
      decision: { rule: "failover", holders: ["b"] },
    });
  });
});

describe("a drained member", () => {
  table([
    ["does not receive the address", deadHolder, { member: { b: { drained: order } } }, "hold (no-eligible)"],
    [
      "lets the next one have it",
      "a:unhealthy b:healthy c:healthy | a",
      { member: { b: { drained: order } } },
      "attach c (failover)",
    ],
    ["keeps the address", "a:healthy b:healthy | a", { member: { a: { drained: order } } }, "hold (steady)"],
    [
      "does not get an orphan either",
      "a:healthy b:healthy |",
      { member: { a: { drained: order } } },
      "attach b (orphan)",
    ],
  ]);

  test("says who and why, and when it ends", () => {
    expect(plan(facts(deadHolder, { member: { b: { drained: order } } }))).toMatchObject({
      why: expect.stringContaining("b is drained (ann: kernel upgrade)"),
      until: order.until,
    });
  });
});

describe("a forced health", () => {
  table([
    [
      "moves the address off a holder that is forced down",
      "a:healthy b:healthy | a",
      { member: { a: { forced: forced("unhealthy") } } },
      "attach b (failover)",
    ],
    [
      "keeps a dead holder that is forced up",
      deadHolder,
      { member: { a: { forced: forced("healthy") } } },
      "hold (steady)",
    ],
    [
      "makes a dead standby eligible",
      "a:unhealthy b:unhealthy | a",
      { member: { b: { forced: forced("healthy") } } },
      "attach b (failover)",
    ],
    [
      "takes a healthy standby out",
      deadHolder,
      { member: { b: { forced: forced("unhealthy") } } },
      "hold (all-down)",
    ],
    [
      "stands for an unknown health",
      "a:unhealthy b:unknown | a",
      { member: { b: { forced: forced("healthy") } } },
      "attach b (failover)",
    ],
    [
      "does not grow old",
      "a:healthy b:healthy | a",
      { member: { a: { forced: forced("unhealthy"), evidence: null } } },
      "attach b (failover)",
    ],
    [
      "keeps a browned-out holder that is forced up",
      "a:healthy b:healthy | a",
      { member: { a: { forced: forced("healthy"), brownOut } } },
      "hold (steady)",
    ],
    [
      "makes a browned-out standby as good as any",
      "a:unhealthy b:healthy c:healthy | a",
      { member: { b: { forced: forced("healthy"), brownOut } } },
      "attach b (failover)",
    ],
    [
      "needs no warm-up",
      deadHolder,
      { member: { b: { forced: forced("healthy"), recoveredAt: now - 1 } } },
      "attach b (failover)",
    ],
  ]);

  test("is named with who and why", () => {
    expect(
      plan(facts("a:healthy b:healthy | a", { member: { a: { forced: forced("unhealthy") } } })).why,
    ).toBe("a is unhealthy (forced by ann: kernel upgrade), and b is the most preferred eligible member");
  });
});

describe("mode: approve", () => {
  const policy = { mode: "approve" } as const;
  table([
    ["waits for a person", deadHolder, { policy }, "hold (approval) attach b"],
    [
      "waits with the repair of an orphan too",
      "a:healthy b:healthy |",
      { policy },
      "hold (approval) attach a",
    ],
    ["begins what was approved", deadHolder, { policy, answer: approved }, "attach b (failover)"],
    [
      "goes on with what was approved",
      deadHolder,
      { policy, history: { inFlight: move } },
      "attach b (failover)",
    ],
    [
      "asks anew when the move that was approved is to go to another one",
      "a:unhealthy b:unhealthy c:healthy | a",
      { policy, history: { inFlight: move } },
      "hold (approval) attach c",
    ],
    [
      "asks nobody while nobody holds the address because of us",
      "a:unhealthy b:unhealthy c:healthy |",
      { policy, history: { inFlight: { ...move, tookOff: true } } },
      "attach c (finish-move)",
    ],
    [
      "asks nobody for a switchover under way",
      "a:healthy b:unhealthy c:healthy | a",
      {
        policy,
        history: { inFlight: { ...move, trigger: "switchover" } },
        request: { member: "c", by: "ann", reason: "x" },
      },
      "attach c (switchover)",
    ],
    [
      "asks nobody when the address stays where it was",
      "a:healthy b:unhealthy | a b",
      { policy, history: { inFlight: move } },
      "detach b (double-attach)",
    ],
    [
      "lets leave a pool whoever was to leave",
      "a:healthy b:unhealthy c:healthy | a b c",
      {
        policy: { ...policy, holders: "all-healthy" },
        history: { inFlight: { ...move, from: ["b"], to: ["a", "c"] } },
      },
      "detach b (pool)",
    ],
    [
      "asks anew in a pool when one more is to join",
      "a:healthy b:healthy c:healthy | a",
      {
        policy: { ...policy, holders: "all-healthy" },
        history: { inFlight: { ...move, from: [], to: ["a", "b"] } },
      },
      "hold (approval) attach b",
    ],
    [
      "asks anew in a pool when somebody is to leave who was to stay",
      "a:healthy b:unhealthy c:healthy | a b c",
      {
        policy: { ...policy, holders: "all-healthy" },
        history: { inFlight: { ...move, to: ["a", "b", "c"] } },
      },
      "hold (approval) detach b",
    ],
    [
      "asks again when the approval is too old",
      deadHolder,
      { policy, answer: { ...approved, until: now } },
      "hold (approval) attach b",
    ],
    [
      "asks again when it would go to another member",
      deadHolder,
      { policy, answer: { ...approved, holders: ["c"] } },
      "hold (approval) attach b",
    ],
    [
      "asks again when another rule decides",
      deadHolder,
      { policy, answer: { ...approved, rule: "failback" } },
      "hold (approval) attach b",
    ],
    [
      "leaves what was rejected",
      deadHolder,
      { policy, answer: { ...approved, verdict: "rejected" } },
      "hold (rejected) attach b",
    ],
    [
      "asks again once the rejection has expired",
      deadHolder,
      { policy, answer: { ...approved, verdict: "rejected", until: now } },
      "hold (approval) attach b",
    ],
    [
      "finishes what has begun",
      "a:unhealthy b:healthy | a b",
      { policy, history: { inFlight: move } },
      "detach a (finish-move)",
    ],
    [
      "asks only for what no other rule forbids",
      deadHolder,
      { policy, pause: order },
      "hold (paused) attach b",
    ],
    [
      "asks the provider again before it begins",
      deadHolder,
      { policy, answer: approved, truthAt: now - 6_000 },
      "ask (truth-stale)",
    ],
  ]);

  test("an answer is not needed in mode auto, and does not matter there", () => {
    expect(planText(facts(deadHolder, { answer: { ...approved, verdict: "rejected" } }))).toBe(
      "attach b (failover)",
    );
  });

  test("a rejection says by whom, and when it ends", () => {
    const answer = { ...approved, verdict: "rejected" } as const;
    expect(plan(facts(deadHolder, { policy, answer }))).toMatchObject({
      why: expect.stringMatching(/^ann has rejected it: a is unhealthy/),
      until: answer.until,
    });
  });
});
