import { describe, expect, test } from "vitest";
import { bucketsSince, edgeOfAll, median, quantile } from "../../../bench/report/stats.ts";

const buckets = (...counts: readonly (readonly [number, number])[]) => new Map(counts);

describe("median()", () => {
  test("is the one in the middle, or between the two", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe("quantile()", () => {
  const hundred = buckets([0.001, 50], [0.002, 90], [0.01, 100], [Infinity, 100]);

  test("is linear within a bucket", () => {
    expect(quantile(hundred, 0.5)).toBeCloseTo(0.001);
    expect(quantile(hundred, 0.7)).toBeCloseTo(0.0015);
    expect(quantile(hundred, 0.99)).toBeCloseTo(0.0092);
  });

  test("is the last edge when it is beyond all of them", () => {
    expect(quantile(buckets([0.001, 1], [5, 1], [Infinity, 10]), 0.99)).toBe(5);
  });

  test("skips empty buckets, and is nothing of nothing", () => {
    expect(quantile(buckets([0.001, 0], [0.002, 0], [0.005, 10], [Infinity, 10]), 0.01)).toBeCloseTo(0.00203);
    expect(quantile(buckets([0.001, 0], [Infinity, 0]), 0.5)).toBeNaN();
  });
});

describe("edgeOfAll()", () => {
  test("is the least edge with all of them below it", () => {
    expect(edgeOfAll(buckets([0.001, 50], [0.002, 90], [0.01, 90], [Infinity, 90]))).toBe(0.002);
    expect(edgeOfAll(buckets([0.001, 50], [Infinity, 51]))).toBe(Infinity);
  });
});

describe("bucketsSince()", () => {
  test("counts what came after", () => {
    const [before, after] = [buckets([1, 5], [Infinity, 6]), buckets([1, 8], [Infinity, 10])];
    expect([...bucketsSince(after, before)]).toEqual([
      [1, 3],
      [Infinity, 4],
    ]);
  });
});
