import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { causes, type Cause } from "../../../src/core/cause.ts";
import { decodeRuns, encodeRuns } from "../../../src/daemon/journal/run-code.ts";
import { hourMs, hourOf, OpenSegment, type Run, type Segment } from "../../../src/daemon/journal/runs.ts";

const hour = hourMs * 500_000;
const target = { group: "web", member: "a" };

/** Feeds probes, each as cause, duration and time in its hour. @returns the segments that came of them. */
function folded(...probes: readonly (readonly [Cause, number, number])[]): readonly Segment[] {
  const open = new OpenSegment(target);
  const before = probes.flatMap(([cause, ms, at]) => open.observe(cause, ms, hour + at) ?? []);
  return [...before, ...[open.segment()].flatMap((last) => last ?? [])];
}

function textOf(run: Run): string {
  const { cause, count, firstWallMs, lastWallMs, minMs, medianMs, maxMs } = run;
  return `${count} ${cause} ${firstWallMs - hour}..${lastWallMs - hour} ${minMs}/${medianMs}/${maxMs}`;
}

describe("runs of probes", () => {
  test("the same outcome for the same cause is one run, whatever comes between is another", () => {
    const [segment, ...others] = folded(
      ["ok", 3, 0],
      ["ok", 9.04, 10_000],
      ["ok", 1.26, 20_000],
      ["refused", 0, 30_000],
      ["connect-timeout", 2_000, 40_000],
      ["ok", 2, 50_000],
      ["ok", 4, 60_000],
    );
    expect(others).toEqual([]);
    expect(segment?.startWallMs).toBe(hour);
    expect(segment?.runs.map(textOf)).toEqual([
      "3 ok 0..20000 1.3/3/9",
      "1 refused 30000..30000 0/0/0",
      "1 connect-timeout 40000..40000 2000/2000/2000",
      "2 ok 50000..60000 2/2/4",
    ]);
  });

  test("a run ends with its hour, and when the clock goes back", () => {
    const segments = folded(
      ["ok", 1, 0],
      ["ok", 1, hourMs - 1],
      ["ok", 1, hourMs],
      ["ok", 1, hourMs + 5],
      ["ok", 1, hourMs + 4],
    );
    expect(segments.map(({ startWallMs }) => startWallMs - hour)).toEqual([0, hourMs, hourMs + 4]);
    expect(segments.map(({ runs }) => runs.map(({ count }) => count))).toEqual([[2], [2], [1]]);
  });

  test("a segment that is full is followed by another, and no probe is lost", () => {
    const probes = Array.from({ length: 1_000 }, (_, i) => [i % 2 === 0 ? "ok" : "reset", 1, i] as const);
    const segments = folded(...probes);
    expect(segments.length).toBeGreaterThan(10);
    expect(Math.max(...segments.map(({ runs }) => runs.length))).toBe(64);
    expect(segments.flatMap(({ runs }) => runs)).toHaveLength(1_000);
  });

  test("no run has so many probes that its durations would need much memory", () => {
    const open = new OpenSegment(target);
    for (let i = 0; i < 10_000; i++) open.observe("ok", 1, hour + i);
    expect(open.segment()?.runs.map(({ count }) => count)).toEqual([4_096, 4_096, 1_808]);
  });
});

const someProbes = fc.array(
  fc.record({
    cause: fc.constantFrom(...(Object.keys(causes) as Cause[])),
    durationMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
    waitMs: fc.nat({ max: 400_000 }),
  }),
  { minLength: 1, maxLength: 200 },
);

test("runs come back from their bytes as they were, and no probe is counted twice or lost", () => {
  fc.assert(
    fc.property(someProbes, (probes) => {
      let at = 0;
      const segments = folded(
        ...probes.map(({ cause, durationMs, waitMs }) => [cause, durationMs, (at += waitMs)] as const),
      );
      for (const { startWallMs, runs } of segments) {
        expect(decodeRuns(encodeRuns({ startWallMs, runs }), startWallMs)).toEqual(runs);
        expect(runs.every(({ lastWallMs }) => hourOf(lastWallMs) === hourOf(startWallMs))).toBe(true);
      }
      const runs = segments.flatMap(({ runs }) => runs);
      expect(runs.reduce((sum, { count }) => sum + count, 0)).toBe(probes.length);
      expect(runs.every(({ minMs, medianMs, maxMs }) => minMs <= medianMs && medianMs <= maxMs)).toBe(true);
    }),
  );
});

test("damaged bytes give the runs before the damage, never an error", () => {
  const [segment] = folded(["ok", 1, 0], ["reset", 2, 10], ["ok", 3, 20]);
  const bytes = encodeRuns({ startWallMs: hour, runs: segment?.runs ?? [] });
  for (let length = 0; length <= bytes.length; length++) {
    const runs = decodeRuns(bytes.subarray(0, length), hour);
    expect(segment?.runs.slice(0, runs.length)).toEqual(runs);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
      for (const run of decodeRuns(noise, hour)) expect(Number.isSafeInteger(run.lastWallMs)).toBe(true);
    }),
  );
});
