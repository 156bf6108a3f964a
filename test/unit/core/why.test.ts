/** Every decision can be explained: what each rule says to the person who is woken by it, word for word. */
import { describe, expect, test } from "vitest";
import { plan } from "../../../src/core/plan.ts";
import type { DistrustCause } from "../../../src/core/trust.ts";
import { facts, flips, now, planText, type Changes } from "./facts-text.ts";
import { move, old, struck, type Row } from "./plan-table.ts";

const took = { ...move, tookOff: true };
const refused = { detail: "not found", until: now + 5_000, count: 1 };
const pool = { holders: "all-healthy" } as const;
const dead = "a:unhealthy b:healthy | a";
const byHand = (added: readonly string[], age: number): NonNullable<Changes["history"]> => ({
  changedByHand: { at: now - age, added },
});

/** Each `wanted` is the plan, a colon, and its why. */
function explains(rows: readonly Row[]): void {
  test.each(rows)("%s", (_, line, changes, wanted) => {
    const given = facts(line, changes);
    expect(`${planText(given)}: ${plan(given).why}`).toBe(wanted);
  });
}

describe("the why of a plan without enough knowledge", () => {
  const distrust = { cause: "gap", detail: "for 6.0 s", since: 0, until: now + 1, forgets: "all" } as const;
  explains([
    [
      "says what made us distrust ourselves",
      dead,
      { trust: { distrust } },
      "hold (self-distrust): this process stood still (for 6.0 s), so nothing seen now counts",
    ],
    [
      "says that the provider was never asked",
      dead,
      { reading: null },
      "hold (truth-unknown): the provider has not been asked yet who holds the address",
    ],
    [
      "repeats what the provider answered",
      dead,
      { reading: { kind: "unknown", detail: "503 Service Unavailable" } },
      "hold (truth-unknown): the provider could not say who holds the address: 503 Service Unavailable",
    ],
    [
      "says what the provider is at work on",
      dead,
      { reading: { busy: "attach to b" } },
      "hold (busy): the provider is still at work: attach to b",
    ],
    [
      "names every stranger",
      dead,
      { reading: { foreign: ["i-1", "i-2"] } },
      "hold (foreign-holder): the address is held by i-1, i-2, which is no member: left to whoever did that",
    ],
    [
      "names the members, and only them, that the first round waits for",
      "a:unknown b:healthy c:unknown | b",
      { startedAt: now - 1_000 },
      "hold (first-round): the health of a, c is not known yet",
    ],
    [
      "says that it asks again before it acts",
      dead,
      { truthAt: now - 5_001 },
      "ask (truth-stale): before acting, the provider is asked again who holds the address",
    ],
  ]);

  test.each<readonly [DistrustCause, string]>([
    ["event-loop", "this process was late"],
    ["gap", "this process stood still"],
    ["clock", "the wall clock jumped, or the machine was suspended"],
    ["uplink", "too few canaries answer, so our own network is in doubt"],
    ["correlated", "unrelated groups began to fail together"],
  ])("tells %s from the other reasons for distrust", (cause, sentence) => {
    const trust = { distrust: { ...distrust, cause, detail: "seen" } };
    expect(plan(facts(dead, { trust })).why).toBe(`${sentence} (seen), so nothing seen now counts`);
  });
});

describe("the why of a plan with one holder", () => {
  explains([
    [
      "names the holder that is fine",
      "a:healthy b:healthy | b",
      {},
      "hold (steady): b holds the address and is healthy",
    ],
    [
      "names the holder of unknown health",
      "a:unknown b:healthy | a",
      {},
      "hold (holder-unknown): the health of a, which holds the address, is unknown",
    ],
    [
      "names the holder whose passes are too old",
      "a:healthy b:healthy | a",
      { member: { a: { evidence: old } } },
      "hold (unproven): the address stays until there is proof: the last conclusive probe of a is too old",
    ],
    [
      "names the holder whose fails are too old, however healthy the others are",
      dead,
      { member: { a: { evidence: { ...old, cause: "refused" } } } },
      "hold (unproven): the address stays until there is proof: the last conclusive probe of a is too old",
    ],
    [
      "says that the holder is coming back",
      dead,
      {
        member: {
          a: {
            health: { health: "unhealthy", since: 0, strikes: { count: 1, outcome: "pass", firstAt: now } },
            evidence: { at: now, cause: "ok" },
          },
        },
      },
      "hold (unproven): a, which holds the address, is unhealthy but passed its last probe",
    ],
    [
      "says what the holder did wrong and who takes over",
      dead,
      { member: { a: { evidence: { at: now, cause: "http-status" } } } },
      "attach b (failover): a is unhealthy (it answered with a status that is not expected), " +
        "and b is the most preferred eligible member",
    ],
    [
      "says the same of a flip",
      dead,
      { capabilities: flips },
      "flip to b (failover): a is unhealthy (it refused the connection), and b is the most preferred eligible member",
    ],
    [
      "names both members of a failback",
      "a:healthy b:healthy | b",
      { policy: { failbackAfterMs: 60_000 } },
      "attach a (failback): a is preferred to b and has been healthy for long enough to fail back",
    ],
  ]);
});

