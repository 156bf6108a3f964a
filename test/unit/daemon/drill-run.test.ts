/** What of a drill is kept beside the planner, where a whole daemon would hide it. */
import { expect, test } from "vitest";
import type { Goal } from "../../../src/core/goal.ts";
import { DrillRun } from "../../../src/daemon/drill-run.ts";
import { Moves } from "../../../src/daemon/moves.ts";
import { VirtualClock } from "./virtual-clock.ts";

const goal = (trigger: Goal["trigger"]): Goal => ({
  kind: "goal",
  holders: ["b"],
  rule: trigger,
  trigger,
  why: "",
});

test("a drill that was due before anybody watched is not due, not even for the first decision", async () => {
  // The clock begins at 08:00:01.
  const clock = new VirtualClock();
  const config = { cron: "0,10 8 * * *", timezone: "UTC", forMs: 60_000, holdMs: 60_000 };
  const run = new DrillRun({ clock, config, restored: null, tell: () => undefined });
  expect(run.facts()).toBeNull();
  await clock.advance(10 * 60_000);
  expect(run.facts()).toEqual({ phase: "due" });
});

test("the move of a drill that is under way is none of those that the limits over all groups count", () => {
  for (const [trigger, instants] of [
    ["drill", []],
    ["failover", [7]],
  ] as const) {
    const moves = new Moves(() => 0.5, null);
    moves.head(goal(trigger), ["a"], 7);
    expect(moves.instants).toEqual(instants);
  }
});
