/** The planner at its edges: the last millisecond, the second-best member, the rare combination. */
import { describe, expect, test } from "vitest";
import { violation } from "../../../src/core/invariants.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, now, type Changes } from "./facts-text.ts";
import { move, table } from "./plan-table.ts";

const dead = "a:unhealthy b:healthy | a";
const pool = { holders: "all-healthy" } as const;
const refusal = { detail: "not found", until: now + 5_000, count: 1 };
const often = { ...refusal, count: 3 };
const drained = { by: "ann", reason: "kernel upgrade", since: 0, until: now + 1 };
const distrust = { cause: "uplink", detail: "0 of 1", since: 0, until: now + 1, forgets: "strikes" } as const;

describe("plan() when an address that our move took off has nobody", () => {
  const took = { ...move, to: ["c"], tookOff: true };
  table([
    [
      "gives it to the member it was going to, though another is preferred",
      "a:unhealthy b:healthy c:healthy |",
      { history: { inFlight: took } },
      "attach c (finish-move)",
    ],
    [
      "gives it to another when that member was refused a moment ago",
      "a:unhealthy b:healthy c:healthy |",
      { history: { inFlight: took }, member: { c: { refusal } } },
      "attach b (finish-move)",
    ],
    [
      "goes by preference when both were refused",
      "a:unhealthy b:healthy c:healthy |",
      { history: { inFlight: took }, member: { b: { refusal }, c: { refusal } } },
      "attach b (finish-move)",
    ],
    [
      "gives it back to the member that had it, not to a preferred one that is as dead",
      "a:unhealthy b:unhealthy c:unhealthy |",
      { history: { inFlight: { ...took, from: ["b"] } } },
      "attach b (finish-move)",
    ],
    [
      "gives it to the member it was going to when nothing is known of that one, not back to the dead one",
      "a:unhealthy b:unhealthy c:unknown |",
      { history: { inFlight: took } },
      "attach c (finish-move)",
    ],
    [
      "goes on with the member it was going to when nothing is known of anybody",
      "a:unknown b:unknown c:unknown |",
      { history: { inFlight: took } },
      "attach c (finish-move)",
    ],
    [
      "gives it back when the member it was going to has failed its last probe",
      "a:unknown b:unhealthy c:unknown |",
      { history: { inFlight: took }, member: { c: { evidence: { at: now, cause: "refused" } } } },
      "attach a (finish-move)",
    ],
    [
      "gives it to the one that has passed a probe when nobody else is judged either",
      "a:unknown b:unknown c:unknown |",
      { history: { inFlight: took }, member: { a: { evidence: { at: now, cause: "ok" } } } },
      "attach a (finish-move)",
    ],
    [
      "prefers the member it was going to among those that have passed a probe",
      "a:unknown b:unknown c:unknown |",
      {
        history: { inFlight: took },
        member: { a: { evidence: { at: now, cause: "ok" } }, c: { evidence: { at: now, cause: "ok" } } },
      },
      "attach c (finish-move)",
    ],
    [
      "gives it back when the member it was going to is drained, and nothing is known of that one",
      "a:unhealthy b:unhealthy c:unknown |",
      { history: { inFlight: took }, member: { c: { drained } } },
      "attach a (finish-move)",
    ],
    [
      "gives it back to the dead member that had it when everybody else was refused three times in a row",
      "a:unhealthy b:healthy c:healthy |",
      { history: { inFlight: took }, member: { b: { refusal: often }, c: { refusal: often } } },
      "attach a (finish-move)",
    ],
    [
      "goes on with a healthy one that was refused twice",
      "a:unhealthy b:healthy c:healthy |",
      {
        history: { inFlight: took },
        member: { b: { refusal: { ...often, count: 2 } }, c: { refusal: often } },
      },
      "attach b (finish-move)",
    ],
    [
      "asks for a healthy one again once its refusals are over",
      "a:unhealthy b:healthy c:unhealthy |",
      { history: { inFlight: took }, member: { b: { refusal: { ...often, until: now } } } },
      "attach b (finish-move)",
    ],
    [
      "goes on with the best of those that were all refused three times in a row",
      "a:unhealthy b:healthy c:unhealthy |",
      { history: { inFlight: took }, member: { a: { refusal: often }, b: { refusal: often } } },
      "attach b (finish-move)",
    ],
  ]);
});

