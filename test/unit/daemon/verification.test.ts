/** The way through the address itself, on a virtual clock: `path` is what clients use. */
import { describe, expect, test } from "vitest";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;
const hold = { withinMs: 30_000, otherwise: "hold" } as const;
const nextMember = { withinMs: 30_000, otherwise: "next-member" } as const;

const verified = (stage: DaemonStage): Extract<DaemonEvent, { type: "verified" }> | undefined =>
  stage.events.find((event) => event.type === "verified");

describe("verification of a move", () => {
  test("ends with the first answer through the address, and knows how long clients had none", async () => {
    const stage = new DaemonStage({ policy: { verify: hold } });
    await stage.clock.advance(minute);
    const diedAt = stage.clock.now();
    stage.answer("a", "refused");
    stage.answer("path", "refused");
    while (stage.cloud.holders[0] === "a") await stage.clock.advance(100);
    await stage.clock.advance(5_000);
    expect(stage.rule).toBe("verifying");
    stage.answer("path", "ok");
    const answeredAt = stage.clock.now();
    await stage.clock.advance(2_000);
    expect(stage.rule).toBe("steady");
    expect(stage.texts("verified")).toEqual(["b"]);
    const { afterMs, outageMs } = verified(stage)!;
    expect(afterMs).toBeGreaterThanOrEqual(5_000);
    expect(afterMs).toBeLessThanOrEqual(7_000);
    // It is probed every ten seconds until the first fail, and every second after that.
    expect(outageMs).toBeGreaterThanOrEqual(answeredAt - diedAt - 10_000);
    expect(outageMs).toBeLessThanOrEqual(answeredAt - diedAt + 2_000);
  });

  test("does not wait for the next probe when the move has ended", async () => {
    const stage = new DaemonStage({ policy: { verify: hold } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(verified(stage)).toMatchObject({ member: "b", outageMs: 0, late: false });
    expect(verified(stage)!.afterMs).toBeLessThanOrEqual(100);
  });

  test("that fails is held and told, moves nothing, and ends when there is an answer after all", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"], policy: { verify: hold } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.answer("path", "connect-timeout");
    await stage.clock.advance(10 * minute);
    expect(stage.rule).toBe("unverified");
    expect(stage.daemon.snapshot().groups[0]?.state).toBe("unverified");
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("decision").filter((text) => text === "hold unverified")).toHaveLength(1);
    stage.answer("path", "ok");
    await stage.clock.advance(minute);
    expect(stage.texts("verified")).toEqual(["b late"]);
    expect(stage.rule).toBe("steady");
  });

  test("that fails leads to each of the next members once, if the config says so", async () => {
    const stage = new DaemonStage({
      members: ["a", "b", "c", "d"],
      policy: { verify: nextMember, limit: { moves: 9, windowMs: minute } },
    });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.answer("path", "connect-timeout");
    await stage.clock.advance(60 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a", "attach c", "detach b", "attach d", "detach c"]);
    expect(stage.rule).toBe("unverified");
    expect(stage.texts("move-ended")).toEqual([
      "failover completed",
      "next-member completed",
      "next-member completed",
    ]);
  });

  test("does not go on to the next member for what was seen while another one held the address", async () => {
    const policy = { verify: nextMember, holdDownMs: 0, warmUpMs: 0 };
    const stage = new DaemonStage({ members: ["a", "b"], policy });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.answer("path", "refused");
    await stage.clock.advance(2 * minute);
    expect(stage.rule).toBe("unverified");
    // b goes and comes back, by hand the address has been at a meanwhile, and the way still fails.
    stage.cloud.holders = ["a"];
    stage.answer("a", "ok");
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    stage.cloud.holders = ["b"];
    stage.answer("b", "ok");
    const before = stage.steps.length;
    await stage.clock.advance(10 * minute);
    expect(stage.steps.slice(before)).toEqual([]);
    expect(stage.rule).toBe("unverified");
  });

  test("does not go on to the next member for what was seen while our own network was in doubt", async () => {
    const policy = { verify: { withinMs: 10_000, otherwise: "next-member" } } as const;
    for (let moment = 0; moment < 40; moment++) {
      const target = { intervalMs: 11_000 };
      const stage = new DaemonStage({ members: ["a", "b", "c"], canaries: ["canary"], policy, target });
      await stage.clock.advance(minute + moment * 300);
      stage.answer("a", "refused");
      await untilCalls(stage, 2);
      stage.answer("path", "connect-timeout");
      await stage.clock.advance(2_000 + moment * 50);
      stage.answer("canary", "connect-timeout");
      await stage.clock.advance(3_100);
      stage.answer("canary", "ok");
      stage.answer("path", "ok");
      await stage.clock.advance(2 * minute);
      expect(stage.texts("trust")).toEqual(["uplink", "trusted"]);
      expect(stage.steps).toEqual(["attach b", "detach a"]);
      expect(stage.rule).toBe("steady");
    }
  });

  test("a person can take note of it", async () => {
    const stage = new DaemonStage({ policy: { verify: hold } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.answer("path", "connect-timeout");
    while (stage.rule !== "verifying") await stage.clock.advance(100);
    // Nothing is overdue yet.
    expect(stage.daemon.people.acknowledge("g", { by: "ann" })).toMatchObject({
      kind: "refused",
      rule: "nothing",
    });
    await stage.clock.advance(2 * minute);
    expect(stage.rule).toBe("unverified");
    expect(stage.daemon.people.acknowledge("g", { by: "ann" })).toMatchObject({ kind: "done" });
    await stage.clock.advance(10 * minute);
    expect(stage.rule).toBe("steady");
    // The next time is another trouble.
    stage.answer("path", "ok");
    await stage.clock.advance(minute);
    stage.answer("path", "connect-timeout");
    await stage.clock.advance(minute);
    expect(stage.rule).toBe("unverified");
  });

  test("of an address that does not answer although its holder does is told without a move", async () => {
    const stage = new DaemonStage({ policy: { verify: nextMember } });
    await stage.clock.advance(minute);
    stage.answer("path", "connect-timeout");
    await stage.clock.advance(30 * minute);
    expect(stage.rule).toBe("unverified");
    expect(stage.steps).toEqual([]);
  });

  test("what is seen through the address is no evidence against a member", async () => {
    const stage = new DaemonStage({ policy: { verify: hold } });
    stage.answer("path", "refused");
    await stage.clock.advance(30 * minute);
    expect(stage.texts("transition")).toEqual(["a healthy", "b healthy"]);
  });
});
