/** Another config while the daemon runs, on a virtual clock. */
import { describe, expect, test } from "vitest";
import type { GroupConfig } from "../../../src/config/config.ts";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;

const withPolicy = (policy: Partial<GroupConfig["policy"]>) => (group: GroupConfig) => {
  return { ...group, policy: { ...group.policy, ...policy } };
};

/** The members of these names are probed every 20 seconds from now on. */
const slower =
  (...names: readonly string[]) =>
  (group: GroupConfig): GroupConfig => ({
    ...group,
    members: group.members.map((member) =>
      names.includes(member.name) ? { ...member, target: { ...member.target, intervalMs: 20_000 } } : member,
    ),
  });

/** All members are watched from now on. */
const watched = (group: GroupConfig): GroupConfig => ({
  ...group,
  members: group.members.map((member) => ({ ...member, target: { ...member.target, watch: true } })),
});

describe("a reload", () => {
  test("keeps strikes and health of members that are probed as before", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(20_000);
    const strikes = (): unknown => stage.daemon.snapshot().groups[0]?.members[0]?.strikes;
    expect(strikes()).toEqual({ count: 2, needed: 3 });
    await stage.reload(slower("b"));
    expect(strikes()).toEqual({ count: 2, needed: 3 });
    // The third strike comes in its turn, and so the standby must have been judged anew by then.
    await stage.clock.advance(10_000);
    expect(stage.texts("transition").at(-1)).toBe("a unhealthy");
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("keeps the health of a member that is watched from now on, and no strikes, since it is probed at another instant", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(20_000);
    const first = (): unknown => stage.daemon.snapshot().groups[0]?.members[0];
    expect(first()).toMatchObject({ health: "healthy", strikes: { count: 2 } });
    await stage.reload(watched);
    expect(first()).toMatchObject({ health: "healthy", strikes: null });
    // Three fails take two intervals, whenever the first one comes.
    await stage.clock.advance(20_000);
    expect(first()).toMatchObject({ health: "healthy" });
    await stage.clock.advance(10_000);
    expect(first()).toMatchObject({ health: "unhealthy" });
  });

  test("begins at unknown with a member whose probe has changed, and does not move to it before it is judged", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    await stage.reload(slower("b"));
    expect(stage.daemon.snapshot().groups[0]?.members.map(({ health }) => health)).toEqual([
      "healthy",
      "unknown",
    ]);
    const attempts = stage.texts("probe").length;
    await stage.clock.advance(minute);
    // Six of a, three of b.
    expect(stage.texts("probe").length - attempts).toBe(9);
  });

  test("takes a new policy over at once while nothing moves", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    await stage.reload(withPolicy({ mode: "shadow" }));
    stage.answer("a", "refused");
    await stage.clock.advance(5 * minute);
    expect(stage.steps).toEqual([]);
    await stage.reload(withPolicy({ mode: "auto" }));
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("lets a move end under the policy with which it has begun", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    let taken = false;
    const reload = stage.reload(withPolicy({ mode: "shadow" })).then(() => (taken = true));
    await stage.clock.advance(0);
    expect(taken).toBe(false);
    await stage.clock.advance(minute);
    await reload;
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
    stage.answer("b", "refused");
    stage.answer("a", "ok");
    await stage.clock.advance(30 * minute);
    expect(stage.steps).toHaveLength(2);
  });

  test("is not over for an earlier one either before the move under way has ended", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    const taken: string[] = [];
    const reloads = ["first", "second"].map((name) =>
      stage.reload((group) => group).then(() => taken.push(name)),
    );
    await stage.clock.advance(0);
    expect(taken).toEqual([]);
    await stage.clock.advance(minute);
    await Promise.all(reloads);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
    expect(taken).toEqual(["first", "second"]);
  });

  test("lets a group go that has left the config, and touches nothing", async () => {
    const stage = new DaemonStage({ copies: 2 });
    await stage.clock.advance(minute);
    await stage.reload((group) => (group.name === "g1" ? null : group));
    expect(stage.daemon.snapshot().groups.map(({ name }) => name)).toEqual(["g"]);
    const before = stage.events.length;
    stage.answer("a", "refused");
    await stage.clock.advance(5 * minute);
    expect(stage.allCalls()).toHaveLength(2);
    const later = stage.events.slice(before).filter((event) => "group" in event && event.group === "g1");
    expect(later).toEqual([]);
  });

  test("puts an address somewhere that we have taken off, before the group is let go", async () => {
    const stage = new DaemonStage({ copies: 2, policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    const reload = stage.reload((group) => (group.name === "g" ? null : group));
    await stage.clock.advance(minute);
    await reload;
    expect(stage.steps).toEqual(["detach a", "attach b"]);
  });

  test("begins a group that is new with a first round of its own", async () => {
    const stage = new DaemonStage({ copies: 2 });
    await stage.clock.advance(minute);
    await stage.reload((group) => (group.name === "g1" ? null : group));
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.reload((group) => group);
    await stage.clock.advance(1_000);
    expect(stage.daemon.snapshot().groups[1]).toMatchObject({ name: "g1", rule: "first-round" });
    await stage.clock.advance(3 * minute);
    expect(stage.daemon.snapshot().groups[1]).toMatchObject({ holders: ["b"] });
  });

  test("keeps orders, hold-downs and what was done by hand", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.daemon.people.pause("g", { by: "ann", reason: "upgrade", forMs: 30 * minute });
    await stage.reload(withPolicy({ holdDownMs: 10 * minute }));
    stage.answer("a", "refused");
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual([]);
    expect(stage.rule).toBe("paused");
    stage.daemon.people.resume("g", { by: "ann" });
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    await stage.reload(withPolicy({ holdDownMs: 20 * minute }));
    stage.answer("a", "ok");
    stage.answer("b", "refused");
    await stage.clock.advance(15 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.rule).toBe("hold-down");
  });

  test("is refused once we stop, and the stop is not held up", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(minute);
    stage.daemon.stop();
    await stage.reload((group) => group);
    await stage.clock.advance(10_000);
    expect(stage.ended).toBe(true);
  });

  test("is over only with the step under way when we stop, which still needs the connections of before", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.cloud.stepMs = 3_000;
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.daemon.stop();
    let isOver = false;
    const reload = stage.reload((group) => group).then(() => (isOver = true));
    await stage.clock.advance(1_000);
    expect(stage.cloud.holders).toEqual(["a"]);
    expect(isOver).toBe(false);
    await stage.clock.advance(10_000);
    await reload;
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(stage.ended).toBe(true);
  });

  test("leaves no timer of the probes behind that have ended", async () => {
    const stage = new DaemonStage({ copies: 3 });
    await stage.clock.advance(minute);
    const before = stage.clock.pendingTimers;
    for (let i = 0; i < 20; i++) {
      await stage.reload(i % 2 === 0 ? slower("a", "b") : (group) => group);
      await stage.clock.advance(5_000);
    }
    expect(stage.clock.pendingTimers).toBeLessThanOrEqual(before + 3);
  });
});
