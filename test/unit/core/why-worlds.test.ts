/** Every decision can be explained, in every world of two members: no empty sentence, and none that names nobody. */
import { describe, expect, test } from "vitest";
import { plan } from "../../../src/core/plan.ts";
import { facts, flips, now, type Changes } from "./facts-text.ts";
import { move } from "./plan-table.ts";

const refused = { detail: "not found", until: now + 5_000, count: 1 };
const pool = { holders: "all-healthy" } as const;

describe("every plan of every small world", () => {
  const healths = ["healthy", "unhealthy", "unknown"];
  const worlds = healths.flatMap((one) =>
    healths.flatMap((two) => ["", "m1", "m2", "m1 m2"].map((holders) => `m1:${one} m2:${two} | ${holders}`)),
  );
  const inFlight = { ...move, tookOff: true, why: "m1 is unhealthy", from: ["m1"], to: ["m2"] };
  const changes: readonly Changes[] = [
    {},
    { policy: pool },
    { member: { m1: { refusal: refused } } },
    { policy: pool, member: { m1: { refusal: refused } } },
    { policy: pool, member: { m1: { refusal: refused }, m2: { refusal: refused } } },
    { member: { m1: { evidence: null }, m2: { evidence: null } } },
    { history: { inFlight } },
    { history: { moves: [{ at: now - 1_000, from: ["m1", "m2"] }] } },
    { policy: { order: "detach-first", failbackAfterMs: 0 } },
    { capabilities: flips },
  ];

  test("is explained by a whole sentence that names the member that gets the address, or those it is about", () => {
    for (const line of worlds)
      for (const change of changes) {
        const next = plan(facts(line, change));
        expect(next.why).toMatch(/^[^ ].*[^ .,:;]$/);
        expect(next.why).not.toMatch(/undefined|null|NaN|\[object| [;,:]| {2}/);
        const gets = next.kind === "act" && next.step.kind !== "detach" ? next.step.member : /\bm[12]\b/;
        expect(next.why).toMatch(gets);
      }
  });
});
