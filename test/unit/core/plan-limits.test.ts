import { describe, expect, test } from "vitest";
import { plan } from "../../../src/core/plan.ts";
import { facts, now, type Changes } from "./facts-text.ts";
import { move, old, struck, table } from "./plan-table.ts";

describe("plan() with several holders", () => {
  table([
    [
      "detaches the less preferred of two healthy holders",
      "a:healthy b:healthy | a b",
      {},
      "detach b (double-attach)",
    ],
    ["detaches the one that is not healthy", "a:unhealthy b:healthy | a b", {}, "detach a (double-attach)"],
    [
      "waits until it is confirmed",
      "a:healthy b:healthy | a b",
      { sameSince: now - 5_000 },
      "hold (unconfirmed) detach b",
    ],
    [
      "lets a person finish a move by hand",
      "a:healthy b:healthy | a b",
      { history: { changedByHand: { at: now - 299_999, added: [] } } },
      "hold (changed-by-hand) detach b",
    ],
    [
      "keeps the one that a person added, once it is left alone for long enough",
      "a:healthy b:healthy | a b",
      { history: { changedByHand: { at: now - 300_000, added: ["b"] } } },
      "detach a (double-attach)",
    ],
    [
      "keeps a fresh holder rather than a preferred one with old evidence",
      "a:healthy b:healthy | a b",
      { member: { a: { evidence: old } } },
      "detach a (double-attach)",
    ],
    [
      "keeps a holder without strikes rather than a preferred one with some",
      "a:healthy b:healthy | a b",
      { member: { a: { health: struck } } },
      "detach a (double-attach)",
    ],
    [
      "keeps both while neither is proven",
      "a:healthy b:unhealthy | a b",
      { member: { a: { health: struck } } },
      "hold (unproven)",
    ],
    [
      "lets nobody go while the member that our move reached has a strike",
      "a:unhealthy b:healthy | a b",
      { history: { inFlight: move }, member: { b: { health: struck } } },
      "hold (unproven)",
    ],
    ["keeps both when none is healthy", "a:unhealthy b:unhealthy | a b", {}, "hold (all-down)"],
    [
      "keeps both when one may be alive",
      "a:unknown b:unhealthy c:healthy | a b",
      {},
      "hold (holder-unknown)",
    ],
    [
      "attaches a healthy third to two dead ones",
      "a:unhealthy b:unhealthy c:healthy | a b",
      {},
      "attach c (failover)",
    ],
    [
      "keeps the member that our move has just reached, though the old holder is back",
      "a:healthy b:healthy | a b",
      { sameSince: now, history: { inFlight: move } },
      "detach a (finish-move)",
    ],
    [
      "keeps the old holder when the member that our move reached has died since",
      "a:healthy b:unhealthy | a b",
      { history: { inFlight: move } },
      "detach b (double-attach)",
    ],
  ]);
});

describe("plan() of a pool", () => {
  const policy = { holders: "all-healthy" } as const;
  table([
    [
      "is steady when every healthy member is in it",
      "a:healthy b:healthy | a b",
      { policy },
      "hold (steady)",
    ],
    ["lets a healthy member join", "a:healthy b:healthy | a", { policy }, "attach b (pool)"],
    ["lets an unhealthy member leave", "a:unhealthy b:healthy | a b", { policy }, "detach a (pool)"],
    [
      "lets nobody leave who has just passed a probe",
      "a:unhealthy b:healthy c:unhealthy | a b c",
      { policy, member: { a: { evidence: { at: now, cause: "ok" } } } },
      "detach c (pool)",
    ],
    [
      "lets a member leave that is forced unhealthy, whatever its last probe saw",
      "a:healthy b:healthy | a b",
      {
        policy,
        member: {
          a: { forced: { by: "ann", reason: "disk", since: 0, until: now + 1, health: "unhealthy" } },
        },
      },
      "detach a (pool)",
    ],
    ["joins before it leaves", "a:unhealthy b:healthy c:healthy | a b", { policy }, "attach c (pool)"],
    ["keeps a member whose health is unknown", "a:unknown b:healthy | a b", { policy }, "hold (steady)"],
    ["stays as it is when nobody is healthy", "a:unhealthy b:unhealthy | a b", { policy }, "hold (all-down)"],
    ["keeps the last healthy member", "a:healthy b:unhealthy | a b", { policy }, "detach b (pool)"],
    [
      "does not trade the dead for the unknown",
      "a:unknown b:unhealthy | a b",
      { policy },
      "hold (no-eligible)",
    ],
    [
      "does not let a member leave on old evidence",
      "a:unhealthy b:healthy | a b",
      { policy, member: { a: { evidence: { ...old, cause: "refused" } } } },
      "hold (steady)",
    ],
    [
      "does not let the last but one leave while the other has a strike",
      "a:unhealthy b:healthy | a b",
      { policy, member: { b: { health: struck } } },
      "hold (unsafe) detach a",
    ],
    [
      "is filled again when somebody has emptied it, once that is confirmed",
      "a:healthy b:healthy |",
      { policy, sameSince: now - 60_000, history: { changedByHand: { at: now - 60_000, added: [] } } },
      "attach a (pool)",
    ],
    [
      "keeps a member out that has left a moment ago",
      "a:healthy b:healthy | a",
      { policy, history: { moves: [{ at: now - 299_999, from: ["b"] }] } },
      "hold (steady)",
    ],
  ]);
});

test("a pool looks again at the moment when a member may come back", () => {
  const moves = [{ at: now - 100_000, from: ["b"] }];
  const given = facts("a:healthy b:healthy | a", { policy: { holders: "all-healthy" }, history: { moves } });
  expect(plan(given)).toMatchObject({ rule: "steady", until: now + 200_000 });
});

describe("plan() within its limits", () => {
  const dead = "a:unhealthy b:healthy | a";
  const movesAt = (...ages: readonly number[]): NonNullable<Changes["history"]> => ({
    moves: ages.map((age) => ({ at: now - age, from: ["c"] })),
  });
  table([
    ["holds down after a move", dead, { history: movesAt(299_999) }, "hold (hold-down) attach b"],
    ["moves when the hold-down is over", dead, { history: movesAt(300_000) }, "attach b (failover)"],
    [
      "holds at the limit of moves",
      dead,
      { history: movesAt(80_000_000, 40_000_000, 400_000) },
      "hold (limit) attach b",
    ],
    [
      "forgets moves outside the window",
      dead,
      { history: movesAt(86_400_000, 40_000_000, 400_000) },
      "attach b (failover)",
    ],
    [
      "leaves alone what somebody else did a moment ago",
      dead,
      { history: { changedByHand: { at: now - 299_999, added: [] } } },
      "hold (changed-by-hand) attach b",
    ],
    ["waits after a step that failed", dead, { history: { notBefore: now + 1 } }, "hold (backoff) attach b"],
    [
      "does not let a hold-down stop a move half-way",
      "a:unhealthy b:healthy | a b",
      { history: { inFlight: move, moves: [{ at: now - 1_000, from: ["a"] }] } },
      "detach a (finish-move)",
    ],
    [
      "lets even a move in flight wait after a step that failed",
      "a:unhealthy b:healthy | a b",
      { history: { inFlight: move, notBefore: now + 500 } },
      "hold (backoff) detach a",
    ],
  ]);

  test("says until when", () => {
    expect(plan(facts(dead, { history: movesAt(100_000) }))).toMatchObject({ until: now + 200_000 });
    const limited = facts(dead, { history: movesAt(80_000_000, 40_000_000, 400_000) });
    expect(plan(limited)).toMatchObject({ until: now - 80_000_000 + 86_400_000 });
  });
});
