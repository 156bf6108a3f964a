import { expect, test } from "vitest";
import { ProbeScheduler, type ScheduledProbe } from "../../../src/daemon/scheduler.ts";
import { phaseOf } from "../../../src/core/schedule.ts";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import type { Target } from "../../../src/core/target.ts";
import { sleep } from "../../../src/daemon/clock.ts";
import { failed, passed, tcpTarget } from "./results.ts";
import { VirtualClock } from "./virtual-clock.ts";

interface Recorded {
  readonly probe: ScheduledProbe;
  readonly starts: number[];
  readonly latenesses: number[];
}

/** A probe that takes as long as it is told, and records when it was started. */
function record(
  clock: VirtualClock,
  key: string,
  target: Target,
  tookMs: () => number,
  result: () => ProbeResult = passed,
): Recorded {
  const starts: number[] = [];
  const latenesses: number[] = [];
  const probe: ScheduledProbe = {
    key,
    target,
    run: async () => {
      starts.push(clock.now());
      await sleep(clock, tookMs(), new AbortController().signal);
      return result();
    },
    onResult: ({ outcome }, latenessMs) => {
      latenesses.push(latenessMs);
      return outcome === "fail";
    },
  };
  return { probe, starts, latenesses };
}

test("starts every probe on its grid, without drift, over a day", async () => {
  const clock = new VirtualClock();
  const scheduler = new ProbeScheduler(clock);
  const { probe, starts } = record(clock, "a", tcpTarget({ intervalMs: 10_000 }), () => 1_700);
  scheduler.add(probe);
  await clock.advance(86_400_000);
  expect(starts).toHaveLength(8_640);
  expect((starts[0]! - phaseOf("a", 10_000)) % 10_000).toBeCloseTo(0, 6);
  for (const [i, at] of starts.entries()) expect(at - starts[0]!).toBeCloseTo(i * 10_000, 3);
});

test("spreads the first starts of many targets over the interval", async () => {
  const clock = new VirtualClock();
  const scheduler = new ProbeScheduler(clock);
  const probes = Array.from({ length: 100 }, (_, i) =>
    record(clock, `m${i}`, tcpTarget({ intervalMs: 1_000 }), () => 0),
  );
  for (const { probe } of probes) scheduler.add(probe);
  await clock.advance(1_000);
  const perTenth = Map.groupBy(probes, ({ starts }) => Math.floor((starts[0]! - 1_000) / 100));
  expect(probes.every(({ starts }) => starts.length === 1)).toBe(true);
  expect(perTenth.size).toBe(10);
});

test("1,000 targets that start together are spread over the interval, each once, and again so in the next", async () => {
  const clock = new VirtualClock();
  const scheduler = new ProbeScheduler(clock);
  const probes = Array.from({ length: 1_000 }, (_, i) =>
    record(clock, `g${i}/web-a http://10.0.${i >> 8}.${i & 255}:80/healthz`, tcpTarget(), () => 5),
  );
  for (const { probe } of probes) scheduler.add(probe);
  for (const round of [0, 1]) {
    await clock.advance(10_000);
    expect(probes.every(({ starts }) => starts.length === round + 1)).toBe(true);
    const perTenth = Map.groupBy(probes, ({ starts }) => Math.floor(starts[round]! / 100));
    // Ten on average, in a tenth of a second.
    expect(Math.max(...[...perTenth.values()].map((each) => each.length))).toBeLessThan(30);
    expect(Math.max(...probes.flatMap(({ latenesses }) => latenesses))).toBe(0);
  }
});

test("one blackhole among 100 targets delays none of the others", async () => {
  const clock = new VirtualClock();
  const scheduler = new ProbeScheduler(clock);
  const hanging = record(clock, "hangs", tcpTarget({ intervalMs: 1_000 }), () => 50_000);
  const others = Array.from({ length: 99 }, (_, i) =>
    record(clock, `m${i}`, tcpTarget({ intervalMs: 1_000 }), () => 5),
  );
  for (const { probe } of [hanging, ...others]) scheduler.add(probe);
  await clock.advance(20_000);
  expect(hanging.starts).toHaveLength(1);
  for (const { starts, latenesses } of others) {
    expect(starts).toHaveLength(20);
    expect(Math.max(...latenesses)).toBe(0);
  }
});

test("a probe never overlaps itself: a slow one leaves out the starts that it ran into", async () => {
  const clock = new VirtualClock();
  const scheduler = new ProbeScheduler(clock);
  const slow = record(clock, "slow", tcpTarget({ intervalMs: 1_000 }), () => 2_500);
  scheduler.add(slow.probe);
  await clock.advance(30_000);
  for (const [i, at] of slow.starts.slice(1).entries()) expect(at - slow.starts[i]!).toBeCloseTo(3_000, 6);
});

test("re-checks at the fast interval while a strike counts", async () => {
  const clock = new VirtualClock();
  const scheduler = new ProbeScheduler(clock);
  let down = false;
  const target = tcpTarget({ intervalMs: 10_000, fastIntervalMs: 1_000 });
  const { probe, starts } = record(
    clock,
    "a",
    target,
    () => 0,
    () => (down ? failed() : passed()),
  );
  scheduler.add(probe);
  await clock.advance(20_000);
  down = true;
  await clock.advance(13_000);
  const gaps = starts.slice(1).map((at, i) => Math.round(at - starts[i]!));
  expect(gaps.slice(0, 2)).toEqual([10_000, 10_000]);
  expect(gaps.slice(2).every((gap) => gap === 1_000)).toBe(true);
});

test("tells how late a start was after the machine stood still, and goes on with the grid", async () => {
  const clock = new VirtualClock();
  const scheduler = new ProbeScheduler(clock);
  const { probe, starts, latenesses } = record(clock, "a", tcpTarget({ intervalMs: 10_000 }), () => 0);
  scheduler.add(probe);
  await clock.advance(20_000);
  await clock.stall(60_000);
  await clock.advance(10_000);
  expect(Math.max(...latenesses)).toBeGreaterThan(49_000);
  // Starts that were missed are not made up for.
  expect(starts.length).toBeLessThanOrEqual(4);
  expect(latenesses.at(-1)).toBe(0);
});

test("stop() cancels what is planned and waits for what runs", async () => {
  const clock = new VirtualClock();
  const scheduler = new ProbeScheduler(clock);
  const { probe, starts, latenesses } = record(clock, "a", tcpTarget({ intervalMs: 1_000 }), () => 300);
  scheduler.add(probe);
  await clock.advance(1_000);
  expect(starts).toHaveLength(1);
  const stopped = scheduler.stop();
  await clock.advance(10_000);
  await stopped;
  expect(starts).toHaveLength(1);
  expect(latenesses.length).toBeLessThanOrEqual(1);
  expect(clock.pendingTimers).toBe(0);
});
