import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { phaseOf, tickMs } from "../../../../src/core/schedule.ts";
import type { Outcome } from "../../../../src/core/cause.ts";
import { Rhythm } from "../../../../src/daemon/engine/rhythm.ts";
import { tcpTarget } from "../results.ts";

const intervalMs = 10_000;
const target = tcpTarget({ intervalMs, strikesOk: 2 });

interface Probed {
  readonly at: number;
  readonly outcome: Outcome;
  /** Somebody has called for it. */
  readonly isCalled: boolean;
  readonly lateMs: number;
}

interface Call {
  /** In hundredths of the time until the next probe. */
  readonly part: number;
  readonly kind: "hurry" | "hint";
}

interface Turn {
  readonly call: Call | null;
  readonly outcome: Outcome;
  /** How much later than planned it begins. Milliseconds, default 0. */
  readonly lateMs?: number;
}

/** @returns the probes of a target that says this, when it is called for like that. */
function play(turns: readonly Turn[]): readonly Probed[] {
  const rhythm = new Rhythm("a", target);
  const probes: Probed[] = [];
  let now = 0;
  let next = rhythm.first(0, target);
  for (const { call, outcome, lateMs = 0 } of turns) {
    if (call !== null) {
      now += ((next - now) * call.part) / 100;
      if (call.kind === "hint") rhythm.hint();
      else rhythm.hurry();
      next = call.kind === "hint" ? rhythm.next(now, false, target) : now;
    }
    now = next + lateMs;
    const isCalled = rhythm.begin(next, now);
    probes.push({ at: now, outcome, isCalled, lateMs });
    rhythm.settle(outcome, target);
    next = rhythm.next(now, false, target);
  }
  return probes;
}

const outcome = fc.constantFrom<Outcome>("pass", "fail", "inconclusive");
const call = fc.record({ part: fc.nat(99), kind: fc.constantFrom("hurry", "hint") });
/** Mostly by a tick or two, as on any machine, at times by as much as one that cannot keep up. */
const lateMs = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.nat(2 * tickMs) },
  { weight: 1, arbitrary: fc.nat(3 * intervalMs) },
);
const turns = fc.array(fc.record({ call: fc.option(call, { nil: null, freq: 3 }), outcome, lateMs }), {
  maxLength: 40,
});

/** By how much less than an interval two may be apart: the ticks that the timing contract counts. */
const slackMs = 2 * tickMs + 1e-6;

test("two fails are an interval apart, unless somebody has called for the second one", () => {
  fc.assert(
    fc.property(turns, (turns) => {
      const probes = play(turns);
      for (const [i, { at, outcome, isCalled }] of probes.entries()) {
        const before = probes[i - 1];
        if (outcome !== "fail" || before?.outcome !== "fail" || isCalled) continue;
        expect(at - before.at).toBeGreaterThan(intervalMs - slackMs);
      }
    }),
  );
});

test("the passes after a fail are an interval apart, until there are enough", () => {
  fc.assert(
    fc.property(turns, (turns) => {
      const probes = play(turns);
      for (const [i, { at, outcome, isCalled }] of probes.entries()) {
        const [fail, first] = [probes[i - 2], probes[i - 1]];
        if (fail?.outcome !== "fail" || first?.outcome !== "pass" || outcome !== "pass" || isCalled) continue;
        // A hint that came while it was striking is followed by two looks.
        if (first.isCalled && at - first.at < 200) continue;
        expect(at - first.at).toBeGreaterThan(intervalMs - slackMs);
      }
    }),
  );
});

test("no two probes are more than an interval apart, but for how late the second one is", () => {
  fc.assert(
    fc.property(turns, (turns) => {
      const probes = play(turns);
      for (const [i, { at, lateMs }] of probes.entries())
        expect(at - lateMs - (probes[i - 1]?.at ?? 0)).toBeLessThan(intervalMs + 1e-6);
    }),
  );
});

test("what begins late is followed by another an interval after its start, and goes back to its grid when it passes", () => {
  const late: Turn = { call: null, outcome: "fail", lateMs: 7_000 };
  const then = (outcome: Outcome): Turn => ({ call: null, outcome });
  const probes = play([then("pass"), late, then("fail"), then("pass"), then("pass"), then("pass")]);
  const since = probes.map(({ at }) => Math.round(at - probes[0]!.at));
  expect(since).toEqual([0, 17_000, 27_000, 37_000, 47_000, 50_000]);
});

test("what passes again and again stays on its grid, however late it begins", () => {
  const turn = (lateMs: number): Turn => ({ call: null, outcome: "pass", lateMs });
  const probes = play([0, 0, 7_000, 3_000, 0, 0].map(turn));
  const since = probes.map(({ at }) => Math.round(at - probes[0]!.at));
  expect(since).toEqual([0, 10_000, 27_000, 33_000, 40_000, 50_000]);
});

describe("a target that was called for", () => {
  const phaseMs = phaseOf("a", intervalMs);
  const onPhase = ({ at }: Probed): boolean => Math.abs(((at - phaseMs) / intervalMs) % 1) < 1e-9;
  const calm = (outcome: Outcome): Turn => ({ call: null, outcome });

  test("is back on its own grid after as many passes as make it healthy", () => {
    const hurried: Turn = { call: { part: 30, kind: "hurry" }, outcome: "fail" };
    const probes = play([calm("pass"), hurried, calm("fail"), calm("pass"), calm("pass"), calm("pass")]);
    expect(probes.map(onPhase)).toEqual([true, false, false, false, false, true]);
  });

  test("by a hint that comes to nothing stays on it", () => {
    const hinted: Turn = { call: { part: 30, kind: "hint" }, outcome: "pass" };
    const probes = play([calm("pass"), hinted, calm("pass"), calm("pass")]);
    expect(probes.map(onPhase)).toEqual([true, false, false, true]);
    expect(probes[2]!.at - probes[1]!.at).toBe(100);
  });
});
