import { describe, expect, test } from "vitest";
import { timingContract } from "../../../../src/core/contract.ts";
import { observe, type MemberHealth } from "../../../../src/core/health.ts";
import { noHints } from "../../../../src/core/watch-hint.ts";
import { hintsPerSecondMax } from "../../../../src/daemon/engine/watches.ts";
import { failed, passed, resultOf, tcpTarget } from "../results.ts";
import { WatchedWorld } from "./watched.ts";

const waits = (connections: readonly { readonly at: number }[], ends: readonly number[]) =>
  connections.slice(1).map(({ at }, i) => at - ends[i]!);

describe("a hint", () => {
  test("starts a probe in the same instant and one a moment later, and the next is on the grid again when both pass", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    const cutAt = world.clock.now();
    world.last.end("cut");
    await world.clock.advance(20_000);
    expect(world.starts.slice(0, 2)).toEqual([cutAt, cutAt + 100]);
    const [next = NaN, last = NaN] = world.starts.slice(2);
    expect(last - next).toBeCloseTo(10_000, 6);
    expect(next - cutAt).toBeLessThan(10_000);
    expect(world.scheduler.watches.hints).toEqual({ ...noHints, pass: 1 });
  });

  test("whose probe fails paces those that follow from it on, so that consecutive fails take as long as ever", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    // Right before the next instant of the grid.
    await world.clock.advance(6_900);
    const cutAt = world.clock.now();
    world.answer = failed;
    world.last.end("cut");
    await world.clock.advance(20_000);
    expect(world.starts).toEqual([cutAt, cutAt + 10_000, cutAt + 20_000]);
    expect(world.scheduler.watches.hints).toEqual({ ...noHints, fail: 1 });
    world.answer = passed;
    await world.clock.advance(60_000);
    const gaps = world.starts.slice(-3).map((at) => at % 10_000);
    expect(new Set(gaps.map((gap) => Math.round(gap))).size).toBe(1);
    expect(gaps[0]).not.toBeCloseTo(cutAt % 10_000, 0);
  });

  test("of a process that is still dying, so that its port is open at the first look, is followed all the same", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    const cutAt = world.clock.now();
    world.answer = () => (world.clock.now() < cutAt + 50 ? passed() : failed());
    world.last.end("cut");
    await world.clock.advance(15_000);
    expect(world.starts).toEqual([cutAt, cutAt + 100, cutAt + 10_100]);
    expect(world.scheduler.watches.hints).toEqual({ ...noHints, fail: 1 });
  });

  test("whose probe fails is followed at the fast interval", async () => {
    const world = new WatchedWorld();
    await world.addOpen({ fastIntervalMs: 1_000 });
    const cutAt = world.clock.now();
    world.answer = failed;
    world.last.end("cut");
    await world.clock.advance(2_500);
    expect(world.starts).toEqual([cutAt, cutAt + 1_000, cutAt + 2_000]);
  });

  test("that comes while a probe is under way is followed by another probe, since that one may have begun before", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    world.tookMs = 500;
    await world.clock.advance(7_100);
    const [begun = NaN] = world.starts;
    world.answer = failed;
    world.last.end("cut");
    await world.clock.advance(600);
    expect(world.starts).toEqual([begun, begun + 500]);
    await world.clock.advance(500);
    expect(world.scheduler.watches.hints).toEqual({ ...noHints, fail: 1 });
  });

  test("that comes while a probe is under way that fails calls for no other: that would be two strikes for one", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    world.tookMs = 500;
    world.answer = failed;
    await world.clock.advance(7_100);
    world.last.end("cut");
    await world.clock.advance(5_000);
    expect(world.starts).toHaveLength(1);
    expect(world.scheduler.watches.hints).toEqual({ ...noHints, fail: 1 });
  });

  test("that comes a moment after a probe began is followed a moment later, not dropped", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    world.answer = () => {
      world.answer = failed;
      world.clock.after(10, () => world.last.end("cut"));
      return passed();
    };
    await world.clock.advance(8_000);
    const [begun = NaN, next] = world.starts;
    expect(next).toBeCloseTo(begun + 100, 6);
  });

  test("that comes while the last look of another is under way joins it, and leaves the pace to that look", async () => {
    const world = new WatchedWorld();
    await world.addOpen({ intervalMs: 60_000 });
    world.tookMs = 6_000;
    const cutAt = world.clock.now();
    world.last.end("cut");
    await world.clock.advance(1);
    world.answer = failed;
    // The first look has passed, so the connection comes back while the second one is under way.
    await world.clock.advance(10_999);
    expect([world.starts, world.held]).toEqual([[cutAt, cutAt + 6_000], 1]);
    world.last.end("cut");
    await world.clock.advance(80_000);
    expect(world.starts.slice(2)).toEqual([cutAt + 66_000]);
    expect(world.scheduler.watches.hints).toEqual({ ...noHints, fail: 1 });
  });

  test("whose probe says nothing is over, and the connection comes back with the next pass", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    world.answer = () => resultOf("local-sockets");
    world.last.end("cut");
    await world.clock.advance(15_000);
    expect(world.scheduler.watches).toEqual({ watched: 1, open: 0, hints: { ...noHints, inconclusive: 1 } });
    expect(world.connections).toHaveLength(1);
    world.answer = passed;
    await world.clock.advance(15_000);
    expect(world.scheduler.watches.open).toBe(1);
  });

  test.each([
    ["the interval", tcpTarget({ watch: true })],
    ["a fast interval", tcpTarget({ watch: true, fastIntervalMs: 1_500 })],
    ["one strike", tcpTarget({ watch: true, strikesFail: 1 })],
    ["a timeout above the interval", tcpTarget({ watch: true, intervalMs: 5_000, timeoutMs: 12_000 })],
  ])("breaks no promise of the timing contract, whenever the target dies: %s", async (_, pace) => {
    const { earliestMs, latestMs } = timingContract(pace);
    const repeatMs = pace.fastIntervalMs ?? pace.intervalMs;
    const soonMs = (pace.strikesFail - 1) * repeatMs + 100;
    for (let afterMs = 0; afterMs < 2 * pace.intervalMs; afterMs += pace.intervalMs / 20) {
      const world = new WatchedWorld();
      await world.addOpen(pace);
      await world.clock.advance(afterMs);
      const detectionMs = await detect(world, pace);
      expect(detectionMs).toBeGreaterThanOrEqual(earliestMs);
      // What was under way at the death may have passed, and the next one starts after it: at once, or a moment after its start.
      expect(detectionMs).toBeLessThanOrEqual(soonMs);
      expect(detectionMs).toBeLessThanOrEqual(latestMs);
    }
  });
});

