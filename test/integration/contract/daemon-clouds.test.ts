/**
 * The whole daemon against both clouds, when all goes well and when it does not. What counts is the cloud's own record of
 * who held the address: nobody held it at no time, unless the group asked for that, and in the end the right member does.
 */
import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/daemon/clock.ts";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import type { Fault } from "../../../src/simulator/faults.ts";
import type { Dialect } from "../../../src/simulator/spec.ts";
import { Stage, type GroupName } from "./stage.ts";

const dialects: readonly Dialect[] = ["elastic-addresses", "elastic-addresses-model", "failover-groups"];

/** Each cloud: its group, who holds it, who takes over, the way there, and the one operation that matters most. */
const moves = [
  {
    group: "web",
    dead: "web-a",
    heir: "web-b",
    record: [["web-a"], ["web-a", "web-b"], ["web-b"]],
    operation: "attach-instance-to-elastic-ip",
    read: "get-instance",
  },
  {
    group: "shop",
    dead: "eu",
    heir: "us",
    record: [["eu"], ["us"]],
    operation: "update-failover-group",
    read: "list-failover-groups",
  },
] as const;

const attach = "attach-instance-to-elastic-ip";
const detach = "detach-instance-from-elastic-ip";
const failure = {
  kind: "operation-state",
  state: "failure",
  reason: "unavailable",
  message: "no capacity",
} as const;

describe.concurrent("the daemon, both clouds", () => {
  test.each(moves)("$group: a dead holder is replaced", async ({ group, dead, heir, record, operation }) => {
    await using stage = await Stage.start({ groups: [group] });
    expect(await stage.servedBy(group)).toBe(dead);
    const moved = stage.untilMoved(group);
    await stage.kill(dead);
    expect(await moved).toMatchObject({ outcome: "completed", move: { trigger: "failover", to: [heir] } });
    expect(stage.heldBy(group)).toEqual(record);
    expect(await stage.servedBy(group)).toBe(heir);
    expect(stage.asked(operation)).toBe(1);
  });

  test.each(moves)("$group: the reply is lost, and the step is not sent again", async (it) => {
    const { group, dead, record, operation } = it;
    await using stage = await Stage.start({ groups: [group] });
    const moved = stage.untilMoved(group);
    stage.breaks({ operation, times: 1, effect: { kind: "lose-reply" } });
    await stage.kill(dead);
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.heldBy(group)).toEqual(record);
    expect(stage.asked(operation)).toBe(1);
    expect(effectsOf(stage)[0]).toMatch(/uncertain$/);
  });

  test.each(moves)("$group: the step is done, and the readings after it show what was before", async (it) => {
    const { group, dead, record, operation, read } = it;
    await using stage = await Stage.start({ groups: [group] });
    const moved = stage.untilMoved(group);
    const stepped = stage.until("the first step has ended", (event) => {
      if (event.type !== "step-ended") return false;
      // The next reading: one question for each of the two instances, or the one list.
      const times = group === "web" ? 2 : 1;
      stage.breaks({ operation: read, times, effect: { kind: "stale-read" } });
      return true;
    });
    await stage.kill(dead);
    expect(await stepped).toMatchObject({ effect: { kind: "applied" } });
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.heldBy(group)).toEqual(record);
    // A second attach does no harm; a second flip would transfer the certificates again.
    expect(stage.asked(operation)).toBe(group === "web" ? 2 : 1);
    expect(stage.fewest(group)).toBe(1);
  });

  test.each(moves)("$group: 429 and 503 on everything for a second, and then a move", async (it) => {
    const { group, dead, record, heir } = it;
    await using stage = await Stage.start({ groups: [group] });
    const moved = stage.until("the move is completed", isCompleted(group));
    stage.breaks(...storm);
    await stage.kill(dead);
    const began = performance.now();
    // Lifted by the first event after a second; probes alone give several of them.
    await stage.until(
      "a second of storm",
      () => performance.now() - began >= 1_000 && effectsOf(stage).length > 0,
    );
    expect(stage.record[group]).toHaveLength(1);
    stage.breaks();
    expect(await moved).toMatchObject({ outcome: "completed", move: { to: [heir] } });
    expect(stage.heldBy(group)).toEqual(record);
  });

  test("both clouds move at once, each its own group", async () => {
    await using stage = await Stage.start({ groups: ["web", "shop"] });
    const moved = [stage.untilMoved("web"), stage.untilMoved("shop")];
    await Promise.all([stage.kill("web-a"), stage.kill("eu")]);
    for (const move of await Promise.all(moved)) expect(move.outcome).toBe("completed");
    for (const { group, record } of moves) expect(stage.heldBy(group)).toEqual(record);
  });

  test("all members die together: the address stays", async () => {
    await using stage = await Stage.start({ groups: ["web", "shop"] });
    const held = (["web", "shop"] as const).map((group) =>
      stage.until(`${group} holds`, (event) => isDecision(event, group, "all-down")),
    );
    await Promise.all(["web-a", "web-b", "eu", "us"].map((name) => stage.kill(name)));
    await Promise.all(held);
    expect(effectsOf(stage)).toEqual([]);
    expect([stage.heldBy("web"), stage.heldBy("shop")]).toEqual([[["web-a"]], [["eu"]]]);
  });
});

