/** A maintenance window, as the planner obeys it. */
import { describe, expect, test } from "vitest";
import type { Answer } from "../../../src/core/approval.ts";
import type { Maintenance } from "../../../src/core/maintenance.ts";
import type { Order } from "../../../src/core/orders.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, now } from "./facts-text.ts";
import { move, table } from "./plan-table.ts";

const minute = 60_000;
const order: Order = { by: "ann", reason: "kernel upgrade", since: now - 1_000, until: now + minute };
const text = "0 3 * * SUN, Europe/Zurich, for 1h";
const holding: Maintenance = { mode: "hold", text, until: now + 30 * minute };
const approving: Maintenance = { ...holding, mode: "approve" };
const request = { member: "b", by: "ann", reason: "upgrade of a" };
const deadHolder = "a:unhealthy b:healthy | a";
const well = "a:healthy b:healthy | a";
const approved: Answer = { verdict: "approved", by: "ann", rule: "failover", holders: ["b"], until: now + 1 };
const inFlight = { history: { inFlight: move } };
const tookOff = {
  history: { inFlight: { ...move, tookOff: true } },
  policy: { order: "detach-first" },
} as const;

describe("a maintenance window", () => {
  table([
    ["holds back a failover", deadHolder, { maintenance: holding }, "hold (maintenance) attach b"],
    ["changes nothing while nothing is due", well, { maintenance: holding }, "hold (steady)"],
    [
      "holds back an orphan's repair",
      "a:healthy b:healthy |",
      { maintenance: holding },
      "hold (maintenance) attach a",
    ],
    [
      "holds back the repair of a double attach",
      "a:healthy b:healthy | a b",
      { maintenance: holding },
      "hold (maintenance) detach b",
    ],
    [
      "holds back a failback",
      "a:healthy b:healthy | b",
      { maintenance: holding, policy: { failbackAfterMs: minute } },
      "hold (maintenance) attach a",
    ],
    [
      "holds back members of a pool",
      "a:healthy b:unhealthy c:healthy | a b",
      { maintenance: holding, policy: { holders: "all-healthy" } },
      "hold (maintenance) attach c",
    ],
    [
      "lets a move under way go on",
      "a:unhealthy b:healthy | a b",
      { maintenance: holding, ...inFlight },
      "detach a (finish-move)",
    ],
    [
      "lets a move under way take its first step again",
      deadHolder,
      { maintenance: holding, ...inFlight },
      "attach b (failover)",
    ],
    [
      "does not leave an address nowhere that we took off",
      "a:unhealthy b:healthy |",
      { maintenance: holding, ...tookOff },
      "attach b (finish-move)",
    ],
    ["lets a person's switchover begin", well, { maintenance: holding, request }, "attach b (switchover)"],
    ["comes after a pause", deadHolder, { maintenance: holding, pause: order }, "hold (paused) attach b"],
    ["of mode approve asks a person", deadHolder, { maintenance: approving }, "hold (approval) attach b"],
    [
      "of mode approve lets begin what a person approves",
      deadHolder,
      { maintenance: approving, answer: approved },
      "attach b (failover)",
    ],
    [
      "of mode approve asks for no switchover",
      well,
      { maintenance: approving, request },
      "attach b (switchover)",
    ],
    [
      "of mode approve leaves a group in mode shadow alone",
      deadHolder,
      { maintenance: approving, policy: { mode: "shadow" } },
      "attach b (failover)",
    ],
    [
      "of mode hold holds back a group in mode approve",
      deadHolder,
      { maintenance: holding, policy: { mode: "approve" }, answer: approved },
      "hold (maintenance) attach b",
    ],
  ]);

  test("says which one it is, what it holds back, and until when", () => {
    expect(plan(facts(deadHolder, { maintenance: holding }))).toMatchObject({
      why: "in the maintenance window (0 3 * * SUN, Europe/Zurich, for 1h), so nothing is moved, although a is unhealthy (it refused the connection), and b is the most preferred eligible member",
      until: holding.until,
      decision: { rule: "failover", holders: ["b"] },
    });
    const asking = plan(facts(deadHolder, { maintenance: approving }));
    expect(asking).toMatchObject({ until: holding.until });
    expect(asking.why).toContain(": this waits for the approval of a person in the maintenance window (0 3");
  });
});
