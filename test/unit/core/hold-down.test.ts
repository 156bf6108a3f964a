import { describe, expect, test } from "vitest";
import { heldDownUntil } from "../../../src/core/hold-down.ts";

const minute = 60_000;
const policy = { holdDownMs: 5 * minute };

/** @param minutes when the moves were. @returns how many minutes the hold-down after the last of them lasts. */
function heldDownMinutes(...minutes: readonly number[]): number {
  const moves = minutes.map((at) => ({ at: at * minute, from: ["a"] }));
  const last = moves.at(-1)!.at;
  return (heldDownUntil(moves, policy, last)! - last) / minute;
}

describe("heldDownUntil()", () => {
  test.each([
    ["is the hold-down itself after a single move", [0], 5],
    ["doubles with a move that follows within an hour", [0, 10], 10],
    ["doubles again with the next", [0, 10, 25], 20],
    ["stops growing at twelve hold-downs", [0, 1, 2, 3, 4, 5, 6, 7], 60],
    ["is itself again after a quiet hour", [0, 60], 5],
    ["forgets the flaps that have aged", [0, 10, 65], 10],
  ])("%s", (_, minutes, wanted) => {
    expect(heldDownMinutes(...minutes)).toBe(wanted);
  });

  test("ends, and is not there without a move", () => {
    const moves = [{ at: 0, from: [] }];
    expect(heldDownUntil(moves, policy, 5 * minute - 1)).toBe(5 * minute);
    expect(heldDownUntil(moves, policy, 5 * minute)).toBeNull();
    expect(heldDownUntil([], policy, 0)).toBeNull();
  });
});
