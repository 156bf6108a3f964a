/** A reload that puts another group in the place of one that moves, on a virtual clock: never two on one address at once. */
import { describe, expect, test } from "vitest";
import type { GroupConfig } from "../../../src/config/config.ts";
import { DaemonStage, untilCalls } from "./stage.ts";

const minute = 60_000;

const only =
  (...names: readonly string[]) =>
  (group: GroupConfig): GroupConfig => ({
    ...group,
    members: group.members.filter(({ name }) => names.includes(name)),
  });

const renamed = (group: GroupConfig): GroupConfig => ({ ...group, name: "h" });

/** @returns names and members of the groups as they are shown. */
const shown = (stage: DaemonStage): readonly string[] =>
  stage.daemon
    .snapshot()
    .groups.map(({ name, members }) => `${name}: ${members.map((member) => member.name).join(" ")}`);

/** A group of a, b and c, 1 second after it has begun to attach b, which takes 20 seconds. */
async function inTheMiddle(): Promise<DaemonStage> {
  const stage = new DaemonStage({ members: ["a", "b", "c"] });
  await stage.clock.advance(2 * minute);
  stage.cloud.stepMs = 20_000;
  stage.answer("a", "refused");
  await untilCalls(stage, 1);
  await stage.clock.advance(1_000);
  expect(stage.steps).toEqual(["attach b"]);
  return stage;
}

