import { describe, expect, test } from "vitest";
import { plan } from "../../../src/core/plan.ts";
import { observeSelf, trusted, type SelfObservation, type Trust } from "../../../src/core/trust.ts";
import { facts, planText } from "./facts-text.ts";

const calm: SelfObservation = {
  now: 1_000,
  latenessMs: 0,
  probeLoopLateMs: null,
  clockDriftMs: 0,
  canaries: null,
  groups: { failing: 0, all: 10 },
};

/** @returns e.g. `gap until 3000, forgets all`, or `trusted`. */
function text({ distrust }: Trust): string {
  return distrust === null
    ? "trusted"
    : `${distrust.cause} until ${distrust.until}, forgets ${distrust.forgets}`;
}

function after(...looks: readonly Partial<SelfObservation>[]): string {
  return text(looks.reduce((state, look) => observeSelf(state, { ...calm, ...look }), trusted));
}

describe("observeSelf()", () => {
  test.each<readonly [string, Partial<SelfObservation>, string]>([
    ["trusts a calm look", {}, "trusted"],
    ["allows a loop that is a little late", { latenessMs: 999 }, "trusted"],
    ["distrusts a late loop", { latenessMs: 1_000 }, "event-loop until 6000, forgets strikes"],
    ["calls a long stop a gap", { latenessMs: 5_000 }, "gap until 3000, forgets all"],
    [
      "allows a late look when probes have a loop of their own",
      { latenessMs: 4_999, probeLoopLateMs: 0 },
      "trusted",
    ],
    [
      "distrusts a late loop of the probes",
      { probeLoopLateMs: 1_000 },
      "event-loop until 6000, forgets strikes",
    ],
    ["calls a long stop of the probes a gap", { probeLoopLateMs: 5_000 }, "gap until 3000, forgets all"],
    [
      "calls a long stop a gap also when probes have a loop of their own",
      { latenessMs: 5_000, probeLoopLateMs: 0 },
      "gap until 3000, forgets all",
    ],
    ["allows what NTP slews", { clockDriftMs: 1_999 }, "trusted"],
    ["distrusts a clock that jumped ahead", { clockDriftMs: 2_000 }, "clock until 3000, forgets all"],
    ["distrusts a clock that fell back", { clockDriftMs: -3_600_000 }, "clock until 3000, forgets all"],
    ["trusts while enough canaries answer", { canaries: { answering: 1, need: 1 } }, "trusted"],
    [
      "distrusts with too few canaries",
      { canaries: { answering: 1, need: 2 } },
      "uplink until 16000, forgets strikes",
    ],
    ["allows half of the groups to fail together", { groups: { failing: 5, all: 10 } }, "trusted"],
    [
      "distrusts when more than half of them do",
      { groups: { failing: 6, all: 10 } },
      "correlated until 61000, forgets nothing",
    ],
    ["says nothing about two groups", { groups: { failing: 2, all: 2 } }, "trusted"],
    [
      "says something about three",
      { groups: { failing: 2, all: 3 } },
      "correlated until 61000, forgets nothing",
    ],
  ])("%s", (_, look, wanted) => {
    expect(after(look)).toBe(wanted);
  });

  test("comes back when the calm is over, not before", () => {
    expect(after({ latenessMs: 6_000 }, { now: 2_999 })).toBe("gap until 3000, forgets all");
    expect(after({ latenessMs: 6_000 }, { now: 3_000 })).toBe("trusted");
  });

  test("starts the calm anew with each cause, and keeps the gravest thing to forget", () => {
    const late = { now: 2_000, latenessMs: 1_500 };
    expect(after({ latenessMs: 6_000 }, late)).toBe("event-loop until 7000, forgets all");
    expect(after({ latenessMs: 1_500 }, { now: 2_000, latenessMs: 6_000 })).toBe(
      "gap until 4000, forgets all",
    );
  });

  test("does not prolong itself by groups that go on failing: they may really be dead", () => {
    const failing = { groups: { failing: 9, all: 10 } };
    expect(after(failing, { ...failing, now: 30_000 })).toBe("correlated until 61000, forgets nothing");
    expect(after(failing, { ...failing, now: 61_000 })).toBe("trusted");
  });

  test("remembers since when", () => {
    const first = observeSelf(trusted, { ...calm, latenessMs: 6_000 });
    const second = observeSelf(first, { ...calm, now: 2_000, latenessMs: 6_000 });
    expect(second.distrust?.since).toBe(1_000);
  });
});

describe("plan() while we distrust ourselves", () => {
  const distrust = {
    cause: "uplink",
    detail: "0 of 1 needed",
    since: 0,
    until: 99,
    forgets: "strikes",
  } as const;

  test("holds and says why, until a look at ourselves ends it", () => {
    const next = plan(facts("a:unhealthy b:healthy | a", { trust: { distrust } }));
    expect(next).toMatchObject({
      rule: "self-distrust",
      why: "too few canaries answer, so our own network is in doubt (0 of 1 needed), so nothing seen now counts",
      until: null,
    });
  });

  test("still puts an address somewhere that it took off itself", () => {
    const inFlight = {
      trigger: "failover",
      why: "",
      from: ["a"],
      to: ["b"],
      startedAt: 0,
      tookOff: true,
    } as const;
    const given = facts("a:unhealthy b:healthy |", { trust: { distrust }, history: { inFlight } });
    expect(planText(given)).toBe("attach b (finish-move)");
  });
});

test.each<readonly [string, Partial<SelfObservation>, string]>([
  ["a gap", { latenessMs: 6_040 }, "for 6.0 s"],
  ["a late loop", { latenessMs: 1_460 }, "by 1.5 s"],
  ["a clock that jumped", { clockDriftMs: 2_500 }, "by 2.5 s against the monotonic clock"],
  ["a clock that fell back", { clockDriftMs: -3_600_000 }, "by -3600.0 s against the monotonic clock"],
  ["canaries", { canaries: { answering: 1, need: 2 } }, "1 of 2 needed"],
  ["groups that fail together", { groups: { failing: 6, all: 10 } }, "6 of 10"],
])("observeSelf() says how much it saw of %s", (_, look, wanted) => {
  expect(observeSelf(trusted, { ...calm, ...look }).distrust?.detail).toBe(wanted);
});

test("observeSelf() forgets all only from a gap of five seconds on", () => {
  expect(after({ latenessMs: 4_999 })).toBe("event-loop until 6000, forgets strikes");
});
