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

  test.each([
    ["attach-first", "attach b, then detach a"],
    ["detach-first", "detach a, then attach b"],
  ] as const)("that is only tried says each step (%s), and does nothing", async (order, steps) => {
    const stage = new DaemonStage({ policy: { order } });
    await stage.clock.advance(minute);
    const { people } = stage.daemon;
    expect(people.switchover("g", null, { ...given, dryRun: true })).toEqual({
      kind: "done",
      text: `Would move g from a to b: ${steps}`,
      warning: null,
      member: "b",
    });
    expect(people.failback("g", { ...given, dryRun: true })).toMatchObject({ rule: "nothing" });
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    const forced = people.switchover("g", "b", { ...given, force: true, dryRun: true });
    expect(forced).toMatchObject({ kind: "done", warning: expect.stringContaining("b is unhealthy") });
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual([]);
    expect(people.standing).toEqual([]);
    expect(stage.events.filter(({ type }) => type === "order")).toEqual([]);
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

describe("a switchover by force", () => {
  test("goes to a member whose probes fail, says what it overrides, and leaves it when nobody vouches any more", async () => {
    const stage = new DaemonStage();
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    const reply = stage.daemon.people.switchover("g", "b", { ...given, force: true });
    expect(reply).toMatchObject({
      kind: "done",
      member: "b",
      text: "ann moves g from a to b: upgrade of a",
      warning: expect.stringMatching(
        /^b is unhealthy \(it refused the connection\); for 10m it counts as healthy all the same\. After that its probes decide again/,
      ),
    });
    await stage.clock.advance(5 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.daemon.people.standing).toMatchObject([
      { subject: { kind: "force", group: "g", member: "b", health: "healthy" }, order: { by: "ann" } },
    ]);
    await stage.clock.advance(6 * minute);
    expect(stage.cloud.holders).toEqual(["a"]);
    expect(stage.daemon.people.standing).toEqual([]);
    expect(stage.texts("order")).toEqual([
      "ann forces b of g to be healthy for 10m, for a switchover: upgrade of a",
      "ann moves g from a to b: upgrade of a",
      "the force of b of g has expired (ann: upgrade of a)",
    ]);
    expect(stage.texts("move-ended")).toEqual(["switchover completed", "failover completed"]);
  });

  test("stays where it is when the vouching ends and every member is dead", async () => {
    const stage = new DaemonStage();
    for (const name of ["a", "b"]) stage.answer(name, "refused");
    await stage.clock.advance(minute);
    stage.daemon.people.switchover("g", "b", { ...given, force: true });
    await stage.clock.advance(30 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.rule).toBe("all-down");
  });

  test("vouches for nobody when the probes prove the member anyway", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    expect(stage.daemon.people.switchover("g", "b", { ...given, force: true })).toMatchObject({
      warning: null,
    });
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.daemon.people.standing).toEqual([]);
  });

  test("is refused to a drained member, and without a member", async () => {
    const stage = new DaemonStage();
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    stage.daemon.people.drain("g", "b", { by: "bob", reason: "disk", forMs: null });
    expect(stage.daemon.people.switchover("g", "b", { ...given, force: true })).toMatchObject({
      rule: "ineligible",
      text: "No member may receive the address: b is drained (bob: disk); failoverd undrain g b takes that back",
    });
    expect(stage.daemon.people.switchover("g", null, { ...given, force: true })).toMatchObject({
      rule: "unfit",
    });
    expect(stage.daemon.people.standing).toHaveLength(1);
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
  });
});

describe("a failback by a person", () => {
  test("moves the address to the member that is preferred to all others, and says why not", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    const { people } = stage.daemon;
    expect(people.failback("g", given)).toMatchObject({
      rule: "nothing",
      text: "a holds the address already",
    });
    people.switchover("g", "b", given);
    await stage.clock.advance(minute);
    expect(people.failback("g", given)).toMatchObject({ text: "ann moves g from b back to a: upgrade of a" });
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["a"]);
    expect(people.failback("x", given)).toMatchObject({ rule: "unknown" });
  });
});

describe("a person who wants it now", () => {
  test("has the provider asked at once who holds the address", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    const readings = (): number => stage.events.filter(({ type }) => type === "reading").length;
    const before = readings();
    expect(stage.daemon.people.reconcile("g", { by: "ann" })).toMatchObject({
      text: "ann has the provider asked now who holds the address of g",
    });
    await stage.clock.advance(0);
    expect(readings()).toBe(before + 1);
    expect(stage.daemon.people.reconcile("x", { by: "ann" })).toMatchObject({ rule: "unknown" });
    expect(stage.daemon.people.reconcile(null, { by: "ann" })).toMatchObject({ kind: "done" });
  });

  test("has members probed at once, and no more often than their interval", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute + 1);
    const probes = (): number => stage.events.filter(({ type }) => type === "probe").length;
    const before = probes();
    expect(stage.daemon.people.probeNow("g", null, { by: "ann" })).toMatchObject({
      text: "ann has a, b of g probed now",
    });
    await stage.clock.advance(50);
    expect(probes()).toBe(before + 2);
    for (const member of [null, "a"])
      expect(stage.daemon.people.probeNow("g", member, { by: "ann" })).toMatchObject({ rule: "nothing" });
    await stage.clock.advance(minute);
    expect(stage.daemon.people.probeNow("g", "a", { by: "ann" })).toMatchObject({
      text: "ann has a of g probed now",
    });
    expect(stage.daemon.people.probeNow("g", "x", { by: "ann" })).toMatchObject({ rule: "unknown" });
  });

  test("has no member probed of which a strike counts, so that strikes stay an interval apart", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    const strikes = (): unknown => stage.daemon.snapshot().groups[0]?.members[0]?.strikes?.count;
    while (strikes() !== 1) await stage.clock.advance(10);
    expect(stage.daemon.people.probeNow("g", "a", { by: "ann" })).toMatchObject({
      kind: "refused",
      rule: "nothing",
    });
    await stage.clock.advance(1_000);
    expect(strikes()).toBe(1);
  });
});
