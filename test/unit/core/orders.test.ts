import { describe, expect, test } from "vitest";
import type { MemberFacts } from "../../../src/core/facts.ts";
import { orderMaxMs, standing, withForce, type Force, type Order } from "../../../src/core/orders.ts";
import { facts, now } from "./facts-text.ts";

const order: Order = { by: "ann", reason: "kernel upgrade", since: 5, until: 10 };

/** One who has been unhealthy, is browned out, and whose last probe ended with `evidence`. */
function forced(health: Force["health"], evidence: MemberFacts["evidence"]): MemberFacts {
  const [probed] = facts("a:unknown |").members;
  if (probed === undefined) throw new Error("Cannot find the member");
  const brownOut = { since: 1, fails: 7, of: 20, mayMove: true };
  return withForce({ ...probed, evidence, brownOut, recoveredAt: 1, forced: { ...order, health } }, now);
}

describe("an order", () => {
  test("holds until the instant at which it ends", () => {
    expect([9, 10, 11].map((at) => standing(order, at))).toEqual([true, false, false]);
  });

  test("without an end holds for ever", () => {
    expect(standing({ ...order, until: null }, Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  test("to pause or to force is for 30 days at most", () => {
    expect(orderMaxMs / 86_400_000).toBe(30);
  });
});

describe("withForce()", () => {
  test("leaves a member alone that nobody has forced", () => {
    const [member] = facts("a:healthy |").members;
    expect(withForce(member!, now)).toBe(member);
  });

  test.each(["healthy", "unhealthy"] as const)(
    "takes %s for proven at this moment, with no strike and no past, and shows what its probes say",
    (health) => {
      expect(forced(health, null)).toMatchObject({
        health: { health, since: order.since, strikes: null },
        realHealth: "unknown",
        evidence: { at: now },
        recoveredAt: null,
        brownOut: null,
      });
    },
  );

  test("keeps the cause of the last fail of a member that is forced down, and no other", () => {
    const refused = { at: 1, cause: "refused" } as const;
    expect(forced("unhealthy", refused).evidence).toEqual({ at: now, cause: "refused" });
    expect(forced("unhealthy", null).evidence).toEqual({ at: now, cause: "ok" });
    expect(forced("healthy", refused).evidence).toEqual({ at: now, cause: "ok" });
  });
});
