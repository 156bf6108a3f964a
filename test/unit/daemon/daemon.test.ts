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
    expect(stage.texts("decision")).toEqual(["hold first-round", "hold steady"]);
  });

  test("moves the address off a dead holder, attaching first, and says each decision once", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.cloud.calls.map((call) => call.replace(/^\d+ /, ""))).toEqual(["attach b", "detach a"]);
    expect(stage.texts("transition")).toEqual(
      expect.arrayContaining(["a healthy", "b healthy", "a unhealthy"]),
    );
    expect(stage.texts("holders")).toEqual(["a > a+b", "a+b > b"]);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
    expect(stage.texts("decision").slice(-3)).toEqual(["act failover", "act finish-move", "hold steady"]);
  });

  test("detects within the contract of 20 to 32 seconds and acts at once", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(32_000);
    const [first] = stage.cloud.calls;
    const second = Number(first?.split(" ")[0]);
    expect(second).toBeGreaterThanOrEqual(80);
    expect(second).toBeLessThanOrEqual(92);
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
    expect(stage.cloud.calls.map((call) => call.replace(/^\d+ /, ""))).toEqual(["flip to b"]);
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

describe("the daemon with a provider in trouble", () => {
  test("does not move while the provider cannot be asked, and moves as soon as it can", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.blindness = "503";
    stage.answer("a", "refused");
    await stage.clock.advance(30 * minute);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.rule).toBe("truth-unknown");
    stage.cloud.blindness = null;
    await stage.clock.advance(31_000);
    expect(stage.cloud.calls[0]).toMatch(/attach b$/);
  });

  test("does not hammer a provider that cannot be asked", async () => {
    const stage = new DaemonStage();
    stage.cloud.blindness = "503";
    await stage.clock.advance(60 * minute);
    expect(stage.cloud.reads).toBeLessThan(60 * 3);
  });

  test("waits while the provider is at work for somebody else", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.cloud.busy = "an operation is under way";
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.cloud.calls).toEqual([]);
    stage.cloud.busy = null;
    await stage.clock.advance(10_000);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("takes the next member when the provider refuses the first", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"] });
    stage.cloud.tricks.push({ kind: "reject", detail: "instance not found" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    const steps = stage.cloud.calls.map((call) => call.replace(/^\d+ /, ""));
    expect(steps).toEqual(["attach b", "attach c", "detach a"]);
    expect(stage.cloud.holders).toEqual(["c"]);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
  });

  test("asks again for the only standby after a refusal, sooner than the hold-down", async () => {
    const stage = new DaemonStage();
    stage.cloud.tricks.push({ kind: "reject", detail: "429" }, { kind: "reject", detail: "429" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("looks again when the reply is lost, and does not repeat what was done", async () => {
    const stage = new DaemonStage();
    stage.cloud.tricks.push({ kind: "lose-reply" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(2 * minute);
    const steps = stage.cloud.calls.map((call) => call.replace(/^\d+ /, ""));
    expect(steps).toEqual(["attach b", "detach a"]);
  });

  test("backs off when a step is answered as applied and does not show", async () => {
    const stage = new DaemonStage();
    for (let i = 0; i < 50; i++) stage.cloud.tricks.push({ kind: "lie" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(5 * minute);
    expect(stage.cloud.calls.length).toBeGreaterThan(2);
    expect(stage.cloud.calls.length).toBeLessThan(15);
  });

  test("gives up waiting for a provider that never answers, and goes on watching", async () => {
    const stage = new DaemonStage();
    stage.cloud.tricks.push({ kind: "hang" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(3 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    const ended = stage.events
      .filter((event) => event.type === "step-ended")
      .map(({ effect }) => effect.kind);
    expect(ended).toEqual(["uncertain", "applied", "applied"]);
  });

  test("keeps both holders when the detach fails, and tries again", async () => {
    const stage = new DaemonStage();
    stage.cloud.tricks.push(null, { kind: "reject", detail: "409" }, { kind: "reject", detail: "409" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(33_000);
    expect(stage.cloud.holders).toEqual(["a", "b"]);
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });
});

describe("the daemon and people", () => {
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
    await stage.clock.advance(minute);
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
  });

  test("finishes the step under way and begins no other", async () => {
    const stage = new DaemonStage();
    stage.cloud.stepMs = 5_000;
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.daemon.stop();
    await stage.clock.advance(5_000);
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

  async function untilCalls(stage: DaemonStage, count: number): Promise<void> {
    for (let i = 0; i < 600 && stage.cloud.calls.length < count; i++) await stage.clock.advance(100);
    expect(stage.cloud.calls).toHaveLength(count);
  }
});

test("a killed daemon's half-done move is finished by the next one", async () => {
  const stage = new DaemonStage({ holders: ["a", "b"] });
  stage.answer("a", "refused");
  await stage.clock.advance(firstRoundMs + minute);
  expect(stage.cloud.calls.map((call) => call.replace(/^\d+ /, ""))).toEqual(["detach a"]);
  expect(stage.cloud.holders).toEqual(["b"]);
});
