/** What follows from the way through the address itself. */
import { describe, expect, test } from "vitest";
import type { PathFacts } from "../../../src/core/path.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, now } from "./facts-text.ts";
import { struck, table } from "./plan-table.ts";

const healthy: PathFacts = {
  health: "healthy",
  since: now - 60_000,
  failingSince: null,
  detail: "200 OK",
  pending: null,
};
const waiting: PathFacts = { ...healthy, pending: { member: "b", until: now + 5_000, tried: [] } };
const failed: PathFacts = {
  health: "unhealthy",
  since: now - 10_000,
  failingSince: now - 12_000,
  detail: "refused",
  pending: { member: "b", until: now, tried: ["a"] },
};
const next = { policy: { verify: { withinMs: 30_000, otherwise: "next-member" } } } as const;
const line = "a:unhealthy b:healthy c:healthy | b";

describe("the way through the address", () => {
  table([
    ["that answers changes nothing", "a:healthy b:healthy | a", { path: healthy }, "hold (steady)"],
    [
      "that was never judged changes nothing",
      "a:healthy b:healthy | a",
      { path: { ...healthy, health: "unknown" } },
      "hold (steady)",
    ],
    [
      "that does not answer is told, and moves nothing",
      "a:healthy b:healthy | a",
      { path: { ...failed, pending: null } },
      "hold (unverified)",
    ],
    [
      "that fails faster than the holder can be judged is not told yet",
      "a:healthy b:healthy | a",
      { path: { ...failed, since: now - 500, pending: null } },
      "hold (steady)",
    ],
    [
      "that fails is not told on the word of a probe that ended before that",
      "a:healthy b:healthy | a",
      { path: { ...failed, since: now - 1_000, pending: null } },
      "hold (steady)",
    ],
    [
      "that fails is told at the first pass of the holder after that",
      "a:healthy b:healthy | a",
      { path: { ...failed, since: now - 1_001, pending: null } },
      "hold (unverified)",
    ],
    [
      "that fails is not told while the holder has failed its last probe too",
      "a:healthy b:healthy | a",
      {
        path: { ...failed, pending: null },
        member: { a: { health: struck, evidence: { at: now, cause: "refused" } } },
      },
      "hold (steady)",
    ],
    [
      "that began to fail in the instant in which the holder became healthy leads to no further member",
      line,
      { path: { ...failed, failingSince: 1_000 }, ...next },
      "hold (unverified)",
    ],
    [
      "that began to fail after the holder was healthy leads to the next one",
      line,
      { path: { ...failed, failingSince: 1_001 }, ...next },
      "attach c (next-member)",
    ],
    [
      "that has just answered leads to no further member, also where the holder was healthy before our clock began",
      line,
      {
        path: { ...failed, failingSince: null },
        member: { b: { health: { health: "healthy", since: -1, strikes: null } } },
        ...next,
      },
      "hold (unverified)",
    ],
    [
      "that is not known to fail leads to no further member",
      line,
      { path: { ...failed, health: "unknown" }, ...next },
      "hold (unverified)",
    ],
    [
      "that began to fail before the holder was healthy leads to no further member",
      line,
      { path: { ...failed, failingSince: 999 }, ...next },
      "hold (unverified)",
    ],
    ["is waited for after a move", line, { path: waiting }, "hold (verifying)"],
    ["that did not answer in time is told", line, { path: failed }, "hold (unverified)"],
    [
      "that did not answer in time leads to the next member, if the config says so",
      line,
      { path: failed, ...next },
      "attach c (next-member)",
    ],
    [
      "leads to nobody who was tried already",
      line,
      { path: { ...failed, pending: { ...failed.pending!, tried: ["a", "c"] } }, ...next },
      "hold (unverified)",
    ],
    [
      "leads to nobody who is not eligible",
      "a:unhealthy b:healthy c:unhealthy | b",
      { path: failed, ...next },
      "hold (unverified)",
    ],
    [
      "leads on in spite of the hold-down of the move before",
      line,
      { path: failed, ...next, history: { moves: [{ at: now - 31_000, from: ["a"] }] } },
      "attach c (next-member)",
    ],
    [
      "leads on only within the limit",
      line,
      {
        path: failed,
        ...next,
        policy: { ...next.policy, limit: { moves: 1, windowMs: 3_600_000 } },
        history: { moves: [{ at: now - 31_000, from: ["a"] }] },
      },
      "hold (limit) attach c",
    ],
    [
      "does not keep the address on a dead holder",
      "a:healthy b:unhealthy | b",
      { path: failed },
      "attach a (failover)",
    ],
    [
      "that is not verified keeps a failback back",
      "a:healthy b:healthy | b",
      { path: failed, policy: { failbackAfterMs: 1 } },
      "hold (unverified)",
    ],
    [
      "says nothing of a member that lost the address since",
      "a:healthy b:healthy | a",
      { path: { ...waiting, health: "healthy" } },
      "hold (steady)",
    ],
  ]);

  test("says what was seen, and when the time is over", () => {
    expect(plan(facts(line, { path: waiting }))).toMatchObject({
      why: "b has the address now, and the first answer through it is waited for",
      until: now + 5_000,
    });
    expect(plan(facts(line, { path: failed })).why).toBe(
      "b got the address, but through the address there is no answer (refused)",
    );
    expect(plan(facts(line, { path: failed, ...next })).why).toBe(
      "b got the address, but through the address there is no answer (refused), so c is tried",
    );
    expect(
      plan(facts("a:healthy b:healthy | a", { path: { ...failed, detail: null, pending: null } })).why,
    ).toBe("a holds the address and is healthy, but through the address there is no answer");
  });
});