describe("the why of staying on a dead holder", () => {
  explains([
    [
      "tells each member's trouble when all are down",
      "a:unhealthy b:unhealthy | a",
      { member: { b: { evidence: { at: now, cause: "dns" } } } },
      "hold (all-down): every member is unhealthy, so no move would help: " +
        "a is unhealthy (it refused the connection); b is unhealthy (it has a name without an address)",
    ],
    [
      "says whose last probe failed",
      dead,
      { member: { b: { health: struck, evidence: { at: now, cause: "reset" } } } },
      "hold (no-eligible): no member may receive the address: a is unhealthy (it refused the connection); " +
        "b is healthy but failed its last probe (it reset the connection)",
    ],
    [
      "says so too of one that has a strike from before",
      dead,
      { member: { b: { health: struck } } },
      "hold (no-eligible): no member may receive the address: a is unhealthy (it refused the connection); " +
        "b is healthy but failed its last probe",
    ],
    [
      "says whose proof is too old",
      dead,
      { member: { b: { evidence: old } } },
      "hold (no-eligible): no member may receive the address: a is unhealthy (it refused the connection); " +
        "the last conclusive probe of b is too old",
    ],
    [
      "takes a member for unproven that was never probed conclusively, whatever its health says",
      dead,
      { member: { b: { evidence: null } } },
      "hold (no-eligible): no member may receive the address: a is unhealthy (it refused the connection); " +
        "the last conclusive probe of b is too old",
    ],
    [
      "says who is held down",
      dead,
      { history: { moves: [{ at: now - 1_000, from: ["b"] }] } },
      "hold (hold-down): no member may receive the address: a is unhealthy (it refused the connection); " +
        "b is held down, since the address was moved off it lately",
    ],
  ]);

  test("looks again when the first of the members that are held down is free", () => {
    const moves = [
      { at: now - 100_000, from: ["b"] },
      { at: now - 1_000, from: ["c"] },
    ];
    const next = plan(facts("a:unhealthy b:healthy c:healthy | a", { history: { moves } }));
    expect(next).toMatchObject({ rule: "hold-down", until: now + 200_000 });
    const reversed = moves.map(({ at }, i) => ({ at, from: i === 0 ? ["c"] : ["b"] }));
    const first = plan(facts("a:unhealthy b:healthy c:healthy | a", { history: { moves: reversed } }));
    expect(first).toMatchObject({ rule: "hold-down", until: now + 200_000 });
  });
});

describe("the why of a plan without a holder", () => {
  explains([
    [
      "says who gets an orphaned address",
      "a:unhealthy b:healthy |",
      {},
      "attach b (orphan): nobody holds the address, and b is the most preferred eligible member",
    ],
    [
      "says that it waits to see whether that lasts",
      "a:unhealthy b:healthy |",
      { sameSince: now },
      "hold (unconfirmed) attach b: nobody holds the address, and b is the most preferred eligible member, if that lasts",
    ],
    [
      "recalls the reason for the move that is being finished",
      "a:unhealthy b:healthy |",
      { history: { inFlight: took } },
      "attach b (finish-move): nobody holds the address since our move began, so b gets it: a is unhealthy",
    ],
  ]);
});

