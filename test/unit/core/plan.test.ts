import { describe, expect, test } from "vitest";
import type { Move } from "../../../src/core/facts.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, flips, now, type Changes } from "./facts-text.ts";
import { move, old, struck, table } from "./plan-table.ts";

describe("plan() before the stored healthcheck is known", () => {
  const healthcheck = { source: "198.51.100.7", trouble: null };
  const unprobed = { pace: null };
  const [a, both] = [{ a: unprobed }, { a: unprobed, b: unprobed }];
  const away = { member: both, healthcheck, history: { inFlight: { ...move, tookOff: true } } };
  table([
    [
      "does nothing while a member waits for it, however long that takes",
      "a:unhealthy b:healthy c:unknown | a",
      { healthcheck, member: { c: unprobed } },
      "hold (healthcheck-unknown)",
    ],
    [
      "does nothing for an address that nobody holds",
      "a:unknown b:unknown |",
      { healthcheck, member: both },
      "hold (healthcheck-unknown)",
    ],
    [
      "goes by what a person says of such a member",
      "a:unhealthy b:healthy | a",
      {
        healthcheck,
        member: {
          a: { ...unprobed, evidence: { at: now, cause: "refused" } },
          b: { ...unprobed, evidence: { at: now, cause: "ok" } },
        },
      },
      "attach b (failover)",
    ],
    [
      "waits for a minute with an address that we took off",
      "a:unknown b:unknown |",
      { ...away, startedAt: now - 59_999 },
      "hold (healthcheck-unknown)",
    ],
    [
      "goes on after a minute with a move that took the address off",
      "a:unknown b:unknown |",
      { ...away, startedAt: now - 60_000 },
      "attach b (finish-move)",
    ],
  ]);

  test("says what it waits for, and what is in the way", () => {
    const waiting = facts("a:unknown b:healthy | a", {
      healthcheck: { ...healthcheck, trouble: "HTTP 503" },
      member: a,
    });
    expect(plan(waiting).why).toBe("a waits for the healthcheck stored at 198.51.100.7: HTTP 503");
  });
});

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

  const tookOff: Move = { ...move, tookOff: true };
  table([
    [
      "gives an address that we took off to a proven member before the first round is over",
      "a:unknown b:healthy c:unknown |",
      { startedAt: now - 20_000, history: { inFlight: tookOff } },
      "attach b (finish-move)",
    ],
    [
      "goes through the first round when nobody is proven yet",
      "a:unknown b:unknown c:unknown |",
      { startedAt: now - 20_000, history: { inFlight: tookOff } },
      "hold (first-round)",
    ],
    [
      "goes through the first round when somebody else left the address with nobody",
      "a:unknown b:healthy c:unknown |",
      { startedAt: now - 20_000 },
      "hold (first-round)",
    ],
  ]);

  test("says when the first round ends", () => {
    const next = plan(facts("a:unhealthy b:unknown | a", { startedAt: now - 12_000 }));
    expect(next).toMatchObject({ rule: "first-round", until: now + 20_030 });
  });
});

describe("plan() with one holder", () => {
  table([
    ["stays on a healthy holder", "a:healthy b:healthy | a", {}, "hold (steady)"],
    ["stays on a healthy holder that is less preferred", "a:healthy b:healthy | b", {}, "hold (steady)"],
    [
      "does not call a holder steady whose evidence is old",
      "a:healthy b:healthy | a",
      { member: { a: { evidence: old } } },
      "hold (unproven)",
    ],
    ["takes unknown for unknown, not for down", "a:unknown b:healthy | a", {}, "hold (holder-unknown)"],
    [
      "stays on an unhealthy holder that has just passed a probe",
      "a:unhealthy b:healthy | a",
      {
        member: {
          a: {
            health: { health: "unhealthy", since: 0, strikes: { count: 1, outcome: "pass", firstAt: now } },
            evidence: { at: now, cause: "ok" },
          },
        },
      },
      "hold (unproven)",
    ],
    [
      "stays on an unhealthy holder that has just passed a probe, though its strikes were forgotten",
      "a:unhealthy b:healthy | a",
      { member: { a: { evidence: { at: now, cause: "ok" } } } },
      "hold (unproven)",
    ],
    [
      "moves off a holder that is forced unhealthy, whatever its last probe saw",
      "a:healthy b:healthy | a",
      {
        member: {
          a: { forced: { by: "ann", reason: "disk", since: 0, until: now + 1, health: "unhealthy" } },
        },
      },
      "attach b (failover)",
    ],
    [
      "does not move to a member whose last probe failed, though its strikes were forgotten",
      "a:unhealthy b:healthy | a",
      { member: { b: { evidence: { at: now, cause: "reset" } } } },
      "hold (no-eligible)",
    ],
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
      "hold (unproven)",
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
      { member: { b: { refusal: { detail: "not found", until: now + 1, count: 1 } } } },
      "attach c (failover)",
    ],
    [
      "asks for a refused member again when there is no other",
      "a:unhealthy b:healthy | a",
      { member: { b: { refusal: { detail: "too many requests", until: now + 1, count: 1 } } } },
      "attach b (failover)",
    ],
    [
      "asks for a refused member again when its time is over",
      "a:unhealthy b:healthy c:healthy | a",
      { member: { b: { refusal: { detail: "not found", until: now, count: 1 } } } },
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
    const moves = [{ at: now - 9, from: ["c"] }];
    expect(plan(facts(line, { history: { moves } }))).toMatchObject({
      why:
        "no member may receive the address: a is unhealthy (it refused the connection); " +
        "the health of b is unknown; c is held down, since the address was moved off it lately",
      until: now + 299_991,
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
  const took: Move = { ...move, tookOff: true };
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
      { sameSince: now - 60_000, history: { changedByHand: { at: now - 60_000, added: [] } } },
      "attach a (orphan)",
    ],
    [
      "finishes a move of ours at once",
      "a:unhealthy b:healthy |",
      { sameSince: now, history: { inFlight: took } },
      "attach b (finish-move)",
    ],
    [
      "finishes a move of ours with another member when the first one is gone",
      "a:unhealthy b:unhealthy c:healthy |",
      { history: { inFlight: took } },
      "attach c (finish-move)",
    ],
    [
      "finishes a move of ours with a member that has a strike against it, rather than with a dead one",
      "a:unhealthy b:healthy |",
      { history: { inFlight: took }, member: { b: { health: struck } } },
      "attach b (finish-move)",
    ],
    [
      "does not let a hold-down keep an orphaned address from its only healthy member",
      "a:healthy b:unhealthy |",
      { history: { moves: [{ at: now - 1_000, from: ["a"] }] } },
      "attach a (orphan)",
    ],
    [
      "does not let the limit keep an address from everybody",
      "a:healthy b:unhealthy |",
      {
        policy: { limit: { moves: 1, windowMs: 86_400_000 } },
        history: { moves: [{ at: now - 1_000, from: [] }] },
      },
      "attach a (orphan)",
    ],
    [
      "gives a person a minute between detaching and attaching",
      "a:healthy b:healthy |",
      { sameSince: now - 59_999, history: { changedByHand: { at: now - 59_999, added: [] } } },
      "hold (unconfirmed) attach a",
    ],
    [
      "puts the address back when nobody else can have it",
      "a:unhealthy b:unhealthy |",
      { history: { inFlight: took } },
      "attach a (finish-move)",
    ],
  ]);
});
