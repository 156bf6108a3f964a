import { expect, test } from "vitest";
import { behindText, keepsUp, observeOverdue, type KeepingUp } from "../../../src/core/keeping-up.ts";

/** What is thought after looks that are a second apart. */
function after(...overdueMs: readonly number[]): KeepingUp {
  return overdueMs.reduce<KeepingUp>(
    (state, overdue, i) => observeOverdue(state, { now: i * 1_000, overdueMs: overdue }),
    keepsUp,
  );
}

const behind = [500, 500, 700];

test.each([
  ["keeps up with starts that are a little late", [499, 499, 499, 499], null],
  ["takes two late looks for a pause", [9_000, 9_000, 0, 9_000, 9_000], null],
  ["is behind at the third late look in a row", behind, { since: 2_000, overdueMs: 700 }],
  ["tells how late it is now, since when it is", [...behind, 900], { since: 2_000, overdueMs: 900 }],
  [
    "is still behind after nine looks in time",
    [...behind, ...Array(9).fill(0)],
    { since: 2_000, overdueMs: 700 },
  ],
  [
    "counts the looks in time anew after a late one",
    [...behind, ...Array(9).fill(0), 600, ...Array(9).fill(0)],
    { since: 2_000, overdueMs: 600 },
  ],
  ["keeps up again at the tenth look in time", [...behind, ...Array(10).fill(0)], null],
] as const)("%s", (_, looks, expected) => {
  expect(after(...looks).behind).toEqual(expected);
});

test("says what it means and what helps", () => {
  expect(behindText({ overdueMs: 1_240 })).toBe(
    "probing falls behind: probes begin up to 1.2 s late, so targets are probed less often than configured, and a dead one is found later; longer intervals, fewer targets or a faster core help",
  );
});
