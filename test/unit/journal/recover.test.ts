import { describe, expect, test } from "vitest";
import { stepText, type Effect, type Step } from "../../../src/core/address.ts";
import type { Stamped } from "../../../src/daemon/journal/entry.ts";
import type { JournalEntry, Recovered } from "../../../src/daemon/journal/journal.ts";
import type { DrillOutcome } from "../../../src/daemon/events.ts";
import { recoverFrom } from "../../../src/daemon/journal/recover.ts";
import { restoredHistory } from "../../../src/daemon/journal/restore.ts";

const group = "web";
const attachB: Step = { kind: "attach", member: "b" };
const detachA: Step = { kind: "detach", member: "a" };

const intent: JournalEntry = {
  type: "intent",
  group,
  trigger: "failover",
  why: "a is unhealthy",
  from: ["a"],
  to: ["b"],
};
const send = (step: Step, takesOff = false, to = ["b"]): JournalEntry => {
  return { type: "step", group, step, why: "", to, takesOff };
};
const effect = (step: Step, kind: Effect["kind"]): JournalEntry => {
  return { type: "effect", group, step, effect: kind, detail: "", durationMs: 5 };
};
const seen = (holders: readonly string[], busy: string | null = null): JournalEntry => {
  return { type: "seen", group, holders, foreign: [], busy };
};
const firstSeen = (holders: readonly string[]): JournalEntry => {
  return { type: "seen", group, holders, foreign: [], busy: null, isFirst: true };
};
const ended = (outcome: "completed" | "abandoned"): JournalEntry => {
  return { type: "ended", group, trigger: "failover", from: ["a"], to: ["b"], outcome };
};
const byHand: JournalEntry = { type: "changed-by-hand", group, from: ["a"], to: ["c"] };
const noise: JournalEntry = {
  type: "transition",
  group,
  member: "a",
  from: "healthy",
  to: "unhealthy",
  why: "3 consecutive fails",
};

/** The entries are stamped 1, 2, 3, … */
function stamped(entries: readonly JournalEntry[]): readonly Stamped[] {
  return entries.map((entry, i) => ({ atWallMs: i + 1, identity: "", entry }));
}

/** e.g. `open 1 b, attach b 2 applied seen, counted | past 3 | by hand 5 c`. */
function text({ openMove, pastMoves, changedByHand }: Recovered): string {
  const parts: string[] = [];
  if (openMove === null) parts.push("none");
  else {
    const { move, startedWallMs, lastStep, counted } = openMove;
    const words = [`open ${startedWallMs} ${move.to.join("+")}`];
    if (lastStep !== null) {
      const { step, sentWallMs } = lastStep;
      words.push(`${stepText(step)} ${sentWallMs} ${lastStep.effect ?? "?"}${lastStep.seen ? " seen" : ""}`);
    }
    if (move.tookOff) words.push("took off");
    if (counted) words.push("counted");
    parts.push(words.join(", "));
  }
  if (pastMoves.length > 0) parts.push(`past ${pastMoves.map(({ atWallMs }) => atWallMs).join(" ")}`);
  if (changedByHand !== null)
    parts.push(`by hand ${changedByHand.atWallMs} ${changedByHand.added.join("+")}`);
  return parts.join(" | ");
}

/** What is recovered when the process dies after each entry in turn. */
function afterEach(entries: readonly JournalEntry[]): readonly string[] {
  return Array.from({ length: entries.length + 1 }, (_, length) =>
    text(recoverFrom(stamped(entries.slice(0, length)), 1_000)),
  );
}

