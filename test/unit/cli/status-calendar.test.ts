/** What `failoverd status` and the API say of maintenance windows and drills, from a daemon on a virtual clock. */
import { expect, test } from "vitest";
import { statusLines } from "../../../src/cli/status.ts";
import { statusShape } from "../../../src/server/api/status-shape.ts";
import { statusOf, type Status } from "../../../src/server/api/status.ts";
import { DaemonStage } from "../daemon/stage.ts";

const minute = 60_000;

function statusNow(stage: DaemonStage): Status {
  const { daemon, clock } = stage;
  const snapshot = daemon.snapshot();
  const status = statusOf({
    snapshot,
    standing: [],
    now: clock.now(),
    version: "1.2.3",
    pid: 1,
    configTrouble: null,
  });
  // What goes over the wire comes through whole.
  expect(statusShape.parse(JSON.parse(JSON.stringify(status)))).toEqual(status);
  return status;
}

/** The rows, the lines of a cell that was broken put together. */
function calendarRows(stage: DaemonStage): string {
  const lines = statusLines(statusNow(stage), { colours: false });
  const start = lines.findIndex((line) => line.startsWith("CALENDAR"));
  return start < 0
    ? ""
    : lines
        .slice(start + 1)
        .join(" ")
        .replaceAll(/ +/g, " ")
        .trim();
}

test("nothing is told of a calendar that is empty", async () => {
  const stage = new DaemonStage();
  await stage.clock.advance(minute);
  expect(calendarRows(stage)).toBe("");
});

test("the window that is open, what comes next, and the drill under way are told", async () => {
  const utc = { timezone: "UTC", forMs: 15 * minute };
  const stage = new DaemonStage({
    calendar: {
      maintenance: [{ ...utc, cron: "10 8 * * *", mode: "hold" }],
      drill: { ...utc, cron: "30 9 * * *", holdMs: 10 * minute },
    },
  });
  await stage.clock.advance(9 * minute);
  expect(calendarRows(stage)).toBe("g maintenance next in 59s g drill next in 1h20m");
  await stage.clock.advance(2 * minute);
  expect(calendarRows(stage)).toBe(
    "g maintenance now, 13m59s left, mode hold (10 8 * * *, UTC, for 15m), next in 23h58m g drill next in 1h18m",
  );
  await stage.clock.advance(84 * minute);
  expect(calendarRows(stage)).toContain("g drill now: a is to get the address back from b, next in 23h54m");
  await stage.clock.advance(8 * minute);
  expect(calendarRows(stage)).toContain("g drill next in 23h46m, last good one 2027-01-15");
});
