/**
 * What has gone wrong in the field, to others or to us, and must not go wrong again: the daemon on a virtual clock. The whole list,
 * with what is tested elsewhere, is docs/regressions.md.
 */
import { describe, expect, test } from "vitest";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import { DaemonStage, untilCalls, type StageOptions } from "./stage.ts";

const minute = 60_000;
const hour = 60 * minute;

/** A daemon that has been steady for a minute. */
async function steadyStage(options: StageOptions = {}): Promise<DaemonStage> {
  const stage = new DaemonStage(options);
  await stage.clock.advance(minute);
  expect(stage.rule).toBe("steady");
  return stage;
}

const isProbeOf =
  (member: string) =>
  (event: DaemonEvent): boolean =>
    event.type === "probe" && event.member === member;

/** Lets so many probes of a member end. */
async function untilProbed(stage: DaemonStage, member: string, times: number): Promise<void> {
  const count = (): number => stage.events.filter(isProbeOf(member)).length;
  const wanted = count() + times;
  while (count() < wanted) await stage.clock.advance(100);
}

/** @returns the fewest and the most members that hold the address at any moment of this time. */
async function holdersDuring(stage: DaemonStage, ms: number): Promise<{ fewest: number; most: number }> {
  let fewest = Infinity;
  let most = 0;
  for (let passed = 0; passed < ms; passed += 500) {
    fewest = Math.min(fewest, stage.cloud.holders.length);
    most = Math.max(most, stage.cloud.holders.length);
    await stage.clock.advance(500);
  }
  return { fewest, most };
}

describe("a holder that fails a little", () => {
  test("threshold exactly N: the second fail moves nothing, the third moves the address", async () => {
    const stage = await steadyStage();
    stage.answer("a", "refused");
    await untilProbed(stage, "a", 2);
    expect([stage.cloud.calls, stage.rule]).toEqual([[], "steady"]);
    await untilProbed(stage, "a", 1);
    expect(stage.steps).toEqual(["attach b"]);
  });

  test("a success between failures: the count begins anew, and nothing moves", async () => {
    const stage = await steadyStage();
    for (let i = 0; i < 30; i++) {
      stage.answer("a", "refused");
      await untilProbed(stage, "a", 2);
      stage.answer("a", "ok");
      await untilProbed(stage, "a", 1);
    }
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.texts("transition")).toEqual(["a healthy", "b healthy"]);
  });

  test("one 503 moves nothing", async () => {
    const stage = await steadyStage();
    stage.answer("a", "http-status");
    await untilProbed(stage, "a", 1);
    stage.answer("a", "ok");
    await stage.clock.advance(10 * minute);
    expect(stage.cloud.calls).toEqual([]);
  });

  test("20 flaps in an hour: no more moves than the limit allows, and the hold-down grows even without one", async () => {
    const moves = async (allowed: number): Promise<number> => {
      const stage = await steadyStage({ policy: { limit: { moves: allowed, windowMs: 24 * hour } } });
      for (let flap = 0; flap < 20; flap++) {
        const [holder = ""] = stage.cloud.holders;
        stage.answer(holder, "refused");
        await stage.clock.advance(minute);
        for (const name of ["a", "b"]) stage.answer(name, "ok");
        await stage.clock.advance(2 * minute);
        expect(stage.cloud.holders).toHaveLength(1);
      }
      return stage.texts("move-ended").length;
    };
    expect(await moves(3)).toBe(3);
    expect(await moves(100)).toBeLessThanOrEqual(5);
  });
});

