import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { phaseOf } from "../../../../src/core/schedule.ts";
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
}

interface Call {
  /** In hundredths of the time until the next probe. */
  readonly part: number;
  readonly kind: "hurry" | "hint";
}

interface Turn {
  readonly call: Call | null;
  readonly outcome: Outcome;
}

/** @returns the probes of a target that says this, when it is called for like that. */
function play(turns: readonly Turn[]): readonly Probed[] {
  const rhythm = new Rhythm("a", target);
  const probes: Probed[] = [];
  let now = 0;
  let next = rhythm.first(0, target);
  for (const { call, outcome } of turns) {
    if (call !== null) {
      now += ((next - now) * call.part) / 100;
      if (call.kind === "hint") rhythm.hint();
      else rhythm.hurry();
      next = call.kind === "hint" ? rhythm.next(now, false, target) : now;
    }
    now = next;
    const isCalled = rhythm.begin(next, now);
    probes.push({ at: now, outcome, isCalled });
    rhythm.settle(outcome, target);
    next = rhythm.next(now, false, target);
  }
  return probes;
}

const outcome = fc.constantFrom<Outcome>("pass", "fail", "inconclusive");
const call = fc.record({ part: fc.nat(99), kind: fc.constantFrom("hurry", "hint") });
const turns = fc.array(fc.record({ call: fc.option(call, { nil: null, freq: 3 }), outcome }), {
  maxLength: 40,
});

/** Of two instants. */
const slackMs = 1e-6;

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

test("no two probes are more than an interval apart", () => {
  fc.assert(
    fc.property(turns, (turns) => {
      const probes = play(turns);
      for (const [i, { at }] of probes.entries())
        expect(at - (probes[i - 1]?.at ?? 0)).toBeLessThan(intervalMs + slackMs);
    }),
  );
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
