import { describe, expect, test } from "vitest";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;
/** Long enough for every member to be judged after a start. */
const firstRoundMs = 40_000;

describe("a daemon that is killed and started again", () => {
  test("remembers the hold-down", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    stage.kill();
    stage.start();
    stage.answer("a", "ok");
    stage.answer("b", "refused");
    await stage.clock.advance(3 * minute);
    expect(stage.rule).toBe("hold-down");
    expect(stage.cloud.holders).toEqual(["b"]);
    await stage.clock.advance(3 * minute);
    expect(stage.cloud.holders).toEqual(["a"]);
  });

  test("counts a move of the process before it that only its own first reading shows", async () => {
    const stage = new DaemonStage({ holders: [] });
    stage.kill();
    const step = { kind: "attach", member: "b" } as const;
    const group = "g";
    const move = { group, trigger: "orphan", from: [], to: ["b"] } as const;
    stage.journal.append({ type: "intent", ...move, why: "" });
    stage.journal.append({ type: "step", group, step, why: "", to: ["b"], takesOff: false });
    stage.journal.append({ type: "effect", group, step, effect: "applied", detail: "", durationMs: 1 });
    // The provider shows what was true a moment ago.
    stage.journal.append({ type: "seen", group, holders: [], foreign: [], busy: null });
    stage.cloud.holders = ["b"];
    stage.start();
    await stage.clock.advance(minute);
    stage.answer("b", "refused");
    await stage.clock.advance(2 * minute);
    expect(stage.rule).toBe("hold-down");
    expect(stage.cloud.calls).toEqual([]);
  });

  test("remembers the limit", async () => {
    const stage = new DaemonStage({ policy: { limit: { moves: 1, windowMs: 86_400_000 } } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    stage.kill();
    await stage.clock.advance(60 * minute);
    stage.start();
    stage.answer("a", "ok");
    stage.answer("b", "refused");
    await stage.clock.advance(60 * minute);
    expect(stage.rule).toBe("limit");
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("remembers that a person moved the address", async () => {
    const stage = new DaemonStage();
    stage.answer("b", "refused");
    await stage.clock.advance(minute);
    stage.cloud.holders = ["b"];
    await stage.clock.advance(minute);
    stage.kill();
    stage.start();
    await stage.clock.advance(2 * minute);
    expect(stage.rule).toBe("changed-by-hand");
    expect(stage.cloud.calls).toEqual([]);
  });

  test("puts an address that it had taken off where it was going, as soon as it has judged the members", async () => {
    const stage = new DaemonStage({
      members: ["c", "a", "b"],
      holders: ["a"],
      policy: { order: "detach-first" },
    });
    stage.answer("c", "refused");
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.kill();
    stage.answer("c", "ok");
    await stage.clock.advance(10_000);
    expect(stage.cloud.holders).toEqual([]);
    stage.start();
    await stage.clock.advance(firstRoundMs);
    expect(stage.steps).toEqual(["detach a", "attach b"]);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
  });

  test("puts an address that it had taken off where it was going, not back to a dead member, when it cannot judge in time", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.kill();
    await stage.clock.advance(10_000);
    stage.answer("b", "late");
    stage.start();
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["detach a", "attach b"]);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("believes the provider, not the journal, when they disagree", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    stage.cloud.tricks.push({ kind: "drop" });
    await untilCalls(stage, 1);
    stage.kill();
    await stage.clock.advance(60 * minute);
    stage.answer("a", "ok");
    stage.start();
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual(["attach b"]);
    expect(stage.texts("move-ended")).toEqual(["failover abandoned"]);
    expect(stage.rule).toBe("steady");
  });

  test.each(["attach-first", "detach-first"] as const)(
    "ends with exactly one healthy holder wherever in a move it is killed: %s",
    async (order) => {
      for (let killAfterMs = 0; killAfterMs <= 8_000; killAfterMs += 250) {
        const stage = new DaemonStage({ policy: { order } });
        await stage.clock.advance(minute);
        stage.answer("a", "refused");
        await untilCalls(stage, 1);
        await stage.clock.advance(killAfterMs);
        stage.kill();
        await stage.clock.advance(5_000);
        if (order === "attach-first") expect(stage.cloud.holders).not.toEqual([]);
        stage.start();
        await stage.clock.advance(2 * minute);
        expect(stage.cloud.holders).toEqual(["b"]);
      }
    },
  );

  test("knows no detection and no decision time of a move that its predecessor began", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.kill();
    await stage.clock.advance(5_000);
    stage.start();
    await stage.clock.advance(minute);
    expect(stage.events.filter((event) => event.type === "move-ended")).toMatchObject([
      { outcome: "completed", stages: { detection: null, decision: null } },
    ]);
  });

  test("does no harm without its journal", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.kill();
    stage.start({ withoutJournal: true });
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });
});
