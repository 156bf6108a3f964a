import { expect, test } from "vitest";
import { entryText } from "../../../src/daemon/history/entry-text.ts";
import { bounded, parseEntry } from "../../../src/daemon/journal/entry.ts";
import type { JournalEntry } from "../../../src/daemon/journal/journal.ts";

const step = { kind: "attach", member: "b" } as const;

/** Each type once; the compiler says when one is missing. */
const texts: Readonly<Record<JournalEntry["type"], readonly [JournalEntry, string]>> = {
  intent: [
    { type: "intent", group: "g", trigger: "orphan", why: "nobody has it", from: [], to: ["b"] },
    "move (orphan) from nobody to b begins: nobody has it",
  ],
  step: [{ type: "step", group: "g", step, why: "", to: ["b"], takesOff: false }, "attach b: begun"],
  effect: [
    { type: "effect", group: "g", step, effect: "uncertain", detail: "no answer", durationMs: 60_000.4 },
    "attach b: uncertain after 1m, no answer",
  ],
  seen: [
    { type: "seen", group: "g", holders: ["a"], foreign: ["i-1"], busy: "attaching" },
    "held by a, i-1; the provider is at work: attaching",
  ],
  ended: [
    { type: "ended", group: "g", trigger: "failover", from: ["a"], to: ["b"], outcome: "abandoned" },
    "move (failover) from a to b: abandoned",
  ],
  transition: [
    { type: "transition", group: "g", member: "a", from: "healthy", to: "unhealthy", why: "3 fails" },
    "a is unhealthy: 3 fails",
  ],
  decision: [
    { type: "decision", group: "g", kind: "hold", rule: "paused", why: "ann", step },
    "paused: ann (held back: attach b)",
  ],
  verified: [
    { type: "verified", group: "g", member: "b", afterMs: 31_000, outageMs: 60_000, late: true },
    "b answers through the address 31s after the move, which is late; clients were without an answer for 1m",
  ],
  order: [{ type: "order", group: "", act: "pause", by: "ann", text: "ann pauses it" }, "ann pauses it"],
  drill: [
    {
      type: "drill",
      group: "g",
      phase: "ended",
      home: "a",
      away: "b",
      holdMs: 600_000,
      outcome: "completed",
      text: "drill completed",
    },
    "drill completed",
  ],
  "changed-by-hand": [
    { type: "changed-by-hand", group: "g", from: ["a"], to: [] },
    "somebody else moved the address from a to nobody",
  ],
  healthcheck: [
    { type: "healthcheck", group: "g", source: "198.51.100.7", from: "tcp", to: "http", trouble: null },
    "the healthcheck stored at 198.51.100.7 is now http; it was tcp. Members that are probed by it start at unknown",
  ],
  situation: [
    {
      type: "situation",
      group: "g",
      situation: {
        kind: "hold",
        rule: "steady",
        why: "a holds it",
        untilWallMs: null,
        step: null,
        wanted: null,
        mode: "auto",
        holders: ["a"],
        foreign: [],
        busy: null,
        truthWallMs: 1,
        distrust: null,
        pause: { by: "ann", reason: "x", untilWallMs: 5, ofAll: true },
        path: null,
        move: null,
        question: null,
        members: [],
      },
    },
    "steady: a holds it",
  ],
  question: [
    { type: "question", group: "g", id: "x-1", why: "a is dead", to: ["b"] },
    "move x-1 to b waits for approval: a is dead",
  ],
  "brown-out": [
    { type: "brown-out", group: "g", member: "a", began: false, fails: 3, of: 20 },
    "a is no longer browned out: 3 of its last 20 probes failed",
  ],
  preflight: [
    { type: "preflight", group: "g", readiness: "broken", why: "b is unhealthy" },
    "a failover of g would fail now: b is unhealthy",
  ],
  trust: [
    { type: "trust", group: "", cause: "gap", detail: "for 9.0 s" },
    "this process stood still (for 9.0 s): no probe counts and nothing moves",
  ],
  started: [{ type: "started", group: "", version: "1.2.3" }, "failoverd 1.2.3 began"],
  stopped: [{ type: "stopped", group: "", version: "1.2.3" }, "failoverd 1.2.3 was stopped"],
};

test.each(Object.entries(texts))(
  "an entry of type %s comes back from its JSON, and is told in a line",
  (_, [entry, text]) => {
    expect(parseEntry(JSON.stringify(entry))).toEqual(entry);
    expect(entryText(entry)).toBe(text);
  },
);

test("texts and lists of a situation are bounded, and what is none is not taken", () => {
  const [situation] = texts.situation;
  if (situation.type !== "situation") throw new Error("Cannot find the situation");
  const holders = Array.from({ length: 300 }, (_, i) => `member-${i}`);
  const long = { ...situation, situation: { ...situation.situation, why: "x".repeat(5_000), holders } };
  const kept = bounded(long);
  if (kept?.type !== "situation") throw new Error("Cannot keep the situation");
  expect(kept.situation.why).toHaveLength(1_000);
  expect(kept.situation.holders).toHaveLength(100);
  expect(bounded({ ...situation, situation: { ...situation.situation, rule: "none of ours" } })).toBeNull();
});
