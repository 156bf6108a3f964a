/** Maintenance windows while the daemon runs, on a virtual clock. Its day begins at 08:00:01 UTC. */
import { describe, expect, test } from "vitest";
import type { CalendarConfig, MaintenanceConfig } from "../../../src/config/config.ts";
import { DaemonStage } from "./stage.ts";

const minute = 60_000;
const hour = 60 * minute;
const given = { by: "ann", reason: "upgrade of a" };

function windows(...all: readonly Partial<MaintenanceConfig>[]): { readonly calendar: CalendarConfig } {
  const usual = { cron: "10 8 * * *", timezone: "UTC", forMs: 30 * minute, mode: "hold" } as const;
  const maintenance = all.map((each): MaintenanceConfig => Object.assign({}, usual, each));
  return { calendar: { maintenance, drill: null } };
}

function countOf(stage: DaemonStage, text: string): number {
  return stage.texts("decision").filter((each) => each === text).length;
}

describe("a maintenance window", () => {
  test("holds back the failover, says so once, and lets it begin as it ends", async () => {
    const stage = new DaemonStage(windows({}));
    await stage.clock.advance(12 * minute);
    stage.answer("a", "refused");
    await stage.clock.advance(27 * minute);
    expect(stage.rule).toBe("maintenance");
    expect(countOf(stage, "hold maintenance")).toBe(1);
    expect(stage.steps).toEqual([]);
    expect(stage.texts("transition")).toContain("a unhealthy");
    // It wakes by itself, long before the next look at the provider would be due.
    await stage.clock.advance(minute - 1_000 + 100);
    expect(stage.steps).toEqual(["attach b"]);
    expect(stage.texts("maintenance")).toEqual(["hold", "over"]);
  });

  test("begins by itself to the second", async () => {
    const stage = new DaemonStage(windows({}));
    await stage.clock.advance(10 * minute - 1_000 - 100);
    expect(stage.texts("maintenance")).toEqual([]);
    await stage.clock.advance(200);
    expect(stage.texts("maintenance")).toEqual(["hold"]);
  });

  test("that is open as the daemon starts holds at once", async () => {
    const stage = new DaemonStage(windows({ cron: "50 7 * * *" }));
    stage.answer("a", "refused");
    await stage.clock.advance(19 * minute);
    stage.kill();
    stage.start();
    await stage.clock.advance(50_000 - 2_000);
    expect([stage.rule, stage.steps]).toEqual(["maintenance", []]);
    await stage.clock.advance(30_000);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("lets a move under way come to its end", async () => {
    const stage = new DaemonStage(windows({}));
    stage.cloud.stepMs = 20_000;
    await stage.clock.advance(9 * minute);
    stage.answer("a", "refused");
    await stage.clock.advance(3 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
  });

  test("lets a person move the address, and holds back the next failover", async () => {
    const stage = new DaemonStage(windows({}));
    await stage.clock.advance(12 * minute);
    expect(stage.daemon.people.switchover("g", "b", given)).toMatchObject({ kind: "done" });
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    stage.answer("b", "refused");
    await stage.clock.advance(20 * minute);
    expect([stage.rule, stage.cloud.holders]).toEqual(["maintenance", ["b"]]);
  });

  test("of mode approve asks a person, and ends with the need to ask", async () => {
    const stage = new DaemonStage(windows({ mode: "approve" }));
    await stage.clock.advance(12 * minute);
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.rule).toBe("approval");
    expect(stage.texts("question")).toHaveLength(1);
    await stage.clock.advance(20 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.daemon.snapshot().groups[0]?.question).toBeNull();
  });

  test("of mode approve lets a move begin that a person approves", async () => {
    const stage = new DaemonStage(windows({ mode: "approve" }));
    await stage.clock.advance(12 * minute);
    stage.answer("a", "refused");
    await stage.clock.advance(2 * minute);
    stage.daemon.people.answer("g", null, "approved", { by: "ann" });
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("of mode hold comes before one of mode approve", async () => {
    const stage = new DaemonStage(windows({ mode: "approve", forMs: hour }, { forMs: 5 * minute }));
    stage.answer("a", "refused");
    stage.answer("b", "refused");
    await stage.clock.advance(11 * minute);
    stage.answer("b", "ok");
    await stage.clock.advance(2 * minute);
    expect(stage.rule).toBe("maintenance");
    await stage.clock.advance(3 * minute);
    expect(stage.rule).toBe("approval");
  });

  test("follows the wall clock when that is set, within the time of a look at ourselves", async () => {
    const stage = new DaemonStage(windows({}));
    await stage.clock.advance(minute);
    stage.clock.stepWall(15 * minute);
    await stage.clock.advance(5_000);
    expect(stage.texts("maintenance")).toEqual(["hold"]);
    stage.clock.stepWall(-15 * minute);
    await stage.clock.advance(5_000);
    expect(stage.texts("maintenance")).toEqual(["hold", "over"]);
  });

  test("that is slept through has not been", async () => {
    const stage = new DaemonStage(windows({}));
    await stage.clock.advance(minute);
    await stage.clock.stall(2 * hour);
    await stage.clock.advance(minute);
    expect(stage.texts("maintenance")).toEqual([]);
  });

  test("comes and goes with a reload", async () => {
    const stage = new DaemonStage();
    stage.answer("a", "refused");
    await stage.reload((group) => ({ ...group, ...windows({ cron: "0 8 * * *" }) }));
    await stage.clock.advance(5 * minute);
    expect([stage.rule, stage.steps]).toEqual(["maintenance", []]);
    await stage.reload((group) => group);
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("is told with what comes next", async () => {
    const stage = new DaemonStage(windows({}));
    await stage.clock.advance(9 * minute);
    const { agenda } = stage.daemon.snapshot().groups[0]!;
    expect(agenda).toMatchObject({ maintenance: null, nextMaintenanceInMs: minute - 1_000 });
    await stage.clock.advance(2 * minute);
    expect(stage.daemon.snapshot().groups[0]?.agenda).toMatchObject({
      maintenance: { mode: "hold", text: "10 8 * * *, UTC, for 30m" },
      nextMaintenanceInMs: 24 * hour - minute - 1_000,
    });
  });
});
