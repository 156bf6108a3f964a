import { describe, expect, test } from "vitest";
import type { Move } from "../../../src/core/facts.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, flips, now, planText, type Changes } from "./facts-text.ts";

/** A failover from a to b that has begun a second ago. */
const move: Move = {
  trigger: "failover",
  why: "a is unhealthy",
  from: ["a"],
  to: ["b"],
  startedAt: now - 1_000,
};

type Row = readonly [name: string, line: string, changes: Changes, wanted: string];

function table(rows: readonly Row[]): void {
  test.each(rows)("%s", (_, line, changes, wanted) => {
    expect(planText(facts(line, changes))).toBe(wanted);
  });
}

describe("plan() without enough knowledge", () => {
  const dead = "a:unhealthy b:healthy | a";
  table([
    ["holds while the provider was never asked", dead, { reading: null }, "hold (truth-unknown)"],
    [
      "holds while the provider could not be asked",
      dead,
      { reading: { kind: "unknown", detail: "503" } },
      "hold (truth-unknown)",
    ],
    ["holds while the provider is at work", dead, { reading: { busy: "attach" } }, "hold (busy)"],
    ["leaves a foreign holder alone", dead, { reading: { foreign: ["x"] } }, "hold (foreign-holder)"],
    [
      "leaves a foreign holder alone when no member holds the address",
      "a:healthy b:healthy |",
      { reading: { foreign: ["x"] } },
      "hold (foreign-holder)",
    ],
    [
      "does not move before one full first round",
      "a:unhealthy b:healthy c:unknown | a",
      { startedAt: now - 31_000 },
      "hold (first-round)",
    ],
    [
      "does not wait for ever for a member that stays unknown",
      "a:unhealthy b:healthy c:unknown | a",
      { startedAt: now - 33_000 },
      "attach b (failover)",
    ],
    ["asks again before it acts on an old truth", dead, { truthAt: now - 5_001 }, "ask (truth-stale)"],
    ["acts on a truth that is just young enough", dead, { truthAt: now - 5_000 }, "attach b (failover)"],
  ]);

  test("says when the first round ends", () => {
    const next = plan(facts("a:unhealthy b:unknown | a", { startedAt: now - 12_000 }));
    expect(next).toMatchObject({ rule: "first-round", until: now + 20_000 });
  });
});

describe("plan() with one holder", () => {
  table([
    ["stays on a healthy holder", "a:healthy b:healthy | a", {}, "hold (steady)"],
    ["stays on a healthy holder that is less preferred", "a:healthy b:healthy | b", {}, "hold (steady)"],
    ["takes unknown for unknown, not for down", "a:unknown b:healthy | a", {}, "hold (holder-unknown)"],
    ["moves off an unhealthy holder", "a:unhealthy b:healthy | a", {}, "attach b (failover)"],
    [
      "moves to the most preferred eligible member",
      "a:healthy b:healthy c:unhealthy | c",
      {},
      "attach a (failover)",
    ],
    ["skips members that are not eligible", "a:unhealthy b:unknown c:healthy | a", {}, "attach c (failover)"],
    ["stays when every member is unhealthy", "a:unhealthy b:unhealthy | a", {}, "hold (all-down)"],
    [
      "stays when no other member is known to be healthy",
      "a:unhealthy b:unknown | a",
      {},
      "hold (no-eligible)",
    ],
    [
      "stays when the evidence against the holder is old",
      "a:unhealthy b:healthy | a",
      { member: { a: { evidence: { at: now - 32_001, cause: "refused" } } } },
      "hold (stale-evidence)",
    ],
    [
      "does not move to a member whose evidence is old",
      "a:unhealthy b:healthy | a",
      { member: { b: { evidence: { at: now - 32_001, cause: "ok" } } } },
      "hold (no-eligible)",
    ],
    [
      "does not move to a healthy member with a strike against it: it may be dying of the same cause",
      "a:unhealthy b:healthy c:healthy | a",
      {
        member: {
          b: {
            health: { health: "healthy", since: 0, strikes: { count: 1, outcome: "fail", firstAt: now } },
          },
        },
      },
      "attach c (failover)",
    ],
    [
      "does not move to a member that the provider refused a moment ago",
      "a:unhealthy b:healthy c:healthy | a",
      { member: { b: { refusal: { detail: "not found", until: now + 1 } } } },
      "attach c (failover)",
    ],
    [
      "asks for a refused member again when its time is over",
      "a:unhealthy b:healthy c:healthy | a",
      { member: { b: { refusal: { detail: "not found", until: now } } } },
      "attach b (failover)",
    ],
    [
      "flips where the provider flips",
      "a:unhealthy b:healthy | a",
      { capabilities: flips },
      "flip to b (failover)",
    ],
    [
      "detaches first when the group says so",
      "a:unhealthy b:healthy | a",
      { policy: { order: "detach-first" } },
      "detach a (failover)",
    ],
    [
      "never detaches first when nobody could take over",
      "a:unhealthy b:unhealthy | a",
      { policy: { order: "detach-first" } },
      "hold (all-down)",
    ],
  ]);

  test("says the holder's trouble and the choice in one sentence", () => {
    expect(plan(facts("a:unhealthy b:healthy | a")).why).toBe(
      "a is unhealthy (it refused the connection), and b is the most preferred eligible member",
    );
  });

  test("says every member's limitation when nobody may take the address", () => {
    const line = "a:unhealthy b:unknown c:healthy | a";
    const refusal = { detail: "instance not found", until: now + 9 };
    expect(plan(facts(line, { member: { c: { refusal } } }))).toMatchObject({
      why:
        "no member may receive the address: a is unhealthy (it refused the connection); " +
        "the health of b is unknown; the provider refused c: instance not found",
      until: now + 9,
    });
  });
});