describe("trouble of all members", () => {
  test("all down and both back: the address stays where it was", async () => {
    const stage = await steadyStage();
    for (const name of ["a", "b"]) stage.answer(name, "unreachable");
    await stage.clock.advance(30 * minute);
    expect(stage.rule).toBe("all-down");
    for (const name of ["a", "b"]) stage.answer(name, "ok");
    await stage.clock.advance(30 * minute);
    expect([stage.cloud.calls, stage.cloud.holders, stage.rule]).toEqual([[], ["a"], "steady"]);
  });

  test("all members of a pool down and back: nobody leaves, though one of them is back first", async () => {
    const policy = { holders: "all-healthy" } as const;
    const names = ["a", "b", "c"];
    const stage = await steadyStage({ members: names, holders: names, policy });
    for (const name of names) stage.answer(name, "unreachable");
    await stage.clock.advance(30 * minute);
    for (const name of names) stage.answer(name, "ok");
    await stage.clock.advance(30 * minute);
    expect([stage.cloud.calls, stage.rule]).toEqual([[], "steady"]);
    expect(new Set(stage.texts("transition").slice(-3))).toEqual(
      new Set(names.map((name) => `${name} healthy`)),
    );
  });

  test("both rebooted, and our own machine with them: nothing moves, and the next death is still noticed", async () => {
    const stage = await steadyStage();
    for (const name of ["a", "b"]) stage.answer(name, "refused");
    await stage.clock.advance(20_000);
    stage.kill();
    await stage.clock.advance(minute);
    stage.start({ withoutJournal: true });
    // The standby is up sooner, and known to be healthy while the holder has fewer strikes than it takes.
    stage.answer("b", "ok");
    await stage.clock.advance(18_000);
    stage.answer("a", "ok");
    await stage.clock.advance(10 * minute);
    expect([stage.cloud.calls, stage.rule]).toEqual([[], "steady"]);
    stage.answer("a", "refused");
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("a certificate that expired on both sides moves nothing", async () => {
    const stage = await steadyStage();
    for (const name of ["a", "b"]) stage.answer(name, "tls-cert");
    await stage.clock.advance(4 * hour);
    expect([stage.cloud.calls, stage.cloud.holders, stage.rule]).toEqual([[], ["a"], "all-down"]);
  });

  test("a DNS stall counts against nobody", async () => {
    const stage = await steadyStage();
    stage.answer("a", "dns-unavailable");
    await stage.clock.advance(4 * hour);
    expect(stage.cloud.calls).toEqual([]);
    expect(stage.texts("transition")).toEqual(["a healthy", "b healthy"]);
  });
});

describe("the standby", () => {
  test("that is dead too gets nothing, and the address once it is back", async () => {
    const stage = await steadyStage();
    stage.answer("b", "refused");
    await stage.clock.advance(hour);
    stage.answer("a", "refused");
    await stage.clock.advance(hour);
    expect([stage.cloud.calls, stage.rule]).toEqual([[], "all-down"]);
    stage.answer("b", "ok");
    await stage.clock.advance(minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("that flaps moves nothing while the holder is alive, and gets nothing before it has come to rest", async () => {
    const stage = await steadyStage();
    const flap = async (): Promise<void> => {
      stage.answer("b", "refused");
      await untilProbed(stage, "b", 3);
      stage.answer("b", "ok");
      await untilProbed(stage, "b", 1);
    };
    for (let i = 0; i < 20; i++) await flap();
    expect([stage.cloud.calls, stage.rule]).toEqual([[], "steady"]);
    stage.answer("a", "refused");
    for (let i = 0; i < 20; i++) await flap();
    expect([stage.cloud.calls, stage.rule]).toEqual([[], "all-down"]);
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
  });

  test("that was deleted is refused by the cloud: the next one gets the address, or else it stays", async () => {
    const move = async (members: readonly string[]): Promise<DaemonStage> => {
      const stage = await steadyStage({ members });
      stage.cloud.tricksOf.set("b", { kind: "reject", detail: "instance not found" });
      stage.answer("a", "refused");
      await stage.clock.advance(hour);
      return stage;
    };
    expect((await move(["a", "b", "c"])).cloud.holders).toEqual(["c"]);
    const alone = await move(["a", "b"]);
    expect(alone.cloud.holders).toEqual(["a"]);
    expect(alone.cloud.calls.length).toBeLessThan(90);
  });
});

describe("the cloud", () => {
  test("the detach is done and then the attach fails: the next member gets the address, not the dead one", async () => {
    const stage = await steadyStage({ members: ["a", "b", "c"], policy: { order: "detach-first" } });
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "no capacity" });
    stage.answer("a", "refused");
    await stage.clock.advance(2 * minute);
    expect(stage.steps).toEqual(["detach a", "attach b", "attach c"]);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
  });

  test("the attach is done but the reply is lost: it is looked at and not repeated", async () => {
    const stage = await steadyStage();
    stage.cloud.tricks.push({ kind: "lose-reply" });
    stage.answer("a", "refused");
    await stage.clock.advance(5 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("holders")).toEqual(["a > a+b", "a+b > b"]);
  });

  test("the attach is done and then the detach fails for an hour: both hold the address, and it is asked less and less", async () => {
    const stage = await steadyStage();
    stage.cloud.tricksOf.set("a", { kind: "reject", detail: "conflict" });
    stage.answer("a", "refused");
    await untilCalls(stage, 2);
    expect(await holdersDuring(stage, hour)).toEqual({ fewest: 2, most: 2 });
    expect(stage.steps.filter((step) => step === "attach b")).toHaveLength(1);
    expect(stage.cloud.calls.length).toBeLessThan(90);
    stage.cloud.tricksOf.clear();
    await stage.clock.advance(3 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("a 429 storm: it asks less and less, no other member is tried, and it moves when the storm is over", async () => {
    const stage = await steadyStage({ members: ["a", "b", "c"] });
    for (const name of ["b", "c"]) stage.cloud.tricksOf.set(name, { kind: "reject-call" });
    stage.answer("a", "refused");
    await stage.clock.advance(hour);
    expect(new Set(stage.steps)).toEqual(new Set(["attach b"]));
    expect(stage.cloud.calls.length).toBeLessThan(90);
    stage.cloud.tricksOf.clear();
    await stage.clock.advance(3 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("an operation that outlives its deadline: no second step while it may still be under way", async () => {
    const stage = await steadyStage({ members: ["a", "b", "c"] });
    stage.cloud.tricks.push({ kind: "hang" });
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.cloud.busy = "attach of b has not ended";
    await stage.clock.advance(8 * minute);
    expect([stage.steps, stage.rule]).toEqual([["attach b"], "busy"]);
    stage.cloud.busy = null;
    stage.cloud.holders = ["a", "b"];
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("holders")).toEqual(["a > a+b", "a+b > b"]);
  });
});

describe("two daemons on one group", () => {
  test.each([0, 1_000, 7_000])(
    "the second started %d ms later: one move, never without a holder, and peace afterwards",
    async (laterMs) => {
      const stage = new DaemonStage();
      await stage.clock.advance(laterMs);
      const rival = new DaemonStage({ rivalOf: stage });
      await stage.clock.advance(minute);
      stage.answer("a", "refused");
      expect((await holdersDuring(stage, 10 * minute)).fewest).toBe(1);
      expect(stage.cloud.holders).toEqual(["b"]);
      const calls = stage.cloud.calls.length;
      // Each of them may have sent each step.
      expect(calls).toBeLessThanOrEqual(4);
      stage.answer("a", "ok");
      await stage.clock.advance(4 * hour);
      expect(stage.cloud.calls).toHaveLength(calls);
      expect([stage.rule, rival.rule]).toEqual(["steady", "steady"]);
    },
  );

  test("one of them is cut off and sees everybody dead: it moves nothing, and the other one's move is not undone", async () => {
    const stage = await steadyStage();
    const cutOff = new DaemonStage({ rivalOf: stage, answersOfItsOwn: true });
    await stage.clock.advance(minute);
    for (const name of ["a", "b"]) cutOff.answer(name, "connect-timeout");
    await stage.clock.advance(hour);
    expect(stage.cloud.calls).toEqual([]);
    stage.answer("a", "refused");
    await stage.clock.advance(hour);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
  });

  test("they see the members differently: each moves to its own side at the pace of its hold-down, and no faster", async () => {
    const stage = await steadyStage();
    const other = new DaemonStage({ rivalOf: stage, answersOfItsOwn: true });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    other.answer("b", "refused");
    expect((await holdersDuring(stage, 2 * hour)).fewest).toBe(1);
    // At most three moves a day of each, two steps a move.
    expect(stage.cloud.calls.length).toBeLessThanOrEqual(2 * 3 * 2);
  });
});