/** The target dies now and resets its connections. @returns the time to the verdict. */
async function detect(world: WatchedWorld, pace: ReturnType<typeof tcpTarget>): Promise<number> {
  const diedAt = world.clock.now();
  let state: MemberHealth = { health: "healthy", since: 0, strikes: null };
  let foundAt: number | null = null;
  world.answer = () => {
    const now = world.clock.now();
    state = observe(state, "fail", pace, now);
    if (state.health === "unhealthy") foundAt ??= now;
    return failed();
  };
  world.last.end("cut");
  await world.clock.advance(60_000);
  if (foundAt === null) throw new Error("Nobody has noticed for a minute");
  return foundAt - diedAt;
}

describe("the idle connection", () => {
  test("is opened once a probe has passed and no strike counts, and not before", async () => {
    const world = new WatchedWorld();
    let counts = true;
    world.answer = failed;
    world.add({}, () => counts);
    await world.clock.advance(20_000);
    world.answer = passed;
    await world.clock.advance(20_000);
    expect(world.connections).toEqual([]);
    counts = false;
    await world.clock.advance(20_000);
    expect(world.connections).toHaveLength(1);
    expect(world.scheduler.watches).toEqual({ watched: 1, open: 1, hints: noHints });
  });

  test("is given up with the first fail, and comes back with the first pass", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    world.answer = failed;
    await world.clock.advance(10_000);
    expect([world.held, world.connections.length]).toEqual([0, 1]);
    await world.clock.advance(600_000);
    expect(world.connections).toHaveLength(1);
    world.answer = passed;
    await world.clock.advance(15_000);
    expect([world.held, world.connections.length]).toEqual([1, 2]);
  });

  test("that is cut again and again is opened ever more seldom, down to once in some minutes", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    const ends: number[] = [];
    for (let i = 0; i < 12; i++) {
      const seen = world.connections.length;
      await world.clock.advance(5_000);
      ends.push(world.clock.now());
      world.last.end("cut");
      while (world.connections.length === seen) await world.clock.advance(1_000);
    }
    const [first = NaN, ...others] = waits(world.connections, ends);
    expect(first).toBeGreaterThanOrEqual(2_000);
    expect(first).toBeLessThanOrEqual(4_000);
    let before = first;
    for (const wait of others) {
      expect(wait).toBeGreaterThanOrEqual(Math.min(before * 1.9, 150_000));
      expect(wait).toBeLessThanOrEqual(300_000);
      before = wait;
    }
  });

  test("that has lasted is opened again soon, however short those before it were", async () => {
    const world = new WatchedWorld();
    await world.addOpen();
    for (let i = 0; i < 8; i++) {
      world.last.end("cut");
      const seen = world.connections.length;
      while (world.connections.length === seen) await world.clock.advance(10_000);
    }
    await world.clock.advance(30_000);
    world.last.end("cut");
    const cutAt = world.clock.now();
    await world.clock.advance(2_000);
    expect(world.last.at - cutAt).toBeGreaterThanOrEqual(1_000);
    expect(world.last.at - cutAt).toBeLessThanOrEqual(2_000);
  });

  test.each(["unopened", "flooded"] as const)("that ends as %s is no hint", async (end) => {
    const world = new WatchedWorld();
    if (end === "unopened") world.accepts = false;
    await world.addOpen();
    if (end === "flooded") world.last.end("flooded");
    const seen = world.starts.length;
    await world.clock.advance(600_000);
    expect(world.starts.length - seen).toBe(60);
    expect(world.connections.length).toBeGreaterThan(1);
    // It is tried ever more seldom.
    expect(world.connections.length).toBeLessThan(12);
    expect(world.scheduler.watches.hints).toEqual(noHints);
  });

  test("ends with its target, with the watch being turned off, and with the scheduler", async () => {
    const world = new WatchedWorld();
    const scheduled = await world.addOpen();
    scheduled.retarget(tcpTarget({ watch: false }));
    expect([world.held, world.scheduler.watches.watched]).toEqual([0, 0]);
    scheduled.retarget(tcpTarget({ watch: true, host: "127.0.0.2" }));
    await world.clock.advance(15_000);
    expect([world.held, world.last.host]).toEqual([1, "127.0.0.2"]);
    scheduled.remove();
    expect([world.held, world.scheduler.watches.watched]).toEqual([0, 0]);
    await world.addOpen();
    expect(world.held).toBe(1);
    await world.scheduler.stop();
    expect([world.held, world.clock.pendingTimers]).toEqual([0, 0]);
  });

  test.each(["rests", "connects"] as const)(
    "leaves nothing behind when its target is removed while it %s",
    async (state) => {
      const world = new WatchedWorld();
      const scheduled = await world.addOpen();
      world.last.end("cut");
      await world.clock.advance(0);
      if (state === "connects") {
        const seen = world.connections.length;
        // It hangs: nobody says that it is open.
        world.accepts = false;
        while (world.connections.length === seen) await world.clock.advance(1);
      }
      scheduled.remove();
      await world.clock.advance(600_000);
      expect([world.held, world.clock.pendingTimers]).toEqual([0, 0]);
    },
  );
});

test("a storm of hints is followed up to a limit a second, and what is above it waits for its ordinary probe", async () => {
  const world = new WatchedWorld();
  const hosts = Array.from({ length: 3 * hintsPerSecondMax }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const host of hosts) world.add({ host });
  await world.clock.advance(15_000);
  expect(world.scheduler.watches.open).toBe(hosts.length);
  // No probe is due within this millisecond that would have been started anyway.
  const seen = world.starts.length;
  const cutAt = world.clock.now();
  for (const each of world.connections) each.end("cut");
  await world.clock.advance(0);
  expect(world.starts.length - seen).toBe(hintsPerSecondMax);
  expect(new Set(world.starts.slice(seen))).toEqual(new Set([cutAt]));
  await world.clock.advance(100);
  const { hints } = world.scheduler.watches;
  expect(hints).toEqual({ ...noHints, pass: hintsPerSecondMax, limited: 2 * hintsPerSecondMax });
  await world.clock.advance(15_000);
  expect(world.scheduler.watches).toMatchObject({ open: hosts.length, hints });
});
