import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { timingContract } from "../../../src/core/contract.ts";
import { observe, type MemberHealth } from "../../../src/core/health.ts";
import { nextOnGrid, nextStart, phaseOf, tickMs } from "../../../src/core/schedule.ts";
import type { Pace } from "../../../src/core/target.ts";

const exoscaleDefaults: Pace = {
  intervalMs: 10_000,
  timeoutMs: 2_000,
  fastIntervalMs: null,
  strikesOk: 2,
  strikesFail: 3,
};

describe("phaseOf()", () => {
  test("is stable: the same key has the same phase in every release", () => {
    expect(phaseOf("web/web-a", 10_000)).toBeCloseTo(5646.048, 2);
  });

  test("spreads neighbours over the whole interval", () => {
    const slots = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) slots[Math.floor(phaseOf(`group/member-${i}`, 10))]! += 1;
    for (const count of slots) expect(count).toBeGreaterThan(850);
  });
});

describe("nextOnGrid()", () => {
  test("is later than `after`, at most one interval later, and always on the grid", () => {
    const ms = fc.double({ min: 0, max: 1e10, noNaN: true });
    fc.assert(
      fc.property(
        ms,
        fc.integer({ min: 100, max: 300_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (after, interval, part) => {
          const phase = part * interval * 0.999;
          const next = nextOnGrid(after, interval, phase);
          expect(next).toBeGreaterThan(after);
          expect(next - after).toBeLessThanOrEqual(interval + 1e-5);
          const slot = (next - phase) / interval;
          expect(Math.abs(slot - Math.round(slot))).toBeLessThan(1e-6);
        },
      ),
    );
  });

  test.each([
    [132_638.14632266457, 5_000, 2_638.1463226645824],
    [268_438_090.73391724, 5_000, 3_090.733917258646],
    [2_147_484_076.7935834, 3_333, 2_179.7935835529843],
  ])(
    "is later than %d, also where rounding gives that instant itself as a grid point",
    (after, interval, phase) => {
      expect(phase + (Math.floor((after - phase) / interval) + 1) * interval).toBe(after);
      expect(nextOnGrid(after, interval, phase)).toBeCloseTo(after + interval, 3);
    },
  );

  test("does not drift over a day, however late each probe is", () => {
    let plannedAt = nextOnGrid(0, 10_000, 1_234);
    for (let i = 0; i < 8_639; i++) {
      plannedAt = nextStart(
        { plannedAt, endedAt: plannedAt + 1_777, striking: false },
        exoscaleDefaults,
        1_234,
      );
    }
    expect(plannedAt).toBe(1_234 + 8_639 * 10_000);
  });
});

describe("nextStart()", () => {
  test("leaves out the starts that a slow probe ran into", () => {
    const next = nextStart({ plannedAt: 0, endedAt: 25_000, striking: false }, exoscaleDefaults, 0);
    expect(next).toBe(30_000);
  });

  test("uses the fast interval only while a strike counts", () => {
    const pace = { ...exoscaleDefaults, fastIntervalMs: 1_000 };
    expect(nextStart({ plannedAt: 0, endedAt: 5, striking: true }, pace, 0)).toBe(1_000);
    expect(nextStart({ plannedAt: 0, endedAt: 2_000, striking: true }, pace, 0)).toBe(2_000);
    expect(nextStart({ plannedAt: 1_000, endedAt: 1_005, striking: false }, pace, 0)).toBe(10_000);
  });
});

describe("timingContract()", () => {
  const eachSecond = { ...exoscaleDefaults, intervalMs: 1_000, timeoutMs: 200 };

  test.each<readonly [string, Pace, number, number]>([
    ["20 to 32 seconds with the defaults of Exoscale", exoscaleDefaults, 19_980, 32_030],
    ["an interval and a timeout with one strike", { ...exoscaleDefaults, strikesFail: 1 }, 0, 12_030],
    [
      "two ticks more for each repeat that a timeout runs into",
      { ...eachSecond, fastIntervalMs: 200 },
      380,
      1_670,
    ],
    [
      "no tick more for a repeat that it does not run into",
      { ...eachSecond, fastIntervalMs: 220 },
      420,
      1_670,
    ],
    [
      "twice the interval where ticks carry a timeout over it",
      { ...eachSecond, timeoutMs: 980 },
      1_980,
      6_010,
    ],
    ["the interval where they do not", { ...eachSecond, timeoutMs: 979 }, 1_980, 4_009],
  ])("is, with the ticks, %s", (_, pace, earliestMs, latestMs) => {
    expect(timingContract(pace)).toEqual({ earliestMs, latestMs });
  });

  test.each([
    ["Exoscale's defaults", exoscaleDefaults],
    ["one strike", { ...exoscaleDefaults, strikesFail: 1 }],
    ["a fast interval", { ...exoscaleDefaults, fastIntervalMs: 1_500 }],
    ["a fast interval above the timeout", { ...exoscaleDefaults, fastIntervalMs: 3_000 }],
    ["a timeout of one interval", { ...exoscaleDefaults, intervalMs: 5_000, timeoutMs: 5_000 }],
    ["a timeout above the interval", { ...exoscaleDefaults, intervalMs: 5_000, timeoutMs: 12_000 }],
  ] as const)("holds for every instant of death, refused or silent: %s", (_, pace) => {
    const { earliestMs, latestMs } = timingContract(pace);
    let [least, most] = [Infinity, 0];
    for (let diesAt = 100_000; diesAt < 100_000 + 3 * pace.intervalMs; diesAt += pace.intervalMs / 50) {
      for (const answersAfterMs of [0, pace.timeoutMs]) {
        const afterMs = detectionMs(pace, diesAt, answersAfterMs);
        least = Math.min(least, afterMs);
        most = Math.max(most, afterMs);
      }
    }
    expect(least).toBeGreaterThanOrEqual(earliestMs);
    expect(most).toBeLessThanOrEqual(latestMs);
    // Not a loose promise either: the bounds are met up to the grain of the enumeration, and the ticks that a schedule does not know.
    const grainMs = pace.intervalMs / 50;
    expect(least - earliestMs).toBeLessThanOrEqual(grainMs + 2 * tickMs);
    expect(latestMs - most).toBeLessThanOrEqual(grainMs + (2 * pace.strikesFail + 1) * tickMs);
  });
});

/** Runs schedule and strikes for a member that answers at once until it dies. @returns the time from death to verdict. */
function detectionMs(pace: Pace, diesAt: number, answersAfterMs: number): number {
  let state: MemberHealth = { health: "healthy", since: 0, strikes: null };
  for (let plannedAt = 0; ;) {
    const dead = plannedAt >= diesAt;
    const endedAt = plannedAt + (dead ? answersAfterMs : 0);
    state = observe(state, dead ? "fail" : "pass", pace, endedAt);
    if (state.health === "unhealthy") return endedAt - diesAt;
    if (endedAt > diesAt + 1e6) throw new Error(`Nobody noticed for 1000 s that it died at ${diesAt}`);
    plannedAt = nextStart({ plannedAt, endedAt, striking: state.strikes !== null }, pace, 0);
  }
}