describe("recoverFrom() after every entry of", () => {
  test("a failover that goes well", () => {
    const entries = [
      noise,
      intent,
      send(attachB),
      effect(attachB, "applied"),
      seen(["a", "b"]),
      send(detachA),
      effect(detachA, "applied"),
      seen(["b"]),
      ended("completed"),
      noise,
    ];
    expect(afterEach(entries)).toEqual([
      "none",
      "none",
      "open 2 b",
      "open 2 b, attach b 3 ?, counted | past 3",
      "open 2 b, attach b 3 applied, counted | past 3",
      "open 2 b, attach b 3 applied seen, counted | past 5",
      "open 2 b, detach a 6 ?, counted | past 5",
      "open 2 b, detach a 6 applied, counted | past 5",
      "open 2 b, detach a 6 applied seen, counted | past 5",
      "none | past 5",
      "none | past 5",
    ]);
  });

  test("a failover that takes the address off first", () => {
    const entries = [
      intent,
      send(detachA, true),
      effect(detachA, "uncertain"),
      seen([]),
      send(attachB),
      effect(attachB, "applied"),
      seen(["b"]),
      ended("completed"),
    ];
    expect(afterEach(entries)).toEqual([
      "none",
      "open 1 b",
      "open 1 b, detach a 2 ?, took off, counted | past 2",
      "open 1 b, detach a 2 uncertain, took off, counted | past 2",
      "open 1 b, detach a 2 uncertain seen, took off, counted | past 4",
      "open 1 b, attach b 5 ?, took off, counted | past 4",
      "open 1 b, attach b 5 applied, took off, counted | past 4",
      "open 1 b, attach b 5 applied seen, took off, counted | past 4",
      "none | past 4",
    ]);
  });

  test("a move whose only step is rejected: it changed nothing and does not count", () => {
    const entries = [
      intent,
      send(detachA, true),
      effect(detachA, "rejected"),
      seen(["a"]),
      ended("abandoned"),
    ];
    expect(afterEach(entries)).toEqual([
      "none",
      "open 1 b",
      "open 1 b, detach a 2 ?, took off, counted | past 2",
      "open 1 b, detach a 2 rejected",
      "open 1 b, detach a 2 rejected seen",
      "none",
    ]);
  });

  test("a move that was killed, and moved on by a person before anybody looked: it may have worked, so it counts", () => {
    const entries = [intent, send(attachB), seen(["c"]), ended("abandoned")];
    expect(afterEach(entries)).toEqual([
      "none",
      "open 1 b",
      "open 1 b, attach b 2 ?, counted | past 2",
      "open 1 b, attach b 2 ? seen, counted | past 2",
      "none | past 2",
    ]);
  });

  test("a move that was killed and shows no change: it may have been moved back before anybody looked, so it counts", () => {
    expect(afterEach([intent, send(attachB), firstSeen(["a"]), ended("abandoned")]).slice(-2)).toEqual([
      "open 1 b, attach b 2 ? seen, counted | past 2",
      "none | past 2",
    ]);
    const applied = effect(attachB, "applied");
    expect(
      afterEach([intent, send(attachB), applied, firstSeen(["a"]), ended("abandoned")]).slice(-1),
    ).toEqual(["none | past 2"]);
  });

  test("a move whose step was rejected before the process was killed: it does not count", () => {
    const rejected = effect(attachB, "rejected");
    expect(afterEach([intent, send(attachB), rejected, firstSeen(["a"]), ended("abandoned")]).at(-1)).toBe(
      "none",
    );
  });

  test("a move that was seen to change nothing by whoever made it: it does not count", () => {
    const entries = [intent, send(attachB), effect(attachB, "uncertain"), seen(["a"]), ended("abandoned")];
    expect(afterEach(entries).slice(-2)).toEqual(["open 1 b, attach b 2 uncertain seen", "none"]);
  });

  test("a lost reply: the step shows later, after a reading that did not show it and one while busy", () => {
    const entries = [
      intent,
      send(attachB),
      effect(attachB, "uncertain"),
      seen(["a"], "an operation is under way"),
      seen(["a"]),
      seen(["a", "b"]),
    ];
    expect(afterEach(entries).slice(4)).toEqual([
      "open 1 b, attach b 2 uncertain, counted | past 2",
      "open 1 b, attach b 2 uncertain seen",
      "open 1 b, attach b 2 uncertain seen, counted | past 6",
    ]);
  });

  test("a person who moves the address meanwhile has the last word", () => {
    const entries = [
      intent,
      send(attachB),
      effect(attachB, "rejected"),
      seen(["c"]),
      byHand,
      ended("abandoned"),
    ];
    expect(afterEach(entries).slice(4)).toEqual([
      "open 1 b, attach b 2 rejected seen",
      "none | by hand 5 c",
      "none | by hand 5 c",
    ]);
  });

  test("a move that turns to another member", () => {
    const attachC: Step = { kind: "attach", member: "c" };
    const entries = [
      intent,
      send(attachB),
      effect(attachB, "rejected"),
      seen(["a"]),
      send(attachC, false, ["c"]),
    ];
    expect(afterEach(entries).at(-1)).toBe("open 1 c, attach c 5 ?, counted | past 5");
  });

  test("a step after one that nobody looked at, which is as if a reading were missing", () => {
    const entries = [intent, send(attachB), send(detachA), effect(detachA, "rejected"), ended("abandoned")];
    expect(afterEach(entries).slice(3)).toEqual([
      "open 1 b, detach a 3 ?, counted | past 2",
      "open 1 b, detach a 3 rejected, counted | past 2",
      "none | past 2",
    ]);
  });

  test("two moves, the first without its end", () => {
    const entries = [intent, send(attachB), effect(attachB, "applied"), intent, ended("abandoned")];
    expect(afterEach(entries).slice(3)).toEqual([
      "open 1 b, attach b 2 applied, counted | past 2",
      "open 4 b | past 2",
      "none | past 2",
    ]);
  });
});

