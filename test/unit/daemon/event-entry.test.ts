import { expect, test } from "vitest";
import { hold } from "../../../src/core/hold.ts";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import type { JournalEntry } from "../../../src/daemon/journal/journal.ts";
import { entryOf } from "../../../src/daemon/event-entry.ts";
import { failed } from "./results.ts";

function written(...events: readonly DaemonEvent[]): readonly JournalEntry[] {
  return events.flatMap((event) => entryOf(event) ?? []);
}

test("each decision is written down with its rule, its why and the step it is about, also one to do nothing", () => {
  const attach = { kind: "attach", member: "b" } as const;
  const goal = {
    kind: "goal",
    holders: ["b"],
    rule: "failover",
    trigger: "failover",
    why: "a is dead",
  } as const;
  const decision = { type: "decision", group: "g" } as const;
  expect(
    written(
      { ...decision, plan: hold("steady", "a is fine"), carriedOut: false, again: false },
      { ...decision, plan: { ...hold("paused", "ann"), blocked: attach }, carriedOut: false, again: false },
      {
        ...decision,
        plan: { kind: "ask", rule: "truth-stale", why: "ask first" },
        carriedOut: false,
        again: false,
      },
      {
        ...decision,
        plan: { kind: "act", rule: "failover", why: "a is dead", step: attach, goal },
        carriedOut: true,
        again: false,
      },
    ),
  ).toEqual([
    { ...decision, kind: "hold", rule: "steady", why: "a is fine", step: null },
    { ...decision, kind: "hold", rule: "paused", why: "ann", step: attach },
    { ...decision, kind: "act", rule: "failover", why: "a is dead", step: attach },
  ]);
});

test("what a person orders is written down, to one group or to all", () => {
  const order = { type: "order", act: "pause", by: "ann", text: "ann pauses it" } as const;
  expect(written({ ...order, group: "g" }, { ...order, group: null })).toEqual([
    { ...order, group: "g" },
    { ...order, group: "" },
  ]);
});

test("what only explains is written down too: distrust, questions and brown-outs, but no probe", () => {
  const distrust = {
    cause: "uplink",
    detail: "0 of 1 needed",
    since: 0,
    until: 1,
    forgets: "strikes",
  } as const;
  const decision = { rule: "failover", holders: ["b"] } as const;
  const question = { id: "x-1", decision, why: "a is dead", askedAt: 0, until: 1 };
  expect(
    written(
      { type: "trust", distrust },
      { type: "trust", distrust: null },
      { type: "question", group: "g", question },
      { type: "brown-out", group: "g", member: "a", began: true, fails: 6, of: 20 },
      { type: "path-probe", group: "g", result: failed() },
    ),
  ).toEqual([
    { type: "trust", group: "", cause: "uplink", detail: "0 of 1 needed" },
    { type: "trust", group: "", cause: null, detail: "" },
    { type: "question", group: "g", id: "x-1", why: "a is dead", to: ["b"] },
    { type: "brown-out", group: "g", member: "a", began: true, fails: 6, of: 20 },
  ]);
});
