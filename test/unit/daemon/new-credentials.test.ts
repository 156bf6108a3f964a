/** A reload with other credentials in the middle of a move, on a virtual clock. */
import { describe, expect, test } from "vitest";
import type { Effect, Reading, Step } from "../../../src/core/address.ts";
import type { GroupConfig } from "../../../src/config/config.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import { DaemonStage, type StageOptions } from "./stage.ts";

const minute = 60_000;

/** One way to the cloud, with what its credentials allow. */
class Key {
  mayRead = true;
  mayAttach = true;
  /** Its connections are closed: whoever uses it now is told nothing. */
  isClosed = false;
  usesAfterClose = 0;
  steps = 0;
  reads = 0;

  through(cloud: Provider): Provider {
    return {
      capabilities: cloud.capabilities,
      callsOfMove: cloud.callsOfMove,
      callsOfCheck: cloud.callsOfCheck,
      check: (signal) => cloud.check(signal),
      read: async (signal): Promise<Reading> => {
        if (this.isClosed) this.usesAfterClose += 1;
        this.reads += 1;
        return this.mayRead ? cloud.read(signal) : { kind: "unknown", detail: "401" };
      },
      execute: async (step: Step, signal): Promise<Effect> => {
        if (this.isClosed) this.usesAfterClose += 1;
        this.steps += 1;
        if (step.kind === "attach" && !this.mayAttach)
          return { kind: "rejected", about: "call", detail: "403" };
        return cloud.execute(step, signal);
      },
    };
  }
}

/** Goes on with this key; the connections of the one before are closed as the reloader does it. */
function reload(
  stage: DaemonStage,
  keys: { readonly before: Key; readonly next: Key },
  change = (group: GroupConfig): GroupConfig => group,
): void {
  const { before, next } = keys;
  void stage.reload(change, { through: (cloud) => next.through(cloud) }).then(() => (before.isClosed = true));
}

/** @returns a stage whose holder a is dead, and whose key may be changed before anything is seen of that. */
async function withKey(policy: StageOptions["policy"] = {}): Promise<{ stage: DaemonStage; key: Key }> {
  const stage = new DaemonStage({ policy });
  const key = new Key();
  await stage.reload((group) => group, { through: (cloud) => key.through(cloud) });
  await stage.clock.advance(2 * minute);
  stage.answer("a", "refused");
  return { stage, key };
}

async function until(stage: DaemonStage, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 900 && !isSo(); i++) await stage.clock.advance(100);
  expect(isSo()).toBe(true);
}

const shadow = (group: GroupConfig): GroupConfig => ({
  ...group,
  policy: { ...group.policy, mode: "shadow" },
});

describe("a reload with other credentials", () => {
  test.each(["attach-first", "detach-first"] as const)(
    "lets a move end whose step was refused, under the policy of before (%s)",
    async (order) => {
      const { stage, key } = await withKey({ order });
      key.mayAttach = false;
      await stage.clock.advance(2 * minute);
      expect(stage.cloud.holders).toEqual(order === "attach-first" ? ["a"] : []);
      const next = new Key();
      reload(stage, { before: key, next }, shadow);
      await stage.clock.advance(2 * minute);
      expect(stage.cloud.holders).toEqual(["b"]);
      expect(stage.texts("move-ended")).toEqual(["failover completed"]);
      expect([key.isClosed, key.usesAfterClose]).toEqual([true, 0]);
      stage.answer("a", "ok");
      stage.answer("b", "refused");
      await stage.clock.advance(30 * minute);
      expect(stage.cloud.holders).toEqual(["b"]);
    },
  );

  test("lets a move end that can be read no more", async () => {
    const { stage, key } = await withKey({ order: "detach-first" });
    stage.listeners.push((event) => {
      if (event.type === "step-ended") key.mayRead = false;
    });
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual([]);
    reload(stage, { before: key, next: new Key() });
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("changes nothing in the middle of a move that gets on, also when they are wrong", async () => {
    const { stage, key } = await withKey({ order: "detach-first" });
    await until(stage, () => key.steps === 1);
    const next = new Key();
    next.mayAttach = false;
    reload(stage, { before: key, next });
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect([key.steps, next.steps]).toEqual([2, 0]);
    expect([key.isClosed, key.usesAfterClose]).toEqual([true, 0]);
  });

  test("changes nothing after a step without an answer, as long as the ones before tell what comes of it", async () => {
    const { stage, key } = await withKey();
    stage.cloud.tricks.push({ kind: "drop" });
    await until(stage, () => key.steps === 1);
    stage.cloud.busy = "attach of b has not ended";
    const next = new Key();
    reload(stage, { before: key, next });
    await stage.clock.advance(5 * minute);
    expect(stage.rule).toBe("busy");
    expect(next.reads).toBe(0);
    stage.cloud.busy = null;
    await until(stage, () => stage.texts("move-ended").length === 1);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect([key.steps, next.steps]).toEqual([3, 0]);
  });

  test("waits a minute after a step without an answer that the ones before cannot see the end of", async () => {
    const { stage, key } = await withKey();
    stage.cloud.tricks.push({ kind: "drop" });
    await until(stage, () => key.steps === 1);
    key.mayRead = false;
    const next = new Key();
    reload(stage, { before: key, next });
    await stage.clock.advance(50_000);
    expect(stage.rule).toBe("truth-unknown");
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect([key.steps, next.steps]).toEqual([1, 2]);
  });

  test("does not take a move over that works, because one reading has failed", async () => {
    const { stage, key } = await withKey({ order: "detach-first" });
    await until(stage, () => key.steps === 1);
    key.mayRead = false;
    const next = new Key();
    next.mayAttach = false;
    reload(stage, { before: key, next });
    await stage.clock.advance(5_000);
    key.mayRead = true;
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect([key.steps, next.steps]).toEqual([2, 0]);
  });

  test("is that of the last of several reloads", async () => {
    const { stage, key } = await withKey({ order: "detach-first" });
    key.mayAttach = false;
    await stage.clock.advance(2 * minute);
    const [wrong, right] = [new Key(), new Key()];
    wrong.mayAttach = false;
    reload(stage, { before: key, next: wrong });
    await stage.clock.advance(2 * minute);
    expect(wrong.steps).toBeGreaterThan(0);
    reload(stage, { before: wrong, next: right });
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect([key, wrong, right].map(({ isClosed }) => isClosed)).toEqual([true, true, false]);
    expect([key, wrong].map(({ usesAfterClose }) => usesAfterClose)).toEqual([0, 0]);
  });
});
