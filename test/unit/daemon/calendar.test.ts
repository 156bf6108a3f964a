/** Whether a window is open, from the wall clock alone. */
import { describe, expect, test } from "vitest";
import type { Recurrence } from "../../../src/config/config.ts";
import { spanAt } from "../../../src/daemon/calendar.ts";

const minute = 60_000;
const hour = 60 * minute;
const zurich = { timezone: "Europe/Zurich", forMs: hour };
const newYork = { timezone: "America/New_York", forMs: hour };

/** @returns `open until 2026-…Z` or `closed until 2026-…Z`, at an instant. */
function at(stamp: string, recurrence: Recurrence): string {
  const { isOpen, untilWallMs } = spanAt(recurrence, Date.parse(stamp));
  const end =
    untilWallMs === Infinity ? "ever" : new Date(untilWallMs).toISOString().replace(":00.000Z", "Z");
  return `${isOpen ? "open" : "closed"} until ${end}`;
}

describe("a window in ordinary times", () => {
  const sunday = { ...zurich, cron: "0 3 * * SUN" };

  test.each([
    ["a moment before", "2026-01-04T01:59:59.999Z", "closed until 2026-01-04T02:00Z"],
    ["as it begins", "2026-01-04T02:00:00.000Z", "open until 2026-01-04T03:00Z"],
    ["within the first second", "2026-01-04T02:00:00.500Z", "open until 2026-01-04T03:00Z"],
    ["a moment before its end", "2026-01-04T02:59:59.999Z", "open until 2026-01-04T03:00Z"],
    ["as it ends", "2026-01-04T03:00:00.000Z", "closed until 2026-01-11T02:00Z"],
  ])("%s", (_, stamp, wanted) => {
    expect(at(stamp, { ...sunday })).toBe(wanted);
  });

  test("is the same whichever way the clock has come: on, back, or far ahead", () => {
    const stamps = [
      "2026-01-04T01:59:59.999Z",
      "2026-01-04T02:30:00.000Z",
      "2026-01-04T03:00:00.000Z",
      "2026-03-01T02:30:00.000Z",
      "2020-01-05T02:15:00.000Z",
    ];
    // One object remembers its last answer, the others know nothing.
    for (const first of stamps) {
      for (const second of stamps) {
        const remembered = { ...sunday };
        at(first, remembered);
        expect(at(second, remembered)).toBe(at(second, { ...sunday }));
      }
    }
  });

  test("that has come for the last time never comes again", () => {
    const once = { cron: "0 0 3 24 12 * 2026", timezone: "UTC", forMs: hour };
    expect(at("2026-12-24T03:30:00Z", once)).toBe("open until 2026-12-24T04:00Z");
    expect(at("2026-12-24T04:00:00Z", once)).toBe("closed until ever");
    expect(at("2026-12-24T02:00:00Z", once)).toBe("closed until 2026-12-24T03:00Z");
  });

  test("that comes more often than it lasts is always open", () => {
    const often = { cron: "*/10 * * * *", timezone: "UTC", forMs: 15 * minute };
    for (let ms = Date.parse("2026-01-01T00:00Z"); ms < Date.parse("2026-01-01T03:00Z"); ms += 7_000)
      expect(spanAt(often, ms).isOpen).toBe(true);
  });
});

describe("a window on the days on which the clocks change", () => {
  const half = "30 2 * * *";

  test.each<readonly [name: string, Recurrence, begins: string, ends: string]>([
    // 02:00 to 03:00 does not exist on these days.
    [
      "02:30 in Zurich in spring begins at 03:00",
      { ...zurich, cron: half },
      "2026-03-29T01:00Z",
      "2026-03-29T02:00Z",
    ],
    [
      "02:30 in New York in spring begins at 03:00",
      { ...newYork, cron: half },
      "2026-03-08T07:00Z",
      "2026-03-08T08:00Z",
    ],
    [
      "a list of hours does so too",
      { ...zurich, cron: "30 2,14 * * *" },
      "2026-03-29T01:00Z",
      "2026-03-29T02:00Z",
    ],
    // 02:00 to 03:00 comes twice in Zurich, 01:00 to 02:00 in New York.
    [
      "02:30 in Zurich in autumn begins with the first one",
      { ...zurich, cron: half },
      "2026-10-25T00:30Z",
      "2026-10-25T01:30Z",
    ],
    [
      "01:30 in New York in autumn begins with the first one",
      { ...newYork, cron: "30 1 * * *" },
      "2026-11-01T05:30Z",
      "2026-11-01T06:30Z",
    ],
    [
      "a window across the change lasts as long as it says",
      { timezone: "Europe/Zurich", cron: "30 1 * * *", forMs: 3 * hour },
      "2026-03-29T00:30Z",
      "2026-03-29T03:30Z",
    ],
    [
      "and so it does in autumn",
      { timezone: "Europe/Zurich", cron: "30 1 * * *", forMs: 3 * hour },
      "2026-10-24T23:30Z",
      "2026-10-25T02:30Z",
    ],
  ])("%s", (_, recurrence, begins, ends) => {
    const [from, to] = [Date.parse(begins), Date.parse(ends)];
    expect(spanAt({ ...recurrence }, from - 1).isOpen).toBe(false);
    expect(spanAt({ ...recurrence }, from)).toMatchObject({
      isOpen: true,
      fromWallMs: from,
      untilWallMs: to,
    });
    expect(spanAt({ ...recurrence }, to - 1).isOpen).toBe(true);
    expect(spanAt({ ...recurrence }, to).isOpen).toBe(false);
  });

  test.each(["Europe/Zurich", "America/New_York"])(
    "in %s a window of every night is open once a night, for its time, all year round",
    (timezone) => {
      const nightly = { cron: half, timezone, forMs: hour };
      let [openMs, opened, was] = [0, 0, false];
      const stepMs = 5 * minute;
      const end = Date.parse("2027-01-01T12:00Z");
      for (let ms = Date.parse("2026-01-01T12:00Z"); ms < end; ms += stepMs) {
        const { isOpen } = spanAt(nightly, ms);
        if (isOpen) openMs += stepMs;
        if (isOpen && !was) opened += 1;
        was = isOpen;
      }
      expect({ opened, openMs }).toEqual({ opened: 365, openMs: 365 * hour });
    },
  );
});
