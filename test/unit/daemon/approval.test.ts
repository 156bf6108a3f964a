/** `mode: approve` in a running daemon, on a virtual clock. */
import { describe, expect, test } from "vitest";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;

describe("mode: approve", () => {
  test("decides, asks once, and moves when a person says yes", async () => {
    const stage = new DaemonStage({ policy: { mode: "approve" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
    expect(stage.texts("question")).toHaveLength(1);
    const id = stage.daemon.snapshot().groups[0]?.question?.id ?? null;
    expect(id).not.toBeNull();
    expect(stage.daemon.people.answer("g", id, "approved", { by: "ann" })).toMatchObject({ kind: "done" });
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
  });

  test("does not ask anew for a moment of doubt, and the answer to the question before is still good", async () => {
    const stage = new DaemonStage({ policy: { mode: "approve" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    const id = stage.daemon.snapshot().groups[0]?.question?.id ?? null;
    stage.cloud.blindness = "503";
    await stage.clock.advance(minute);
    expect(stage.rule).toBe("truth-unknown");
    stage.cloud.blindness = null;
    await stage.clock.advance(minute);
    expect(stage.rule).toBe("approval");
    expect(stage.texts("question")).toHaveLength(1);
    expect(stage.daemon.people.answer("g", id, "approved", { by: "ann" })).toMatchObject({ kind: "done" });
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
  });

  test("asks anew when half an hour has passed, and refuses an answer to the old question", async () => {
    const stage = new DaemonStage({ policy: { mode: "approve" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    const old = stage.daemon.snapshot().groups[0]?.question?.id ?? "";
    await stage.clock.advance(31 * minute);
    expect(stage.texts("question")).toHaveLength(2);
    expect(stage.daemon.people.answer("g", old, "approved", { by: "ann" })).toMatchObject({
      kind: "refused",
      rule: "nothing",
      text: expect.stringContaining(`Move ${old} of g waits no longer; what waits now is `),
    });
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual([]);
  });

  test("plans afresh when it is approved: a holder that has come back is not moved off", async () => {
    const stage = new DaemonStage({ policy: { mode: "approve" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    stage.answer("a", "ok");
    await stage.clock.advance(10_000);
    stage.daemon.people.answer("g", null, "approved", { by: "ann" });
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
    expect(stage.rule).toBe("steady");
  });

  test("asks again for a move that is like the one that was approved a moment ago", async () => {
    const stage = new DaemonStage({ policy: { mode: "approve", holdDownMs: 0 } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    stage.daemon.people.answer("g", null, "approved", { by: "ann" });
    await untilCalls(stage, 2);
    await stage.clock.advance(3_000);
    // Somebody brings it back at once.
    stage.cloud.holders = ["a"];
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("question")).toHaveLength(2);
  });

  test("asks again when the holder dies anew, also within the hour after a rejection", async () => {
    const stage = new DaemonStage({ policy: { mode: "approve" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    stage.daemon.people.answer("g", null, "rejected", { by: "ann" });
    stage.answer("a", "ok");
    await stage.clock.advance(5 * minute);
    expect(stage.rule).toBe("steady");
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(stage.rule).toBe("approval");
    expect(stage.texts("question")).toHaveLength(2);
  });

  test("asks anew when the provider refuses the member that was approved, and another is wanted", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"], policy: { mode: "approve" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.cloud.tricks.push({ kind: "reject", detail: "instance is locked" });
    await stage.clock.advance(minute);
    stage.daemon.people.answer("g", null, "approved", { by: "ann" });
    await stage.clock.advance(4_000);
    expect(stage.steps).toEqual(["attach b"]);
    expect(stage.texts("move-ended")).toEqual(["failover abandoned"]);
    expect(stage.rule).toBe("approval");
    expect(stage.daemon.snapshot().groups[0]?.question?.decision.holders).toEqual(["c"]);
    stage.daemon.people.answer("g", null, "approved", { by: "ann" });
    await stage.clock.advance(20_000);
    expect(stage.steps).toEqual(["attach b", "attach c", "detach a"]);
  });

  test("goes on asking for the other one for as long as a person may need to answer", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"], policy: { mode: "approve" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "instance is locked" });
    await stage.clock.advance(minute);
    stage.daemon.people.answer("g", null, "approved", { by: "ann" });
    await stage.clock.advance(25 * minute);
    expect(stage.texts("question")).toHaveLength(2);
    stage.daemon.people.answer("g", null, "approved", { by: "ann" });
    await stage.clock.advance(20_000);
    expect(stage.steps).toEqual(["attach b", "attach c", "detach a"]);
  });

  test("leaves a move that was rejected, until a person has taken note", async () => {
    const stage = new DaemonStage({ policy: { mode: "approve" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    stage.daemon.people.answer("g", null, "rejected", { by: "ann" });
    await stage.clock.advance(30 * minute);
    expect(stage.rule).toBe("rejected");
    expect(stage.texts("question")).toHaveLength(1);
    expect(stage.daemon.people.acknowledge("g", { by: "bob" })).toMatchObject({ kind: "done" });
    await stage.clock.advance(minute);
    expect(stage.rule).toBe("approval");
    expect(stage.steps).toEqual([]);
  });
});
