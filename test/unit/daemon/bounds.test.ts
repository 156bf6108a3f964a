/** What is kept and repeated is bounded, whatever the world does. */
import { expect, test } from "vitest";
import type { Goal } from "../../../src/core/goal.ts";
import { Moves } from "../../../src/daemon/moves.ts";
import { DaemonStage } from "./stage.ts";

test("of the moves of the past no more are kept than a limit can ask for, and those are the last", () => {
  const moves = new Moves(() => 0.5, null);
  for (let i = 1; i <= 250; i++) {
    const member = i % 2 === 0 ? "a" : "b";
    const goal: Goal = { kind: "goal", holders: [member], rule: "failover", trigger: "failover", why: "" };
    moves.head(goal, [], i);
    moves.noteEffect({ kind: "flip", member }, { kind: "applied", detail: "" }, i, false);
    moves.noteSeen([member], i);
    moves.end();
  }
  expect(moves.facts().moves.map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, i) => 151 + i));
});

test("orders that another process changes all the time do not keep the loop busy without end", async () => {
  const stage = new DaemonStage();
  await stage.clock.advance(60_000);
  let looks = 0;
  stage.orderStore.peek = () => {
    looks += 1;
    if (looks > 5_000) throw new Error("it looks for ever");
    const subject = { kind: "drain", group: "other", member: "x" } as const;
    return [{ subject, by: "ann", reason: "game day", givenWallMs: looks, untilWallMs: null }];
  };
  stage.answer("a", "refused");
  await stage.clock.advance(5 * 60_000);
  expect(stage.bug).toBeNull();
  expect(looks).toBeGreaterThan(20);
  expect(looks).toBeLessThan(1_000);
});