describe("the why of a plan with several holders", () => {
  explains([
    [
      "names all of them and the one that is kept",
      "a:healthy b:healthy c:unhealthy | a b c",
      {},
      "detach c (double-attach): a and b and c all hold the address, one should: a is the most preferred healthy one",
    ],
    [
      "respects the one that somebody chose",
      "a:healthy b:healthy | a b",
      { history: byHand(["b"], 300_000) },
      "detach a (double-attach): a and b all hold the address, one should: b is the healthy one that somebody chose",
    ],
    [
      "recalls the reason for the move that has arrived",
      "a:unhealthy b:healthy | a b",
      { history: { inFlight: move } },
      "detach a (finish-move): b has the address now, so the others let go of it: a is unhealthy",
    ],
    [
      "tells what is missing of each",
      "a:healthy b:unhealthy c:healthy | a b c",
      { member: { a: { evidence: old }, c: { health: struck } } },
      "hold (unproven): the address stays until there is proof: the last conclusive probe of a is too old; " +
        "b is unhealthy (it refused the connection); c is healthy but failed its last probe",
    ],
    [
      "tells the trouble of each when a third takes over",
      "a:unhealthy b:unhealthy c:healthy | a b",
      {},
      "attach c (failover): a is unhealthy (it refused the connection) and b is unhealthy (it refused the connection), " +
        "and c is the most preferred eligible member",
    ],
    [
      "says it also where the provider has no step for it",
      "a:healthy b:healthy | a b",
      { capabilities: flips },
      "hold (steady): a and b all hold the address, one should: a is the most preferred healthy one",
    ],
  ]);
});

describe("the why of a plan of a pool", () => {
  explains([
    [
      "lists the pool that is complete",
      "a:healthy b:healthy | a b",
      { policy: pool },
      "hold (steady): every eligible member holds the address: a, b",
    ],
    [
      "says who leaves and who joins",
      "a:unhealthy b:healthy c:healthy | a b",
      { policy: pool },
      "attach c (pool): a leaves, since it is unhealthy (it refused the connection); c joins, since it is healthy",
    ],
    [
      "lists who keeps the address when none is healthy",
      "a:unhealthy b:unhealthy c:unhealthy | a b",
      { policy: pool },
      "hold (all-down): no holder is healthy and no member may join, so the address stays with a, b",
    ],
    [
      "tells each member's trouble when the pool is empty",
      "a:unhealthy b:unknown |",
      { policy: pool },
      "hold (no-eligible): no member may receive the address: a is unhealthy (it refused the connection); " +
        "the health of b is unknown",
    ],
    [
      "says whom the provider refused when the pool stays empty for that",
      "a:healthy b:healthy c:unhealthy |",
      {
        policy: pool,
        member: { a: { refusal: refused }, b: { refusal: { ...refused, until: now + 2_000 } } },
      },
      "hold (no-eligible): nobody holds the address, and the provider refused it a moment ago to a, b",
    ],
  ]);

  test("looks again when the first refusal is over, in an empty pool and in a dead one", () => {
    const member = { b: { refusal: refused }, c: { refusal: { ...refused, until: now + 2_000 } } };
    const empty = facts("a:unhealthy b:healthy c:healthy |", { policy: pool, member });
    expect(plan(empty)).toMatchObject({ rule: "no-eligible", until: now + 2_000 });
    const dead = facts("a:unhealthy b:healthy c:healthy | a", { policy: pool, member });
    expect(plan(dead)).toMatchObject({ rule: "no-eligible", until: now + 2_000 });
  });
});

describe("the why of a step that is held back", () => {
  const failover = "a is unhealthy (it refused the connection), and b is the most preferred eligible member";
  explains([
    [
      "says that the last step failed",
      dead,
      { history: { notBefore: now + 1 } },
      "hold (backoff) attach b: the last step was not applied, so the next one waits",
    ],
    [
      "says that somebody else was here, and what would be done",
      dead,
      { history: byHand(["a"], 1_000) },
      `hold (changed-by-hand) attach b: somebody else moved the address lately, so it is left alone, although ${failover}`,
    ],
    [
      "says that the last move is too near, and what would be done",
      dead,
      { history: { moves: [{ at: now - 1_000, from: ["c"] }] } },
      `hold (hold-down) attach b: the last move was too recent: ${failover}`,
    ],
    [
      "counts the moves against the limit, and says what would be done",
      dead,
      {
        policy: { limit: { moves: 1, windowMs: 86_400_000 } },
        history: {
          moves: [
            { at: now - 80_000_000, from: ["c"] },
            { at: now - 40_000_000, from: ["c"] },
          ],
        },
      },
      `hold (limit) attach b: the limit of 1 move is used up: ${failover}`,
    ],
    [
      "says what would be left",
      "a:unhealthy b:healthy | a b",
      { policy: pool, member: { b: { health: struck } } },
      "hold (unsafe) detach a: without a no member that is proven healthy would hold the address",
    ],
  ]);
});
