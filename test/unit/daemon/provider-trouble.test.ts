import { describe, expect, test } from "vitest";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;

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
    expect(stage.steps).toEqual(["attach b", "attach c", "detach a"]);
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
    expect(stage.steps).toEqual(["attach b", "detach a"]);
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
    await stage.clock.advance(28_000);
    expect(stage.cloud.holders).toEqual(["a", "b"]);
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });
});

describe("the daemon when steps fail for a long time", () => {
  const holding = (stage: DaemonStage): string => stage.cloud.holders.join();

  test("tries another member when one stays uncertain", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"] });
    stage.cloud.tricksOf.set("b", { kind: "drop" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(2 * minute);
    expect(holding(stage)).toBe("c");
  });

  test("tries another member when one is answered as applied and never shows", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"] });
    stage.cloud.tricksOf.set("b", { kind: "lie" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(2 * minute);
    expect(holding(stage)).toBe("c");
  });

  test("does not turn to another member when the call itself is not accepted", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"] });
    stage.cloud.tricks.push({ kind: "reject-call" }, { kind: "reject-call" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(2 * minute);
    expect(stage.steps).toEqual(["attach b", "attach b", "attach b", "detach a"]);
  });

  test("does not use up the limit with moves that never happened", async () => {
    const stage = new DaemonStage();
    stage.cloud.tricksOf.set("b", { kind: "drop" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(60 * minute);
    stage.cloud.tricksOf.clear();
    await stage.clock.advance(2 * minute);
    expect(holding(stage)).toBe("b");
    expect(stage.texts("move-ended").at(-1)).toBe("failover completed");
  });

  test("lets a dead member leave a pool although another one cannot join", async () => {
    const policy = { holders: "all-healthy" } as const;
    const stage = new DaemonStage({ members: ["a", "b", "c"], holders: ["a", "b"], policy });
    stage.cloud.tricksOf.set("c", { kind: "reject", detail: "instance not found" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(2 * minute);
    expect(holding(stage)).toBe("b");
  });

  test("asks less and less often for a pool member that is refused for ever", async () => {
    const policy = { holders: "all-healthy" } as const;
    const stage = new DaemonStage({ members: ["a", "b"], holders: ["a"], policy });
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "instance not found" });
    await stage.clock.advance(60 * minute);
    expect(stage.cloud.calls.length).toBeGreaterThan(10);
    expect(stage.cloud.calls.length).toBeLessThan(90);
  });

  test("asks less and less often for it also while others come and go all the time", async () => {
    const policy = { holders: "all-healthy", holdDownMs: 0 } as const;
    const stage = new DaemonStage({ members: ["a", "b", "c"], holders: ["a"], policy });
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "instance not found" });
    for (let i = 0; i < 60; i++) {
      stage.answer("c", i % 2 === 0 ? "ok" : "refused");
      await stage.clock.advance(minute);
    }
    const asked = stage.steps.filter((step) => step === "attach b").length;
    expect(stage.steps.length - asked).toBeGreaterThan(50);
    expect(asked).toBeGreaterThan(10);
    expect(asked).toBeLessThan(40);
  });

  test("forgets how often a member was refused once it was given the address", async () => {
    const policy = { holders: "all-healthy", holdDownMs: 0 } as const;
    const stage = new DaemonStage({ members: ["a", "b"], holders: ["a"], policy });
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "busy" });
    await stage.clock.advance(30 * minute);
    stage.cloud.tricksOf.clear();
    await stage.clock.advance(5 * minute);
    expect(stage.cloud.holders).toEqual(["a", "b"]);
    stage.cloud.tricks.push({ kind: "reject", detail: "busy" });
    const before = stage.cloud.calls.length;
    stage.cloud.holders = ["a"];
    await stage.clock.advance(5 * minute);
    stage.daemon.people.acknowledge("g", { by: "ann" });
    await stage.clock.advance(30_000);
    expect(stage.steps.slice(before)).toEqual(["attach b", "attach b"]);
  });

  test("detach-first: puts the address back where it was when the new holder is refused again and again", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "instance not found" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(2 * minute);
    expect(stage.steps).toEqual(["detach a", "attach b", "attach b", "attach b", "attach a"]);
    expect(stage.cloud.holders).toEqual(["a"]);
    expect(stage.texts("move-ended")).toEqual(["failover abandoned"]);
  });

  test("detach-first: one refusal of the attach does not put the address back on the dead member", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    stage.cloud.tricks.push(null, { kind: "reject", detail: "too many requests" });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["detach a", "attach b", "attach b"]);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
  });

  test("detach-first: one failed probe of the standby meanwhile does not put it back either", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    stage.cloud.stepMs = 12_000;
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.answer("b", "refused");
    await stage.clock.advance(11_000);
    stage.answer("b", "ok");
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["detach a", "attach b"]);
  });

  test("detach-first: goes on trying every ten seconds, without a limit, while nobody holds the address because of it", async () => {
    const policy = { order: "detach-first", limit: { moves: 1, windowMs: 86_400_000 } } as const;
    const stage = new DaemonStage({ policy });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.cloud.tricks.push(null);
    for (const name of ["a", "b"]) stage.cloud.tricksOf.set(name, { kind: "reject", detail: "503" });
    await stage.clock.advance(60 * minute);
    expect(holding(stage)).toBe("");
    const before = stage.steps.length;
    await stage.clock.advance(60 * minute);
    expect(stage.steps.length - before).toBeGreaterThanOrEqual(240);
    stage.cloud.tricksOf.clear();
    await stage.clock.advance(2 * minute);
    expect(holding(stage)).toBe("b");
  });

  test("forgets the failures of a move that is over: the next one does not begin with a long wait", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    for (let i = 0; i < 6; i++) stage.cloud.tricks.push({ kind: "reject-call" });
    await stage.clock.advance(40_000);
    stage.answer("a", "ok");
    await stage.clock.advance(86_400_000);
    expect(stage.texts("move-ended")).toEqual(["failover abandoned"]);
    const before = stage.cloud.calls.length;
    stage.cloud.tricks.length = 0;
    stage.cloud.tricks.push({ kind: "reject-call" });
    stage.answer("a", "refused");
    await untilCalls(stage, before + 2);
    const times = stage.cloud.calls.slice(before).map((call) => Number(call.split(" ")[0]));
    expect(times[1]! - times[0]!).toBeLessThanOrEqual(4);
  });

  test("asks a refused member for less and less often, also while the steps of others are applied", async () => {
    const policy = { holders: "all-healthy", holdDownMs: 1_000 } as const;
    const stage = new DaemonStage({ members: ["a", "b", "c"], holders: ["a", "c"], policy });
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "instance not found" });
    for (let i = 0; i < 30; i++) {
      stage.answer("c", i % 2 === 0 ? "refused" : "ok");
      await stage.clock.advance(minute);
    }
    expect(stage.steps.filter((step) => step.endsWith(" c")).length).toBeGreaterThan(20);
    expect(stage.steps.filter((step) => step === "attach b").length).toBeLessThan(20);
  });
});