describe("recoverFrom() before every entry, the older ones pruned,", () => {
  test("never invents a move", () => {
    const entries = [
      intent,
      send(attachB),
      effect(attachB, "applied"),
      seen(["a", "b"]),
      ended("completed"),
      byHand,
    ];
    const texts = entries.map((_, i) => text(recoverFrom(stamped(entries.slice(i)), 1_000)));
    expect(texts).toEqual([
      "none | past 4 | by hand 6 c",
      ...[5, 4, 3, 2, 1].map((at) => `none | by hand ${at} c`),
    ]);
  });
});

test("recoverFrom() keeps the last hundred moves", () => {
  const one = [intent, send(attachB), effect(attachB, "applied"), seen(["a", "b"]), ended("completed")];
  const { pastMoves } = recoverFrom(stamped(Array.from({ length: 120 }, () => one).flat()), 1_000);
  expect(pastMoves).toHaveLength(100);
  expect(pastMoves.at(-1)).toEqual({ atWallMs: 599, from: ["a"] });
});

test("recoverFrom() gives no instant from the future", () => {
  const entries = [{ atWallMs: 5_000, identity: "", entry: byHand }];
  expect(recoverFrom(entries, 1_000).changedByHand?.atWallMs).toBe(1_000);
  expect(recoverFrom(entries, 1_000, 900).changedByHand?.atWallMs).toBe(900);
});

test("restoredHistory() turns stamps into monotonic instants, negative ones for what is older than the process", () => {
  const recovered = recoverFrom(stamped([byHand, intent, send(attachB)]), 100_000);
  expect(restoredHistory(recovered, 50, 100_000)).toEqual({
    moves: [{ at: 50 - 99_997, from: ["a"] }],
    inFlight: {
      trigger: "failover",
      why: "a is unhealthy",
      from: ["a"],
      to: ["b"],
      tookOff: false,
      startedAt: 50 - 99_998,
    },
    changedByHand: { at: 50 - 99_999, added: ["c"] },
  });
  const nothing = { openMove: null, pastMoves: [], changedByHand: null };
  expect(restoredHistory(nothing, 50, 100_000)).toEqual({ moves: [], inFlight: null, changedByHand: null });
});

describe("recoverFrom() and drills", () => {
  const drill = (phase: "out" | "away" | "ended", outcome: DrillOutcome | null = null): JournalEntry => ({
    type: "drill",
    group,
    phase,
    home: "a",
    away: "b",
    holdMs: 60,
    outcome,
    text: "",
  });
  const move: JournalEntry = { ...intent, trigger: "drill" };

  test.each<readonly [string, readonly JournalEntry[], Recovered["drill"]]>([
    ["none", [intent, ended("completed")], { open: null, endedWallMs: null, succeededWallMs: null }],
    [
      "one that is about to move",
      [drill("out"), move],
      {
        open: { phase: "out", home: "a", away: "b", holdMs: 60, atWallMs: 1 },
        endedWallMs: null,
        succeededWallMs: null,
      },
    ],
    [
      "one that has arrived",
      [drill("out"), move, drill("away")],
      {
        open: { phase: "away", home: "a", away: "b", holdMs: 60, atWallMs: 3 },
        endedWallMs: null,
        succeededWallMs: null,
      },
    ],
    [
      "one that is over",
      [drill("out"), drill("away"), drill("ended", "completed")],
      { open: null, endedWallMs: 3, succeededWallMs: 3 },
    ],
    [
      "one that was skipped after a good one",
      [drill("ended", "completed"), drill("ended", "skipped")],
      { open: null, endedWallMs: 2, succeededWallMs: 1 },
    ],
  ])("know of %s", (_, entries, wanted) => {
    expect(recoverFrom(stamped(entries), 1_000).drill).toEqual(wanted);
  });

  test("count none of its moves, also when nobody looked after the last step", () => {
    const whole = [move, send(attachB), effect(attachB, "applied"), seen(["a", "b"]), ended("completed")];
    expect(recoverFrom(stamped(whole), 1_000).pastMoves).toEqual([]);
    expect(recoverFrom(stamped([move, send(attachB)]), 1_000)).toMatchObject({
      pastMoves: [],
      openMove: { move: { trigger: "drill" } },
    });
    expect(recoverFrom(stamped([intent, send(attachB)]), 1_000).pastMoves).toHaveLength(1);
  });
});