describe("plan() with failback", () => {
  const policy = { failbackAfterMs: 1_800_000 };
  const healthySince = (since: number): NonNullable<Changes["member"]> => ({
    a: { health: { health: "healthy", since, strikes: null } },
  });
  table([
    [
      "goes back after that long of unbroken health",
      "a:healthy b:healthy | b",
      { policy, member: healthySince(now - 1_800_000) },
      "attach a (failback)",
    ],
    [
      "does not go back a millisecond sooner",
      "a:healthy b:healthy | b",
      { policy, member: healthySince(now - 1_799_999) },
      "hold (steady)",
    ],
    ["does not go back to an unhealthy member", "a:unhealthy b:healthy | b", { policy }, "hold (steady)"],
    ["does not go to a less preferred member", "a:healthy b:healthy | a", { policy }, "hold (steady)"],
  ]);
});

describe("plan() without a holder", () => {
  table([
    ["adopts an orphaned address", "a:unhealthy b:healthy |", {}, "attach b (orphan)"],
    [
      "does not give it to a member that is not eligible",
      "a:unhealthy b:unknown |",
      {},
      "hold (no-eligible)",
    ],
    [
      "waits until the reading is confirmed",
      "a:healthy b:healthy |",
      { sameSince: now - 9_999 },
      "hold (unconfirmed) attach a",
    ],
    [
      "does not take a removal by hand for a wish that lasts",
      "a:healthy b:healthy |",
      { history: { changedByHandAt: now - 20_000 } },
      "attach a (orphan)",
    ],
    [
      "finishes a move of ours at once",
      "a:unhealthy b:healthy |",
      { sameSince: now, history: { inFlight: move } },
      "attach b (finish-move)",
    ],
    [
      "finishes a move of ours with another member when the first one is gone",
      "a:unhealthy b:unhealthy c:healthy |",
      { history: { inFlight: move } },
      "attach c (finish-move)",
    ],
    [
      "puts the address back when nobody else can have it",
      "a:unhealthy b:unhealthy |",
      { history: { inFlight: move } },
      "attach a (finish-move)",
    ],
  ]);
});

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
      { history: { changedByHandAt: now - 299_999 } },
      "hold (changed-by-hand) detach b",
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
    ["joins before it leaves", "a:unhealthy b:healthy c:healthy | a b", { policy }, "attach c (pool)"],
    ["keeps a member whose health is unknown", "a:unknown b:healthy | a b", { policy }, "hold (steady)"],
    ["stays as it is when nobody is healthy", "a:unhealthy b:unhealthy | a b", { policy }, "hold (all-down)"],
    ["keeps the last healthy member", "a:healthy b:unhealthy | a b", { policy }, "detach b (pool)"],
    ["does not trade the dead for the unknown", "a:unknown b:unhealthy | a b", { policy }, "hold (all-down)"],
    [
      "keeps a member out that has left a moment ago",
      "a:healthy b:healthy | a",
      { policy, history: { moves: [{ at: now - 299_999, from: ["b"] }] } },
      "hold (steady)",
    ],
  ]);
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
      { history: { changedByHandAt: now - 299_999 } },
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
