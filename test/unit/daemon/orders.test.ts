/** What people say to a running daemon, on a virtual clock. */
import { describe, expect, test } from "vitest";
import { Orders } from "../../../src/daemon/orders.ts";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;
const hour = 60 * minute;
const given = { by: "ann", reason: "kernel upgrade", forMs: hour };

describe("a pause", () => {
  test("holds back every move until it is over, and then the dead holder is moved off", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    expect(stage.daemon.people.pause("g", given)).toEqual({
      kind: "done",
      text: "ann pauses g for 1h: kernel upgrade",
      warning: null,
    });
    stage.answer("a", "refused");
    await stage.clock.advance(hour - 2 * minute);
    expect(stage.steps).toEqual([]);
    expect(stage.rule).toBe("paused");
    await stage.clock.advance(3 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("order")).toEqual([
      "ann pauses g for 1h: kernel upgrade",
      "the pause of g has expired (ann: kernel upgrade)",
    ]);
  });

  test("of all groups holds back each, and resuming one of them does not lift it", async () => {
    const stage = new DaemonStage({ copies: 2 });
    await stage.clock.advance(minute);
    stage.daemon.people.pause(null, given);
    stage.daemon.people.pause("g", { ...given, by: "bob" });
    expect(stage.daemon.people.resume("g", { by: "bob" })).toMatchObject({
      kind: "done",
      warning: "g is still paused with all groups (ann: kernel upgrade)",
    });
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.allCalls()).toEqual([]);
    stage.daemon.people.resume(null, { by: "ann" });
    await stage.clock.advance(minute);
    expect(stage.allCalls()).toHaveLength(4);
  });

  test("is checked right before each step: a move stops between two of them", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.daemon.people.pause("g", given);
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual(["attach b"]);
    expect(stage.cloud.holders).toEqual(["a", "b"]);
    expect(stage.texts("move-ended")).toEqual(["failover abandoned"]);
    stage.daemon.people.resume("g", { by: "ann" });
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("does not leave an address nowhere that we took off", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.daemon.people.pause("g", given);
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["detach a", "attach b"]);
  });

  test("is decided on afresh when it ends: what was true before does not count", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.daemon.people.pause("g", given);
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    // A person has done the move meanwhile.
    stage.cloud.holders = ["b"];
    stage.daemon.people.resume("g", { by: "ann" });
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual([]);
    expect(stage.rule).toBe("steady");
  });

  test("survives a restart, with or without the journal", async () => {
    for (const withoutJournal of [false, true]) {
      const stage = new DaemonStage();
      await stage.clock.advance(minute);
      stage.daemon.people.pause(null, given);
      stage.kill();
      stage.start({ withoutJournal });
      stage.answer("a", "refused");
      await stage.clock.advance(30 * minute);
      expect(stage.steps).toEqual([]);
      expect(stage.daemon.snapshot()).toMatchObject({ paused: { by: "ann" }, groups: [{ rule: "paused" }] });
      await stage.clock.advance(31 * minute);
      expect(stage.cloud.holders).toEqual(["b"]);
    }
  });

  test("that people have told another process of ours counts too, right before a step", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    const other = new Orders({
      clock: stage.clock,
      store: stage.orderStore,
      onChange: () => undefined,
      onExpiry: () => undefined,
    });
    other.give({ kind: "pause", group: null }, given);
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
    expect(stage.rule).toBe("paused");
    other.takeBack({ kind: "pause", group: null });
    other.give({ kind: "drain", group: "g", member: "b" }, given);
    // What it gives itself does not undo what the other one was told.
    stage.daemon.people.force("g", "a", "unhealthy", given);
    expect(stage.daemon.people.standing.map(({ subject }) => subject.kind)).toEqual(["drain", "force"]);
    other.stop();
  });

  test("that could not be saved is not undone by what another process saves, and is saved when there is room again", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    const { orderStore, clock } = stage;
    const parts = { clock, onChange: () => undefined, onExpiry: () => undefined };
    const other = new Orders({ ...parts, store: orderStore });
    orderStore.trouble = "the disk is full";
    stage.daemon.people.pause("g", given);
    // The disk has room for the other one first.
    orderStore.trouble = null;
    other.give({ kind: "drain", group: "g", member: "b" }, given);
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
    other.takeBack({ kind: "drain", group: "g", member: "b" });
    stage.daemon.people.force("g", "b", "healthy", given);
    expect(orderStore.saved.map(({ subject }) => subject.kind)).toEqual(["pause", "force"]);
    other.stop();
  });

  test("holds although it cannot be saved, and says that it would not survive a restart", async () => {
    const stage = new DaemonStage();
    stage.orderStore.trouble = "the disk is full";
    expect(stage.daemon.people.pause("g", given)).toMatchObject({
      kind: "done",
      warning: "It holds now, but not after a restart, since it could not be saved: the disk is full",
    });
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
  });
});

