import { describe, expect, test } from "vitest";
import { limitsOf, outsideContract, ratioOf, verdictOf, type Limit } from "../../../bench/report/limits.ts";
import type { Cost, CostRow, DetectionRow, DetectionTrial, Results } from "../../../bench/report/result.ts";

const limit = (limit: number, measured: number | null): Limit => ({
  part: "cost",
  what: "it",
  limit,
  unit: "×",
  measured,
});

describe("verdictOf()", () => {
  test("says whether it is reached, and by how much it is missed", () => {
    expect(verdictOf(limit(2.1, 2.1))).toBe("reached");
    expect(verdictOf(limit(2, 2.5))).toBe("missed by 25 %");
    expect(verdictOf(limit(2, 2.001))).toBe("missed by 1 %");
    expect(verdictOf(limit(0, 0))).toBe("reached");
    expect(verdictOf(limit(0, 3))).toBe("missed by 3");
    expect(verdictOf(limit(2, null))).toBe("not measured");
  });
});

describe("ratioOf()", () => {
  const cost = (cpuUs: number): Cost => ({ cpuUs, allUs: [cpuUs], perSecond: 1, share: 0.1, residentMb: 1 });
  const row = (haproxy: Cost | null): CostRow => ({
    mode: "tcp",
    targets: 1_000,
    intervalMs: 1_000,
    windows: 1,
    windowMs: 1_000,
    by: { failoverd: cost(80), haproxy, blackbox: null },
  });

  test("is how many times the cost of the other it is", () => {
    expect(ratioOf([row(cost(40))], "tcp", "haproxy")).toBe(2);
  });

  test("is unknown when the other is not here, or nothing was probed", () => {
    expect(ratioOf([row(null)], "tcp", "haproxy")).toBeNull();
    expect(ratioOf([row(cost(Number.NaN))], "tcp", "haproxy")).toBeNull();
    expect(ratioOf([row(cost(40))], "http", "haproxy")).toBeNull();
  });
});

/** @returns a trial of which nothing else is known. */
const trialOf = (known: Partial<DetectionTrial>): DetectionTrial => ({
  detectedMs: null,
  decidedMs: null,
  firstCallMs: null,
  firstChangeMs: null,
  answeredMs: null,
  haproxyDetectedMs: null,
  haproxyAnsweredMs: null,
  syncMs: 0.5,
  ...known,
});

describe("outsideContract()", () => {
  test("counts those that came too early, too late or never", () => {
    const trials = [399, 400, 1_000, 1_600, 1_601, null].map((detectedMs) => trialOf({ detectedMs }));
    expect(outsideContract({ earliestMs: 400, latestMs: 1_600, trials })).toBe(3);
  });
});

describe("limitsOf()", () => {
  test("has detection beside each number of targets by itself: the median and the longest", () => {
    const row = (beside: number, calls: readonly number[]): DetectionRow => ({
      pace: "",
      healthcheck: "",
      fault: "kill",
      beside,
      earliestMs: 900,
      latestMs: 1_100,
      trials: calls.map((firstChangeMs) => trialOf({ detectedMs: 1_000, decidedMs: 1_001, firstChangeMs })),
    });
    const rows = [row(1_000, [1_003, 1_004]), row(1_000, [1_010]), row(10_000, [1_101])];
    const detection: Results["detection"] = {
      at: "",
      quick: false,
      seconds: 0,
      machine: { cpu: "", cores: 2, memoryGb: 0, kernel: "", pinned: true },
      versions: { failoverd: "", commit: null, node: "", haproxy: null, blackbox: null },
      load: { before: 0, after: 0 },
      rows,
    };
    const measured = limitsOf({ detection }).flatMap(({ part, measured }) =>
      part === "detection" ? [measured] : [],
    );
    expect(measured).toEqual([null, null, null, 3, 9, 0, 100, 100, 0]);
  });

  test("has every limit, also of what was not measured", () => {
    const limits = limitsOf({});
    expect(limits).toHaveLength(23);
    expect(limits.map(verdictOf)).toEqual(limits.map(() => "not measured"));
  });
});
