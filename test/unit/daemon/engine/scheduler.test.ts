import { expect, test } from "vitest";
import { phaseOf } from "../../../../src/core/schedule.ts";
import type { ProbeResult } from "../../../../src/core/probe-result.ts";
import type { Target } from "../../../../src/core/target.ts";
import { sleep } from "../../../../src/daemon/clock.ts";
import type { Scheduled } from "../../../../src/daemon/engine/engine.ts";
import { ProbeScheduler } from "../../../../src/daemon/engine/scheduler.ts";
import { promisedProber } from "./promised-prober.ts";
import { failed, passed, tcpTarget } from "../results.ts";
import { VirtualClock } from "../virtual-clock.ts";

interface Recorded {
  readonly starts: readonly number[];
  readonly latenesses: readonly number[];
  readonly scheduled: Scheduled;
}

interface Asked {
  readonly pace?: Partial<Target>;
  /** How long an answer takes. Milliseconds, default 0. */
  readonly tookMs?: number;
}

/** Targets that answer, and a record of when each was asked. */
class World {
  readonly clock = new VirtualClock();
  readonly scheduler: ProbeScheduler;
  /** What every target says. */
  answer: () => ProbeResult = passed;
  readonly #starts = new Map<string, number[]>();

  constructor(tickMs = 0) {
    const proberOf = promisedProber(async ({ host, port }, signal) => {
      this.#starts.get(host)?.push(this.clock.now());
      await sleep(this.clock, port, signal);
      return this.answer();
    });
    this.scheduler = new ProbeScheduler({ clock: this.clock, proberOf, tickMs });
  }

  add(key: string, { pace = {}, tookMs = 0 }: Asked = {}): Recorded {
    const [starts, latenesses]: [number[], number[]] = [[], []];
    this.#starts.set(key, starts);
    const target = tcpTarget({ ...pace, host: key, port: tookMs });
    const scheduled = this.scheduler.add(key, target, ({ result, latenessMs }) => {
      latenesses.push(latenessMs);
      scheduled.setStriking(result.outcome === "fail");
    });
    return { starts, latenesses, scheduled };
  }

  addMany(count: number, asked: Asked): readonly Recorded[] {
    return Array.from({ length: count }, (_, i) => this.add(`10.0.${i >> 8}.${i & 255}`, asked));
  }
}

const eachSecond = { intervalMs: 1_000 };

test("starts every probe on its grid, without drift, over a day", async () => {
  const world = new World();
  const { starts } = world.add("a", { tookMs: 1_700 });
  await world.clock.advance(86_400_000);
  expect(starts).toHaveLength(8_640);
  expect((starts[0]! - phaseOf("a", 10_000)) % 10_000).toBeCloseTo(0, 6);
  for (const [i, at] of starts.entries()) expect(at - starts[0]!).toBeCloseTo(i * 10_000, 3);
});

test("spreads the first starts of many targets over the interval", async () => {
  const world = new World();
  const probes = world.addMany(100, { pace: eachSecond });
  await world.clock.advance(1_000);
  const perTenth = Map.groupBy(probes, ({ starts }) => Math.floor((starts[0]! - 1_000) / 100));
  expect(probes.every(({ starts }) => starts.length === 1)).toBe(true);
  expect(perTenth.size).toBe(10);
});

test("1,000 targets that start together are spread over the interval, each once, and again so in the next", async () => {
  const world = new World();
  const probes = world.addMany(1_000, { tookMs: 5 });
  for (const round of [0, 1]) {
    await world.clock.advance(10_000);
    expect(probes.every(({ starts }) => starts.length === round + 1)).toBe(true);
    const perTenth = Map.groupBy(probes, ({ starts }) => Math.floor(starts[round]! / 100));
    // Ten on average, in a tenth of a second.
    expect(Math.max(...[...perTenth.values()].map((each) => each.length))).toBeLessThan(30);
    expect(Math.max(...probes.flatMap(({ latenesses }) => latenesses))).toBe(0);
  }
});

test("one blackhole among 100 targets delays none of the others", async () => {
  const world = new World();
  const hanging = world.add("hangs", { pace: eachSecond, tookMs: 50_000 });
  const others = world.addMany(99, { pace: eachSecond, tookMs: 5 });
  await world.clock.advance(20_000);
  expect(hanging.starts).toHaveLength(1);
  for (const { starts, latenesses } of others) {
    expect(starts).toHaveLength(20);
    expect(Math.max(...latenesses)).toBe(0);
  }
});

test("a probe never overlaps itself: a slow one leaves out the starts that it ran into", async () => {
  const world = new World();
  const { starts } = world.add("slow", { pace: eachSecond, tookMs: 2_500 });
  await world.clock.advance(30_000);
  for (const [i, at] of starts.slice(1).entries()) expect(at - starts[i]!).toBeCloseTo(3_000, 6);
});

test("re-checks at the fast interval while a strike counts", async () => {
  const world = new World();
  const { starts } = world.add("a", { pace: { fastIntervalMs: 1_000 } });
  await world.clock.advance(20_000);
  world.answer = failed;
  await world.clock.advance(13_000);
  const gaps = starts.slice(1).map((at, i) => Math.round(at - starts[i]!));
  expect(gaps.slice(0, 2)).toEqual([10_000, 10_000]);
  expect(gaps.slice(2).every((gap) => gap === 1_000)).toBe(true);
});