describe("a group that is another one after a reload", () => {
  test("begins only when the step under way of the one before has ended, which is shown until then", async () => {
    const stage = await inTheMiddle();
    let isTaken = false;
    const reload = stage.reload(only("a", "b"), { identity: "other" }).then(() => (isTaken = true));
    await stage.clock.advance(18_000);
    expect(shown(stage)).toEqual(["g: a b c"]);
    expect(isTaken).toBe(false);
    await stage.clock.advance(2_000);
    await reload;
    expect(shown(stage)).toEqual(["g: a b"]);
    await stage.clock.advance(3 * minute);
    expect(stage.cloud.overlapped).toBe(false);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("begins at once when nothing moves", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"] });
    await stage.clock.advance(minute);
    const reload = stage.reload(only("a", "c"), { identity: "other" });
    expect(shown(stage)).toEqual(["g: a c"]);
    await stage.clock.advance(0);
    await reload;
  });

  test("is that of the last of several reloads while it waits, and begins once", async () => {
    const stage = await inTheMiddle();
    const reloads = [
      stage.reload(only("a", "c"), { identity: "second" }),
      stage.reload((group) => group),
      stage.reload(only("a", "b"), { identity: "fourth" }),
    ];
    expect(shown(stage)).toEqual(["g: a b c"]);
    await stage.clock.advance(20_000);
    await Promise.all(reloads);
    expect(shown(stage)).toEqual(["g: a b"]);
    const readings = stage.cloud.reads;
    await stage.clock.advance(3 * minute);
    expect(stage.cloud.overlapped).toBe(false);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.cloud.reads).toBeGreaterThan(readings);
  });

  test("does not begin any more when it has left the config while it waited", async () => {
    const stage = await inTheMiddle();
    const reloads = [stage.reload(only("a", "b"), { identity: "other" }), stage.reload(() => null)];
    await stage.clock.advance(20_000);
    await Promise.all(reloads);
    expect(shown(stage)).toEqual([]);
    await stage.clock.advance(3 * minute);
    expect(stage.steps).toEqual(["attach b"]);
  });

  test("waits also when it has left the config and comes back", async () => {
    const stage = await inTheMiddle();
    const { rule } = stage;
    const reloads = [stage.reload(() => null), stage.reload((group) => group)];
    await stage.clock.advance(10_000);
    expect(shown(stage)).toEqual(["g: a b c"]);
    expect(stage.rule).toBe(rule);
    await stage.clock.advance(3 * minute);
    await Promise.all(reloads);
    expect(stage.cloud.overlapped).toBe(false);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
  });

  test("waits for the one that has had its address under another name", async () => {
    const stage = await inTheMiddle();
    const reload = stage.reload(renamed);
    await stage.clock.advance(10_000);
    expect(shown(stage)).toEqual(["g: a b c"]);
    await stage.clock.advance(10_000);
    await reload;
    expect(shown(stage)).toEqual(["h: a b c"]);
    await stage.clock.advance(3 * minute);
    expect(stage.cloud.overlapped).toBe(false);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("does not begin when we stop while it waits, and the stop waits for the step alone", async () => {
    const stage = await inTheMiddle();
    stage.cloud.stepMs = 2_000;
    const reload = stage.reload(only("a", "b"), { identity: "other" });
    await stage.clock.advance(12_000);
    stage.daemon.stop();
    await stage.clock.advance(8_000);
    await reload;
    expect(stage.ended).toBe(true);
    expect(stage.bug).toBe(null);
    expect(stage.steps).toEqual(["attach b"]);
  });

  /** A group whose address is off, and which the provider refuses to put it anywhere. */
  async function takenOff(): Promise<DaemonStage> {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.cloud.tricks.push(null);
    for (const name of ["a", "b"]) stage.cloud.tricksOf.set(name, { kind: "reject-call" });
    stage.answer("a", "refused");
    await untilCalls(stage, 2);
    return stage;
  }

  test("waits while an address that was taken off is put somewhere, but not for ever", async () => {
    const stage = await takenOff();
    let isTaken = false;
    const reload = stage.reload((group) => group, { identity: "other" }).then(() => (isTaken = true));
    await stage.clock.advance(minute);
    expect(isTaken).toBe(false);
    await stage.clock.advance(minute + 5_000);
    await reload;
    stage.cloud.tricksOf.clear();
    await stage.clock.advance(minute);
    expect(stage.cloud.overlapped).toBe(false);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("that leaves puts the address somewhere also when the provider shows only later that it was taken off", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.cloud.shown = ["a"];
    const reload = stage.reload(() => null);
    await stage.clock.advance(15_000);
    expect(stage.steps).toEqual(["detach a"]);
    expect(stage.cloud.holders).toEqual([]);
    stage.cloud.shown = null;
    await stage.clock.advance(10_000);
    await reload;
    expect(stage.steps).toEqual(["detach a", "attach b"]);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("has ended its move for good: it is not taken up when the members of before come back", async () => {
    const stage = new DaemonStage({ members: ["a", "b", "c"], policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await untilCalls(stage, 2);
    const reload = stage.reload(only("a", "b"), { identity: "other" });
    await stage.clock.advance(minute);
    await reload;
    expect(stage.steps).toEqual(["detach a", "attach b"]);
    stage.daemon.people.pause("g", { by: "ann", reason: "maintenance", forMs: 60 * minute });
    stage.cloud.holders = [];
    await stage.clock.advance(minute);
    await stage.reload((group) => group);
    await stage.clock.advance(5 * minute);
    expect(stage.steps).toEqual(["detach a", "attach b"]);
  });

  test("that leaves is done when what was to take the address off has not shown within a minute", async () => {
    const stage = new DaemonStage({ policy: { order: "detach-first" } });
    await stage.clock.advance(minute);
    stage.cloud.tricks.push({ kind: "lie" });
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    const reload = stage.reload(() => null);
    await stage.clock.advance(70_000);
    await reload;
    expect(stage.steps).toEqual(["detach a"]);
    expect(stage.cloud.holders).toEqual(["a"]);
  });

  test("is waited for no more when it has left the config: an address that was taken off is put somewhere all the same", async () => {
    const stage = await takenOff();
    const reloads = [stage.reload((group) => group, { identity: "other" }), stage.reload(() => null)];
    await stage.clock.advance(10 * minute);
    expect(stage.cloud.holders).toEqual([]);
    stage.cloud.tricksOf.clear();
    await stage.clock.advance(2 * minute);
    await Promise.all(reloads);
    expect(stage.cloud.holders).toEqual(["b"]);
  });
});