describe("plan() when an address has nobody, but not because of us", () => {
  table([
    [
      "starts afresh when it vanished during a move that took nothing off",
      "a:healthy b:healthy |",
      { history: { inFlight: move } },
      "attach a (orphan)",
    ],
    [
      "does nothing while we distrust ourselves",
      "a:healthy b:healthy |",
      { trust: { distrust } },
      "hold (self-distrust)",
    ],
    [
      "does nothing while we distrust ourselves, though a move is under way that took nothing off",
      "a:healthy b:healthy |",
      { trust: { distrust }, history: { inFlight: move } },
      "hold (self-distrust)",
    ],
    [
      "acts on the very instant when it is confirmed",
      "a:healthy b:healthy |",
      { sameSince: now - 10_000 },
      "attach a (orphan)",
    ],
  ]);
});

describe("plan() at the edge of a limit", () => {
  table([
    [
      "acts when the wait after a failed step ends",
      dead,
      { history: { notBefore: now } },
      "attach b (failover)",
    ],
    [
      "does not ask of a dead holder that it be confirmed like an orphan",
      dead,
      { sameSince: now },
      "attach b (failover)",
    ],
    [
      "repairs a double attach as soon as it is confirmed",
      "a:healthy b:healthy | a b",
      { sameSince: now - 10_000 },
      "detach b (double-attach)",
    ],
    [
      "holds a failback down like a failover",
      "a:healthy b:healthy | b",
      { policy: { failbackAfterMs: 0 }, history: { moves: [{ at: now - 299_999, from: ["c"] }] } },
      "hold (hold-down) attach a",
    ],
    [
      "does not hold a repair down",
      "a:healthy b:healthy | a b",
      { history: { moves: [{ at: now - 1_000, from: ["c"] }] } },
      "detach b (double-attach)",
    ],
    [
      "counts a failback against the limit",
      "a:healthy b:healthy | b",
      {
        policy: { failbackAfterMs: 0, limit: { moves: 1, windowMs: 86_400_000 } },
        history: { moves: [{ at: now - 40_000_000, from: ["c"] }] },
      },
      "hold (limit) attach a",
    ],
    [
      "fails back to a preferred member only, however long a later one has been healthy",
      "a:healthy b:healthy c:healthy | b",
      {
        policy: { failbackAfterMs: 60_000 },
        member: {
          a: { health: { health: "healthy", since: now - 1_000, strikes: null } },
          b: { health: { health: "healthy", since: now - 1_000, strikes: null } },
        },
      },
      "hold (steady)",
    ],
  ]);
});

describe("plan() of a pool that is left as it is", () => {
  const until = (line: string, changes: Changes): number | null => {
    const next = plan(facts(line, { policy: pool, ...changes }));
    expect(next).toMatchObject({ kind: "hold", rule: "steady" });
    return next.kind === "hold" ? next.until : null;
  };
  const left = (
    ...moves: readonly (readonly [name: string, ageMs: number])[]
  ): NonNullable<Changes["history"]> => ({
    moves: moves.map(([name, ageMs]) => ({ at: now - ageMs, from: [name] })),
  });

  test("looks again when a refusal is over", () => {
    expect(until("a:healthy b:healthy | a", { member: { b: { refusal } } })).toBe(now + 5_000);
  });

  test("looks again when the first of those left out may come back", () => {
    const history = left(["b", 100_000], ["c", 50_000]);
    expect(until("a:healthy b:healthy c:healthy | a", { history })).toBe(now + 200_000);
  });

  test("does not look again for a holder that had left lately and is back", () => {
    expect(until("a:healthy b:healthy | a b", { history: left(["a", 100_000]) })).toBeNull();
  });

  test("waits for an event when no clock ends what keeps a member out", () => {
    expect(until("a:healthy b:unhealthy c:unknown | a", {})).toBeNull();
  });
});

describe("violation() with detach-first", () => {
  const detachA = { kind: "detach", member: "a" } as const;

  test("lets a holder go when somebody else can take over at once", () => {
    const given = facts(dead, { policy: { order: "detach-first" } });
    expect(violation(detachA, given)).toBeNull();
  });

  test("does not take the holder itself for its successor", () => {
    const given = facts("a:healthy b:unhealthy | a", { policy: { order: "detach-first" } });
    expect(violation(detachA, given)).toBe("nobody is eligible to take the address over from a");
  });

  test("never empties a pool, which has no order of its own", () => {
    const given = facts(dead, { policy: { ...pool, order: "detach-first" } });
    expect(violation(detachA, given)).toBe("without a nobody would hold the address");
  });
});
