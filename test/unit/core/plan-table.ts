/** What the tables of plans share. */
import { expect, test } from "vitest";
import type { MemberFacts, Move } from "../../../src/core/facts.ts";
import { facts, now, planText, type Changes } from "./facts-text.ts";

/** A failover from a to b that has begun a second ago. */
export const move: Move = {
  trigger: "failover",
  why: "a is unhealthy",
  from: ["a"],
  to: ["b"],
  startedAt: now - 1_000,
  tookOff: false,
};

export const struck: MemberFacts["health"] = {
  health: "healthy",
  since: 0,
  strikes: { count: 1, outcome: "fail", firstAt: now },
};

/** Far older than any probe may be that still proves something. */
export const old: NonNullable<MemberFacts["evidence"]> = { at: now - 3_600_000, cause: "ok" };

export type Row = readonly [name: string, line: string, changes: Changes, wanted: string];

export function table(rows: readonly Row[]): void {
  test.each(rows)("%s", (_, line, changes, wanted) => {
    expect(planText(facts(line, changes))).toBe(wanted);
  });
}
