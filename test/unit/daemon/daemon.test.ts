import { describe, expect, test } from "vitest";
import { flips } from "../core/facts-text.ts";
import { DaemonStage } from "./stage.ts";

const minute = 60_000;

/** Long enough for every member to be judged. */
const firstRoundMs = 40_000;

describe("the daemon", () => {
  test("leaves a healthy group alone for a day", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(86_400_000);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.rule).toBe("steady");
    expect(stage.texts("decision")).toEqual(["hold first-round", "hold first-round", "hold steady"]);
  });

  test("moves the address off a dead holder, attaching first, and says each decision once", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("transition")).toEqual(
      expect.arrayContaining(["a healthy", "b healthy", "a unhealthy"]),
    );
    expect(stage.texts("holders")).toEqual(["a > a+b", "a+b > b"]);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
    expect(stage.texts("decision").slice(-3)).toEqual(["act failover", "act finish-move", "hold steady"]);
  });

  test("detects after 20 to 32 seconds and acts at once", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    const diedAt = stage.clock.now();
    const untilMs = async (type: "transition" | "step-started"): Promise<number> => {
      const before = stage.texts(type).length;
      while (stage.texts(type).length === before) await stage.clock.advance(1);
      return stage.clock.now() - diedAt;
    };
    const detectedMs = await untilMs("transition");
    expect(detectedMs).toBeGreaterThanOrEqual(20_000);
    expect(detectedMs).toBeLessThanOrEqual(32_000);
    // The verdict itself wakes the planner: no timer stands between it and the first step.
    expect(stage.texts("step-started")).toHaveLength(1);
  });

  test("acts at once when the strike that kept the only standby back is cleared", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(15_000);
    stage.answer("b", "refused");
    await stage.clock.advance(15_000);
    stage.answer("b", "ok");
    expect(stage.cloud.calls).toEqual([]);
    await stage.clock.advance(10_000);
    expect(stage.steps[0]).toBe("attach b");
  });

  test("is not steady but blind while every probe is inconclusive", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "late");
    stage.answer("b", "late");
    await stage.clock.advance(5 * minute);
    expect(stage.daemon.snapshot().groups[0]).toMatchObject({ state: "blind", rule: "unproven" });
  });

  test("one fail short of the threshold changes nothing", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "http-status");
    await stage.clock.advance(20_000);
    stage.answer("a", "ok");
    await stage.clock.advance(10 * minute);
    expect(stage.texts("transition")).toEqual(["a healthy", "b healthy"]);
    expect(stage.cloud.calls).toEqual([]);
  });

  test("does not move for trouble of our own, however long it lasts", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "local-sockets");
    stage.answer("b", "local-sockets");
    await stage.clock.advance(60 * minute);
    expect(stage.cloud.calls).toEqual([]);
  });

  test("holds when all are down, and moves once one is back", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.answer("b", "refused");
    await stage.clock.advance(30 * minute);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.rule).toBe("all-down");
    stage.answer("b", "ok");
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("does not go back when the old holder recovers", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(5 * minute);
    stage.answer("a", "ok");
    await stage.clock.advance(86_400_000);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.cloud.calls).toHaveLength(2);
  });

  test("flips where the provider flips", async () => {
    const stage = new DaemonStage({ capabilities: flips });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["flip to b"]);
  });

  test("only watches in shadow mode", async () => {
    const stage = new DaemonStage({ policy: { mode: "shadow" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.texts("decision").at(-1)).toBe("act failover");
  });

  test("never runs two steps of a group at once, whatever wakes it", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"] });
    stage.cloud.stepMs = 50_000;
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(35_000);
    stage.answer("b", "refused");
    await stage.clock.advance(20 * minute);
    expect(stage.cloud.overlapped).toBe(false);
    expect(stage.cloud.holders).toEqual(["c"]);
  });
});

test("a killed daemon's half-done move is finished by the next one", async () => {
  const stage = new DaemonStage({ holders: ["a", "b"] });
  stage.answer("a", "refused");
  await stage.clock.advance(firstRoundMs + minute);
  expect(stage.steps).toEqual(["detach a"]);
  expect(stage.cloud.holders).toEqual(["b"]);
});
