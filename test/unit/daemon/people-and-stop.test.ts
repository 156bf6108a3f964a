import { describe, expect, test } from "vitest";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;

describe("the daemon and people", () => {
  test("ends its own move when a person moves the address meanwhile", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"] });
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "409" });
    stage.cloud.tricksOf.set("c", { kind: "reject", detail: "409" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(40_000);
    stage.cloud.tricksOf.clear();
    const before = stage.cloud.calls.length;
    stage.cloud.holders = ["c"];
    stage.answer("c", "refused");
    await stage.clock.advance(4 * minute);
    expect(stage.texts("holders")).toEqual(["a > c by hand"]);
    expect(stage.texts("move-ended")).toEqual(["failover abandoned"]);
    expect(stage.cloud.calls.length - before).toBeLessThanOrEqual(1);
    expect(stage.rule).toBe("changed-by-hand");
  });

  test("takes a late effect of its own step for its own", async () => {
    const stage = new DaemonStage();
    stage.cloud.tricks.push({ kind: "drop" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.answer("a", "ok");
    await stage.clock.advance(2 * minute);
    stage.cloud.holders = ["a", "b"];
    await stage.clock.advance(minute);
    expect(stage.texts("holders")[0]).toBe("a > a+b");
  });

  test("takes a person who repeats what it did itself for a person", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    stage.answer("a", "ok");
    stage.cloud.holders = ["a"];
    await stage.clock.advance(minute);
    stage.cloud.holders = ["b"];
    await stage.clock.advance(minute);
    expect(stage.texts("holders").slice(-2)).toEqual(["b > a by hand", "a > b by hand"]);
  });

  test("does not fight a person who detaches first and attaches a little later", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.holders = [];
    await stage.clock.advance(45_000);
    stage.cloud.holders = ["b"];
    await stage.clock.advance(60 * minute);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("keeps the member that a person attached beside the preferred one", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.holders = ["a", "b"];
    await stage.clock.advance(60 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("gives an orphaned address to a member that is held down, when it is the only healthy one", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    stage.answer("a", "ok");
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    stage.cloud.holders = [];
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual(["a"]);
  });

  test("adopts an address that was moved by hand, and does not fight", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.holders = ["b"];
    await stage.clock.advance(60 * minute);
    expect(stage.texts("holders")).toEqual(["a > b by hand"]);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.rule).toBe("steady");
  });

  test("leaves a move by hand alone even when its member is dead, until the hold-down is over", async () => {
    const stage = new DaemonStage();
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    stage.cloud.holders = ["b"];
    await stage.clock.advance(4 * minute);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.rule).toBe("changed-by-hand");
    await stage.clock.advance(3 * minute);
    expect(stage.cloud.holders).toEqual(["a"]);
  });

  test("gives an address that nobody holds to the preferred member once that is confirmed", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.holders = [];
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual(["a"]);
    expect(stage.texts("move-ended")).toEqual(["orphan completed"]);
  });

  test("never touches a holder that it does not know", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.holders = [];
    stage.cloud.foreign = ["11111111-2222-3333-4444-555555555555"];
    stage.answer("a", "refused");
    await stage.clock.advance(60 * minute);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.rule).toBe("foreign-holder");
  });
});

describe("the daemon when it is stopped", () => {
  test("ends at once when nothing is under way", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.daemon.stop();
    await stage.clock.advance(0);
    expect(stage.ended).toBe(true);
    expect(stage.clock.pendingTimers).toBe(0);
    expect(stage.steps).toEqual([]);
    expect(stage.cloud.holders).toEqual(["a"]);
  });

  test("finishes the step under way and begins no other", async () => {
    const stage = new DaemonStage();
    stage.cloud.stepMs = 5_000;
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.daemon.stop();
    await stage.clock.advance(4_000);
    expect(stage.ended).toBe(false);
    await stage.clock.advance(1_000);
    expect(stage.ended).toBe(true);
    expect(stage.cloud.holders).toEqual(["a", "b"]);
    expect(stage.cloud.calls).toHaveLength(1);
  });

  test("does not leave the address with nobody: a move that detached first is finished", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.daemon.stop();
    await stage.clock.advance(9_000);
    expect(stage.ended).toBe(true);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("does not wait for a provider that cannot be asked when nothing of ours is open", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.cloud.blindness = "503";
    await stage.clock.advance(minute);
    stage.daemon.stop();
    await stage.clock.advance(0);
    expect(stage.ended).toBe(true);
  });

  test("goes on with a move that detached first also when it is stopped while it waits for the next attempt", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    stage.cloud.tricks.push(null, { kind: "reject-call" }, { kind: "reject-call" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 2);
    await stage.clock.advance(2_500);
    stage.daemon.stop();
    await stage.clock.advance(9_000);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("gives up a step that takes too long", async () => {
    const stage = new DaemonStage();
    stage.cloud.tricks.push({ kind: "hang" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.daemon.stop();
    await stage.clock.advance(8_999);
    expect(stage.ended).toBe(false);
    await stage.clock.advance(1);
    expect(stage.ended).toBe(true);
  });
});

test("a bug in one group ends the daemon, but not before the steps of the others have ended", async () => {
  const stage = new DaemonStage({ policy: { order: "detach-first" }, besides: "a group that breaks" });
  await stage.clock.advance(minute);
  stage.answer("a", "refused");
  await untilCalls(stage, 1);
  stage.breakBesides();
  // Whatever wakes its loop makes it break at once, in the middle of the step of the other group.
  stage.daemon.people.pause("besides", { by: "ann", reason: "game day", forMs: minute });
  await stage.clock.advance(100);
  expect(stage.ended).toBe(false);
  await stage.clock.advance(minute);
  expect(stage.ended).toBe(true);
  expect(stage.bug).toMatchObject({ cause: new Error("a group that breaks") });
  expect(stage.cloud.holders).toEqual(["b"]);
});