describe("people are told what makes no sense", () => {
  const stage = new DaemonStage();
  const { people } = stage.daemon;
  test.each([
    [
      "a group that is not there",
      () => people.pause("h", given),
      "unknown",
      "There is no group h; there are g",
    ],
    [
      "a member that is not there",
      () => people.drain("g", "c", given),
      "unknown",
      "There is no member c in group g; there are a, b",
    ],
    [
      "a pause without an end",
      () => people.pause("g", { ...given, forMs: null }),
      "unfit",
      "A pause must end by itself: say for how long",
    ],
    [
      "a force without an end",
      () => people.force("g", "a", "healthy", { ...given, forMs: null }),
      "unfit",
      "A force must end by itself: say for how long",
    ],
    [
      "a pause of a year",
      () => people.pause("g", { ...given, forMs: 366 * 24 * hour }),
      "unfit",
      "An order holds for at most 720h: got 8784h",
    ],
    [
      "a pause without a reason",
      () => people.pause("g", { ...given, reason: " " }),
      "unfit",
      "An order needs a reason, so that others know why",
    ],
    [
      "a pause by nobody",
      () => people.pause("g", { ...given, by: "" }),
      "unfit",
      "An order needs a name: who gives it",
    ],
    [
      "a resume of what is not paused",
      () => people.resume("g", { by: "ann" }),
      "nothing",
      "There is nothing to take back: g is not paused",
    ],
    [
      "an undrain of what is not drained",
      () => people.undrain("g", "a", { by: "ann" }),
      "nothing",
      "There is nothing to take back: a of g is not drained",
    ],
    [
      "an approval that nobody asked for",
      () => people.answer("g", null, "approved", { by: "ann" }),
      "nothing",
      "No move of g waits for approval",
    ],
    [
      "an acknowledgement of nothing",
      () => people.acknowledge("g", { by: "ann" }),
      "nothing",
      "There is nothing to acknowledge in g",
    ],
  ] as const)("%s", (_, ask, rule, text) => {
    expect(ask()).toEqual({ kind: "refused", rule, text });
    expect(stage.texts("order")).toEqual([]);
  });
});

describe("drain and force", () => {
  test("a drained member is left out until it is taken back", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"] });
    await stage.clock.advance(minute);
    stage.daemon.people.drain("g", "b", { ...given, forMs: null });
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["c"]);
    expect(stage.daemon.snapshot().groups[0]?.members[1]).toMatchObject({
      drained: { by: "ann", until: null },
      limitation: "b is drained (ann: kernel upgrade)",
    });
    stage.daemon.people.undrain("g", "b", { by: "ann" });
    stage.answer("c", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("a force shows the real health beside the one that counts, and ends by itself", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.daemon.people.force("g", "a", "unhealthy", given);
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    const ofA = (): unknown => stage.daemon.snapshot().groups[0]?.members[0];
    expect(ofA()).toMatchObject({ health: "unhealthy", realHealth: "healthy", forced: { by: "ann" } });
    await stage.clock.advance(hour);
    expect(ofA()).toMatchObject({ health: "healthy", realHealth: "healthy", forced: null });
  });

  test("a health can be forced one way only", () => {
    const stage = new DaemonStage();
    stage.daemon.people.force("g", "a", "unhealthy", given);
    stage.daemon.people.force("g", "a", "healthy", given);
    expect(stage.daemon.people.standing).toHaveLength(1);
    stage.daemon.people.unforce("g", "a", { by: "ann" });
    expect(stage.daemon.people.standing).toEqual([]);
  });
});

describe("the reason of a group whose holder is forced to be healthy", () => {
  test("says who has forced it, since its probes see something else", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.daemon.people.force("g", "a", "healthy", given);
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
    expect(stage.daemon.snapshot().groups[0]?.why).toBe(
      "a holds the address and is healthy (forced by ann: kernel upgrade)",
    );
  });
});

describe("an acknowledged change by hand", () => {
  test("is nothing to acknowledge once it is left alone no longer anyway", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.holders = ["b"];
    await stage.clock.advance(20 * minute);
    expect(stage.daemon.people.acknowledge("g", { by: "ann" })).toMatchObject({
      kind: "refused",
      rule: "nothing",
    });
  });

  test("keeps the member that the person chose", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.holders = ["a", "b"];
    await stage.clock.advance(minute);
    expect(stage.daemon.people.acknowledge("g", { by: "ann" })).toMatchObject({ kind: "done" });
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("is left alone no longer, also after a restart", async () => {
    for (const restart of [false, true]) {
      const stage = new DaemonStage();
      await stage.clock.advance(minute);
      stage.cloud.holders = ["b"];
      stage.answer("b", "refused");
      await stage.clock.advance(minute);
      expect(stage.rule).toBe("changed-by-hand");
      stage.daemon.people.acknowledge("g", { by: "ann" });
      if (restart) {
        stage.kill();
        stage.start();
      }
      await stage.clock.advance(minute);
      expect(stage.cloud.holders).toEqual(["a"]);
    }
  });
});
