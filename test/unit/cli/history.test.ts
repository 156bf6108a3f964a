import { expect, test } from "vitest";
import { historyLines } from "../../../src/cli/history.ts";
import type { HistoryEntry } from "../../../src/server/api/history.ts";

/** @param at parts of a local time, from the year on. */
function entry(
  at: readonly [number, number, number, number, number],
  text: string,
  group: string | null = "web",
): HistoryEntry {
  return { id: "1-1", at: new Date(...at).toISOString(), group, type: "decision", text, entry: {} };
}

test("history is a table of 80 columns with the newest last and a line for each day", () => {
  const newestFirst = [
    entry([2026, 10, 25, 0, 1], "steady: web-b holds the address and is healthy"),
    entry([2026, 10, 24, 23, 59], "failoverd 0.1.0 began", null),
    entry(
      [2026, 10, 24, 23, 58],
      "decided (failover) to attach web-b: web-a is unhealthy (it refused the connection), and web-b is the most preferred eligible member",
    ),
  ];
  expect(historyLines(newestFirst, { colours: false })).toEqual([
    "TIME        GROUP  WHAT",
    "2026-11-24",
    "23:58:00    web    decided (failover) to attach web-b: web-a is unhealthy (it",
    "                   refused the connection), and web-b is the most preferred",
    "                   eligible member",
    "23:59:00    (all)  failoverd 0.1.0 began",
    "2026-11-25",
    "00:01:00    web    steady: web-b holds the address and is healthy",
  ]);
});

test("history says so when there is nothing", () => {
  expect(historyLines([], { colours: false })).toEqual(["Nothing is recorded of that time"]);
});