test("a strike that is told of only later brings the next start forward, and its end puts it back on the grid", async () => {
  const world = new World();
  const { starts, scheduled } = world.add("a", { pace: { fastIntervalMs: 1_000 } });
  await world.clock.advance(500);
  const [first = NaN] = starts;
  scheduled.setStriking(true);
  await world.clock.advance(600);
  expect(starts).toEqual([first, first + 1_000]);
  await world.clock.advance(9_100);
  expect(starts.map((at) => Math.round(at - first))).toEqual([0, 1_000, 10_000]);
});

test("a target that is changed is probed as the new one, and what is under way then is old", async () => {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const seen: boolean[] = [];
  const proberOf = promisedProber(async ({ host }, signal) => {
    asked.push(host);
    await sleep(clock, 500, signal);
    return passed();
  });
  const scheduler = new ProbeScheduler({ clock, proberOf });
  const target = tcpTarget({ intervalMs: 1_000, host: "eu" });
  const scheduled = scheduler.add("a", target, ({ isOld }) => seen.push(isOld));
  await clock.advance(phaseOf("a", 1_000) + 100);
  scheduled.retarget({ ...target, host: "us" });
  await clock.advance(1_500);
  expect(asked).toEqual(["eu", "us"]);
  expect(seen).toEqual([true, false]);
});

test("one that is removed while it is told of its result is never started again", async () => {
  const world = new World();
  const starts: number[] = [];
  const scheduled = world.scheduler.add("gone", tcpTarget({ ...eachSecond, port: 0 }), () => {
    starts.push(world.clock.now());
    scheduled.remove();
  });
  await world.clock.advance(10_000);
  expect(starts).toHaveLength(1);
  expect(world.clock.pendingTimers).toBe(0);
});

test("hurry() starts a probe now, and leaves one alone that is under way", async () => {
  const world = new World();
  const { starts, scheduled } = world.add("a", { tookMs: 100 });
  scheduled.hurry();
  await world.clock.advance(50);
  scheduled.hurry();
  await world.clock.advance(100);
  expect(starts).toHaveLength(1);
  scheduled.remove();
  scheduled.hurry();
  await world.clock.advance(20_000);
  expect(starts).toHaveLength(1);
});

test("starts that are due within a tick are made together at its end, and show as that late", async () => {
  const world = new World(5);
  const probes = world.addMany(1_000, { pace: eachSecond });
  await world.clock.advance(3_000);
  const starts = probes.flatMap((probe) => probe.starts);
  expect(new Set(starts.map((at) => at % 5))).toEqual(new Set([0]));
  expect(new Set(starts).size).toBeLessThanOrEqual(600);
  const latenesses = probes.flatMap((probe) => probe.latenesses);
  expect(Math.max(...latenesses)).toBeLessThan(5);
  expect(Math.max(...latenesses)).toBeGreaterThan(4);
});

test("a thousand starts that are overdue at once are made in turns, all of them, and each shows how late it was", async () => {
  const world = new World();
  const probes = world.addMany(1_000, { pace: { intervalMs: 60_000 } });
  const overdueMs: number[] = [];
  world.answer = () => {
    overdueMs.push(world.scheduler.overdueMs);
    return passed();
  };
  await world.clock.stall(60_000);
  expect(Math.max(...overdueMs)).toBeGreaterThan(50_000);
  expect(probes.map(({ starts }) => starts.length)).toEqual(probes.map(() => 1));
  expect(world.scheduler.overdueMs).toBe(0);
});

test("tells how late a start was after the machine stood still, and goes on with the grid", async () => {
  const world = new World();
  const { starts, latenesses } = world.add("a");
  await world.clock.advance(20_000);
  await world.clock.stall(60_000);
  await world.clock.advance(10_000);
  expect(Math.max(...latenesses)).toBeGreaterThan(49_000);
  // Starts that were missed are not made up for.
  expect(starts.length).toBeLessThanOrEqual(4);
  expect(latenesses.at(-1)).toBe(0);
});

test("while held it begins nothing, and what fell due meanwhile is begun late, each once, as soon as it is released", async () => {
  const world = new World();
  const { starts, latenesses } = world.add("a", { pace: eachSecond });
  await world.clock.advance(1_000);
  expect(starts).toHaveLength(1);
  world.scheduler.hold();
  await world.clock.advance(3_500);
  expect(starts).toHaveLength(1);
  const overdueMs = world.clock.now() - (starts[0] ?? NaN) - 1_000;
  expect(world.scheduler.overdueMs).toBe(overdueMs);
  world.scheduler.release();
  world.scheduler.release();
  await world.clock.advance(0);
  expect(starts).toHaveLength(2);
  expect(latenesses).toEqual([0, overdueMs]);
  await world.clock.advance(1_000);
  expect(starts).toHaveLength(3);
});

test("while held it takes what is under way", async () => {
  const world = new World();
  const { starts, latenesses } = world.add("a", { pace: eachSecond, tookMs: 500 });
  await world.clock.advance(1_000);
  expect(starts).toHaveLength(1);
  world.scheduler.hold();
  await world.clock.advance(5_000);
  expect(latenesses).toEqual([0]);
});

test("stop() cancels what is planned, gives up what runs and waits for its end", async () => {
  const world = new World();
  const { starts, latenesses } = world.add("a", { pace: eachSecond, tookMs: 900 });
  await world.clock.advance(1_000);
  expect(starts).toHaveLength(1);
  await world.scheduler.stop();
  await world.clock.advance(10_000);
  expect(starts).toHaveLength(1);
  expect(latenesses).toEqual([]);
  expect(world.clock.pendingTimers).toBe(0);
});