describe.concurrent("the daemon, Exoscale", () => {
  test("detach-first: nobody holds the address for the length of the move only", async () => {
    await using stage = await Stage.start({ groups: ["web"], policy: "order: detach-first" });
    const moved = stage.untilMoved("web");
    await stage.kill("web-a");
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.heldBy("web")).toEqual([["web-a"], [], ["web-b"]]);
    expect(await stage.servedBy("web")).toBe("web-b");
  });

  test("the attach fails, and the next member is taken", async () => {
    await using stage = await Stage.start({ groups: ["web"], members: ["web-a", "web-b", "web-c"] });
    const moved = stage.untilMoved("web");
    stage.breaks({ operation: attach, times: 1, effect: failure });
    await stage.kill("web-a");
    expect(await moved).toMatchObject({ outcome: "completed", move: { to: ["web-c"] } });
    expect(stage.heldBy("web")).toEqual([["web-a"], ["web-a", "web-c"], ["web-c"]]);
    expect(effectsOf(stage)).toEqual([
      "attach web-b: rejected",
      "attach web-c: applied",
      "detach web-a: applied",
    ]);
  });

  test("detach-first: the attach fails, and the next member is taken, as nobody holds the address", async () => {
    await using stage = await Stage.start({
      groups: ["web"],
      members: ["web-a", "web-b", "web-c"],
      policy: "order: detach-first",
    });
    const moved = stage.untilMoved("web");
    stage.breaks({ operation: attach, times: 1, effect: failure });
    await stage.kill("web-a");
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.heldBy("web")).toEqual([["web-a"], [], ["web-c"]]);
  });

  test("the detach fails twice and then works", async () => {
    await using stage = await Stage.start({ groups: ["web"] });
    const moved = stage.untilMoved("web");
    stage.breaks({ operation: detach, times: 2, effect: failure });
    await stage.kill("web-a");
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.heldBy("web")).toEqual([["web-a"], ["web-a", "web-b"], ["web-b"]]);
    expect(stage.asked(detach)).toBe(3);
    expect(stage.asked(attach)).toBe(1);
  });

  test("a pool: a dead member leaves, and comes back only after the hold-down", async () => {
    const haste = 5;
    const holdDownMs = 10_000;
    await using stage = await Stage.start({
      groups: ["web"],
      members: ["web-a", "web-b", "web-c"],
      holders: ["web-a", "web-b", "web-c"],
      policy: `holders: all-healthy\nhold-down: ${holdDownMs}ms\nhealthcheck: { interval: 1s }`,
      clock: hasty(haste),
    });
    await stage.kill("web-b");
    const left = await stage.untilHeldBy("web", "web-a", "web-c");
    const healthy = stage.until(
      "web-b is healthy",
      (event) => event.type === "transition" && event.member === "web-b" && event.to === "healthy",
    );
    await stage.revive("web-b");
    await healthy;
    expect(performance.now() - left.at).toBeLessThan(holdDownMs / haste);
    const joined = await stage.untilHeldBy("web", "web-a", "web-b", "web-c");
    expect(joined.at - left.at).toBeGreaterThanOrEqual(holdDownMs / haste);
    expect(stage.heldBy("web")).toEqual([
      ["web-a", "web-b", "web-c"],
      ["web-a", "web-c"],
      ["web-a", "web-b", "web-c"],
    ]);
  });
});

describe.concurrent("the daemon, Cloud 66", () => {
  test.each(dialects)("%s: a dead primary is replaced by one flip", async (dialect) => {
    await using stage = await Stage.start({ groups: ["shop"], dialect });
    const moved = stage.untilMoved("shop");
    await stage.kill("eu");
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.heldBy("shop")).toEqual([["eu"], ["us"]]);
    expect(stage.asked("update-failover-group")).toBe(1);
    expect(await stage.servedBy("shop")).toBe("us");
  });
});

const storm: readonly Fault[] = Array.from({ length: 1_000 }, (_, i) => ({
  operation: "*",
  times: 1,
  effect: { kind: "status", status: i % 2 === 0 ? 429 : 503, retryAfterS: null, body: "json" },
}));

/** Time that runs several times as fast as the machine's. */
function hasty(haste: number): Clock {
  return {
    now: () => performance.now() * haste,
    wallNow: () => Date.now(),
    after: (delayMs, fn) => {
      const timer = setTimeout(fn, Math.min(Math.max(0, delayMs / haste), 2_147_483_647));
      return () => clearTimeout(timer);
    },
  };
}

function effectsOf(stage: Stage): readonly string[] {
  return stage.events.flatMap((event) =>
    event.type === "step-ended" ? [`${event.step.kind} ${event.step.member}: ${event.effect.kind}`] : [],
  );
}

function isCompleted(group: GroupName): (event: DaemonEvent) => boolean {
  return (event) => event.type === "move-ended" && event.group === group && event.outcome === "completed";
}

function isDecision(event: DaemonEvent, group: GroupName, rule: string): boolean {
  return event.type === "decision" && event.group === group && event.plan.rule === rule;
}
