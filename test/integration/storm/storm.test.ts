/**
 * A hundred groups of one account fail at the same moment, and the provider has trouble of its own. What arrives there is bounded, and
 * every address is where it belongs once the trouble is over. Without the shared budget and the shared questions the first minute of
 * the 503 storm brought 8,000 requests, that of the 429 storm 2,100, and a quiet minute 630.
 */
import { expect, test, vi } from "vitest";
import { heldBackReasons } from "../../../src/providers/traffic/news.ts";
import type { FaultEffect } from "../../../src/simulator/faults.ts";
import { groupsCount, Storm } from "./stage.ts";

/** A minute of a hundred groups takes a few seconds, on a machine that has nothing else to do. */
vi.setConfig({ testTimeout: 180_000 });

/** Every group has by then been found to fail, and the distrust of so many failures at once is over. Milliseconds. */
const beforeTheMovesMs = 120_000;
const minuteMs = 60_000;

function status(code: number, retryAfterS: number | null): FaultEffect {
  return { kind: "status", status: code, retryAfterS, body: "json" };
}

/** All are dead, a pause ends, and the API answers every request like that for a minute, in which the moves are due, and then as usual. */
async function weather(storm: Storm, effect: FaultEffect): Promise<{ began: number; lifted: number }> {
  storm.pause();
  storm.kill();
  await storm.clock.advance(beforeTheMovesMs);
  const began = storm.clock.now();
  storm.breaks(effect);
  storm.resume();
  await storm.clock.advance(minuteMs);
  expect(storm.moved).toBe(0);
  storm.breaks(null);
  const lifted = storm.clock.now();
  await storm.clock.until(() => storm.moved === groupsCount, 5 * minuteMs);
  return { began, lifted };
}

test("a quiet minute costs as many questions as there are servers, and not as there are groups", async () => {
  await using storm = await Storm.start({ servers: 5 });
  const began = storm.clock.now();
  await storm.clock.advance(minuteMs);
  const { "list-instances": lists = 0, "get-instance": gets = 0 } = storm.count(began);
  // Two rounds: each the list once, and ten instances twice. Checks of some groups come in between.
  expect(lists).toBeLessThan(20);
  expect(gets).toBeLessThan(80);
  expect(storm.newsOf("strained")).toEqual([]);
});

test("503 on everything while a hundred groups want to move", async () => {
  await using storm = await Storm.start({ servers: 5 });
  const { began, lifted } = await weather(storm, status(503, null));
  expect(storm.total(began, began + minuteMs)).toBeLessThan(1_000);
  expect(storm.peak(began, lifted)).toBeLessThan(150);
  // No step is sent twice in a row without a look: each group sends few, whatever comes back.
  expect(storm.count(began, lifted)["attach-instance-to-elastic-ip"] ?? 0).toBeLessThanOrEqual(
    3 * groupsCount,
  );
  expect(storm.count(lifted)["detach-instance-from-elastic-ip"]).toBe(groupsCount);
  // Told once, and once that it is over.
  await storm.clock.until(() => storm.newsOf("relieved").length > 0, 5 * minuteMs);
  expect(storm.newsOf("strained")).toHaveLength(1);
  expect(storm.newsOf("held-back").map((news) => "reason" in news && news.reason)).toContain(
    heldBackReasons[0],
  );
});

test("429 with a Retry-After while a hundred groups want to move: nobody asks before the time is up", async () => {
  await using storm = await Storm.start({ servers: 5 });
  const { began, lifted } = await weather(storm, status(429, 10));
  const { "attach-instance-to-elastic-ip": attaches = 0 } = storm.count(began, lifted);
  // Only what moves is sent; of the questions there is one every ten seconds, and those that were under way.
  expect(storm.total(began, lifted) - attaches).toBeLessThan(60);
  await storm.clock.until(() => storm.newsOf("relieved").length > 0, 5 * minuteMs);
  expect(storm.newsOf("strained")).toHaveLength(1);
});
