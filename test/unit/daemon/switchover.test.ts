/** A person moves the address, on a virtual clock. */
import { describe, expect, test } from "vitest";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;
const given = { by: "ann", reason: "upgrade of a" };

describe("a switchover", () => {
  test("moves a healthy holder's address, and the next automatic move waits for the hold-down", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    expect(stage.daemon.people.switchover("g", null, given)).toEqual({
      kind: "done",
      text: "ann moves g from a to b: upgrade of a",
      warning: null,
      member: "b",
    });
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("move-ended")).toEqual(["switchover completed"]);
    stage.answer("b", "refused");
    await stage.clock.advance(2 * minute);
    expect(stage.rule).toBe("hold-down");
    await stage.clock.advance(5 * minute);
    expect(stage.cloud.holders).toEqual(["a"]);
  });

  test("is made while all is paused, and mode approve asks nobody again", async () => {
    const stage = new DaemonStage({ policy: { mode: "approve" } });
    await stage.clock.advance(minute);
    stage.daemon.people.pause(null, { ...given, forMs: 60 * minute });
    stage.daemon.people.switchover("g", "b", given);
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.texts("question")).toEqual([]);
  });

  test("is void when it could not begin within a minute", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.blindness = "503";
    stage.daemon.people.switchover("g", "b", given);
    await stage.clock.advance(2 * minute);
    stage.cloud.blindness = null;
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
    expect(stage.rule).toBe("steady");
  });

  test("is given up when the member fails before it has the address, and not taken up again", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "409" });
    stage.daemon.people.switchover("g", "b", given);
    await untilCalls(stage, 2);
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    stage.cloud.tricksOf.clear();
    expect(stage.texts("move-ended")).toEqual(["switchover abandoned"]);
    stage.answer("b", "ok");
    const before = stage.steps.length;
    await stage.clock.advance(30 * minute);
    expect(stage.steps.length).toBe(before);
    expect(stage.cloud.holders).toEqual(["a"]);
  });

  test("that is killed half-way is finished by the next process", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.daemon.people.switchover("g", "b", given);
    await untilCalls(stage, 1);
    await stage.clock.advance(2_000);
    stage.kill();
    stage.start();
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toHaveLength(1);
  });

  test.each([
    ["in a pool", { holders: "all-healthy" }, "unfit", "In g every healthy member holds the address"],
    ["in mode shadow", { mode: "shadow" }, "unfit", "g is in mode shadow"],
  ] as const)("is refused %s", async (_, policy, rule, text) => {
    const stage = new DaemonStage({ policy });
    await stage.clock.advance(minute);
    expect(stage.daemon.people.switchover("g", "b", given)).toMatchObject({
      kind: "refused",
      rule,
      text: expect.stringContaining(text),
    });
  });

  test("is refused to a member that is not eligible, and moves nothing", async () => {
    const stage = new DaemonStage();
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    expect(stage.daemon.people.switchover("g", "b", given)).toMatchObject({ rule: "ineligible" });
    expect(stage.daemon.people.switchover("g", "x", given)).toMatchObject({ rule: "unknown" });
    expect(stage.daemon.people.switchover("g", "b", { ...given, reason: "" })).toMatchObject({
      rule: "unfit",
    });
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
  });
});
