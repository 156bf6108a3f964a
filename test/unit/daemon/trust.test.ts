import { describe, expect, test } from "vitest";
import { defaultOverall } from "../core/facts-text.ts";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;

describe("the daemon that distrusts itself", () => {
  test("a process that stood still for a minute does not act on what it finds when it wakes", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(19_000);
    await stage.clock.stall(minute);
    expect(stage.texts("trust")).toEqual(["gap"]);
    stage.answer("a", "ok");
    await stage.clock.advance(10 * minute);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.texts("trust")).toEqual(["gap", "trusted"]);
    expect(stage.rule).toBe("steady");
  });

  test("what was heard before a gap and is read after it has no meaning", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.lags.readsAfterMs = 70_000;
    await stage.clock.advance(19_000);
    await stage.clock.stall(minute);
    const before = stage.events.length;
    await stage.clock.advance(15_000);
    expect(stage.texts("trust")).toEqual(["gap", "trusted"]);
    const outcomes = stage.events
      .slice(before)
      .flatMap((event) => (event.type === "probe" ? [event.result.outcome] : []));
    expect(outcomes.length).toBeGreaterThanOrEqual(2);
    expect(new Set(outcomes)).toEqual(new Set(["inconclusive"]));
  });

  test("a probe that was begun before a gap and ends after it has no meaning", async () => {
    const stage = new DaemonStage({ target: { timeoutMs: 9_000 } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.lags.probesTakeMs = 8_000;
    const fails = (): number => stage.daemon.snapshot().groups[0]?.members[0]?.strikes?.count ?? 0;
    while (fails() === 0) await stage.clock.advance(10);
    // The next one is under way for a moment: on it goes when the wall clock has jumped.
    await stage.clock.advance(2_500);
    stage.clock.stepWall(60_000);
    await stage.clock.advance(5_000);
    expect(stage.texts("trust")).toEqual(["clock", "trusted"]);
    const before = stage.events.length;
    await stage.clock.advance(3_500);
    const outcomes = stage.events
      .slice(before)
      .flatMap((event) => (event.type === "probe" && event.member === "a" ? [event.result.outcome] : []));
    expect(outcomes).toEqual(["inconclusive"]);
    expect(fails()).toBe(0);
  });

  test("after a gap no idle connection is watched before its member is known again", async () => {
    const stage = new DaemonStage({ target: { watch: true } });
    await stage.clock.advance(minute);
    expect(stage.engine.watches).toMatchObject({ watched: 2, open: 2 });
    await stage.clock.stall(minute);
    while (stage.texts("trust").at(-1) !== "trusted") await stage.clock.advance(100);
    expect(stage.engine.watches).toMatchObject({ watched: 2, open: 0 });
    await stage.clock.advance(minute);
    expect(stage.engine.watches).toMatchObject({ watched: 2, open: 2 });
  });

  test("a loop of the probes that stood still is doubted at the first thing that it tells", async () => {
    const stage = new DaemonStage();
    stage.lags.probeLoopLateMs = 0;
    await stage.clock.advance(minute);
    stage.answer("a", "reset");
    const strikes = (): number => stage.daemon.snapshot().groups[0]?.members[0]?.strikes?.count ?? 0;
    while (strikes() < 2) await stage.clock.advance(10);
    await stage.clock.advance(9_900);
    const probes = stage.events.filter(({ type }) => type === "probe").length;
    while (stage.events.filter(({ type }) => type === "probe").length === probes) {
      stage.lags.probeLoopLateMs = 6_000;
      await stage.clock.advance(10);
    }
    expect(stage.texts("trust")).toEqual(["gap"]);
    expect(stage.texts("transition")).not.toContain("a unhealthy");
  });

  test("evidence grows old from when it was heard, however late it is read", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.lags.readsAfterMs = minute;
    await stage.clock.advance(5 * minute);
    expect(stage.texts("transition").at(-1)).toBe("a unhealthy");
    expect(stage.cloud.calls).toEqual([]);
    stage.lags.readsAfterMs = 0;
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("an answer of the provider that is the first thing after a gap does not lead to a step", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.cloud.tricks.push({ kind: "drop" });
    await untilCalls(stage, 1);
    stage.cloud.readMs = 100;
    const { reads } = stage.cloud;
    while (stage.cloud.reads === reads) await stage.clock.advance(10);
    stage.answer("a", "ok");
    // Shorter than evidence stays fresh, so that nothing else holds the step back.
    await stage.clock.stall(20_000);
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual(["attach b"]);
  });

  test("gathers evidence afresh after a gap, and then moves off a holder that is really dead", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(19_000);
    await stage.clock.stall(minute);
    const wokenAt = stage.clock.now();
    await stage.clock.advance(5 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    const startedAt = 1_000;
    const firstStepAt = Number(stage.cloud.calls[0]?.split(" ")[0]) * 1_000 + startedAt;
    // Three fails that were seen after the gap.
    expect(firstStepAt - wokenAt).toBeGreaterThan(20_000);
  });

  test("goes through a full first round again after a gap, also when one member cannot be judged", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"] });
    await stage.clock.advance(10 * minute);
    stage.answer("a", "refused");
    stage.answer("b", "dns-unavailable");
    await stage.clock.stall(minute);
    const wokenAt = stage.clock.now();
    while (stage.cloud.calls.length === 0) {
      if (stage.texts("transition").at(-1) === "a unhealthy") expect(stage.rule).toBe("first-round");
      expect(stage.clock.now() - wokenAt).toBeLessThan(minute);
      await stage.clock.advance(100);
    }
    // An interval, two repeats of it, a timeout and three ticks: so long a first verdict may take.
    expect(stage.clock.now() - wokenAt).toBeGreaterThanOrEqual(32_030);
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["c"]);
  });

  test.each([3_600_000, -3_600_000])("a wall clock that steps by %d ms moves nothing", async (ms) => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.clock.stepWall(ms);
    await stage.clock.advance(10 * minute);
    expect(stage.texts("trust")).toEqual(["clock", "trusted"]);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.rule).toBe("steady");
  });

  test("a monitor that lost its own network counts nothing against anybody", async () => {
    const stage = new DaemonStage({ canaries: ["router", "resolver"] });
    await stage.clock.advance(minute);
    for (const name of ["a", "router", "resolver"]) stage.answer(name, "unreachable");
    await stage.clock.advance(30 * minute);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.texts("trust")).toEqual(["uplink"]);
    expect(stage.daemon.snapshot().distrust).toMatchObject({ cause: "uplink" });
    expect(stage.texts("transition")).toEqual(["a healthy", "b healthy"]);
  });

  test("one canary that answers is enough, and the dead holder is moved off", async () => {
    const stage = new DaemonStage({ canaries: ["router", "resolver"] });
    await stage.clock.advance(minute);
    for (const name of ["a", "router"]) stage.answer(name, "unreachable");
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("strikes from before the network was known to be lost are not counted on", async () => {
    const stage = new DaemonStage({ canaries: ["router"] });
    await stage.clock.advance(minute);
    stage.answer("a", "unreachable");
    await stage.clock.advance(21_000);
    stage.answer("router", "unreachable");
    await stage.clock.advance(5 * minute);
    stage.answer("router", "ok");
    await stage.clock.advance(20_000);
    // Two strikes and one fail would be three, but the run began before the trouble.
    expect(stage.texts("transition")).toEqual(["a healthy", "b healthy"]);
    stage.answer("a", "ok");
    await stage.clock.advance(5 * minute);
    expect(stage.cloud.calls).toEqual([]);
  });
});

