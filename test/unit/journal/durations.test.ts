import fc from "fast-check";
import { expect, test } from "vitest";
import { Durations } from "../../../src/daemon/journal/durations.ts";

function durationsOf(all: readonly number[]): Durations {
  const durations = new Durations();
  for (const ms of all) durations.add(ms);
  return durations;
}

const tenth = (ms: number): number => Math.round(ms * 10) / 10;

/** Of an even number the lower one. */
function medianOf(all: readonly number[]): number {
  return all.map(tenth).toSorted((a, b) => a - b)[(all.length - 1) >> 1] ?? NaN;
}

const some = (max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: 0, max, noNaN: true }), { minLength: 1, maxLength: 300 });

test("the median below 100 ms is that of a list of all durations, to a tenth", () => {
  fc.assert(
    fc.property(some(99), (all) => {
      expect(durationsOf(all).medianMs).toBe(medianOf(all));
    }),
  );
});

test("the median of any durations is right to half a percent, and the shortest and longest to a tenth", () => {
  fc.assert(
    fc.property(some(60_000), (all) => {
      const { count, minMs, medianMs, maxMs } = durationsOf(all);
      expect([count, minMs, maxMs]).toEqual([all.length, tenth(Math.min(...all)), tenth(Math.max(...all))]);
      const exact = medianOf(all);
      expect(Math.abs(medianMs - exact)).toBeLessThanOrEqual(exact * 0.005 + 1e-9);
    }),
  );
});

test("durations from 100 ms on count with three digits", () => {
  expect([123.4, 1_234.5, 12_345, 59_960].map((ms) => durationsOf([0, ms, 60_000]).medianMs)).toEqual([
    123, 1_230, 12_300, 60_000,
  ]);
  // Never outside of what there was.
  expect(durationsOf([123.4]).medianMs).toBe(123.4);
});