describe("a member that was unhealthy before the process stood still", () => {
  test("has to warm up when it is found healthy after it", async () => {
    const stage = new DaemonStage({ policy: { warmUpMs: 5 * minute, holdDownMs: 0 } });
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    stage.answer("b", "ok");
    await stage.clock.stall(minute);
    await stage.clock.advance(30_000);
    expect(stage.texts("transition").at(-1)).toBe("b healthy");
    stage.answer("a", "refused");
    await stage.clock.advance(4 * minute);
    expect(stage.steps).toEqual([]);
    expect(stage.rule).toBe("warm-up");
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });
});

describe("unrelated groups that fail together", () => {
  test("are given a minute more than one that fails alone, and are moved when they are really dead", async () => {
    const overall = { ...defaultOverall, share: { ofGroups: 1, windowMs: minute } };
    const stage = new DaemonStage({ copies: 4, overall });
    await stage.clock.advance(minute);
    const diedAt = stage.clock.now();
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(stage.texts("trust")).toEqual(["correlated"]);
    expect(stage.allCalls()).toEqual([]);
    await stage.clock.advance(2 * minute);
    expect(stage.texts("trust")).toEqual(["correlated", "trusted"]);
    expect(stage.allCalls()).toHaveLength(8);
    expect(stage.clock.now() - diedAt).toBeLessThanOrEqual(3 * minute);
  });

  test("are not moved when they come back within it", async () => {
    const stage = new DaemonStage({ copies: 4 });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(50_000);
    stage.answer("a", "ok");
    await stage.clock.advance(10 * minute);
    expect(stage.allCalls()).toEqual([]);
  });
});
