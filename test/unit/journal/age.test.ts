import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ageMaxMs, ageMs, settledStamps } from "../../../src/daemon/journal/age.ts";

const now = 1_800_000_000_000;
const year = 365 * 86_400_000;

describe("ageMs()", () => {
  test.each([
    ["a stamp of a minute ago", now - 60_000, 60_000],
    ["a stamp of this instant", now, 0],
    ["a stamp of the next millisecond", now + 1, 0],
    ["a stamp of next year", now + year, 0],
    ["a stamp from the end of time", Infinity, 0],
    ["a stamp that is no number", Number.NaN, 0],
    ["a stamp of 1970", 0, ageMaxMs],
    ["a stamp from before all time", -Infinity, ageMaxMs],
    ["a stamp of 90 days and a millisecond ago", now - ageMaxMs - 1, ageMaxMs],
  ])("says of %s", (_, stamp, age) => {
    expect(ageMs(stamp, now)).toBe(age);
  });
});

describe("settledStamps()", () => {
  test("keeps stamps that can be true, also when they go back", () => {
    expect(settledStamps([5, 3, 9], 10)).toEqual([5, 3, 9]);
  });

  test("replaces a stamp from the future by the first one after it that can be true", () => {
    expect(settledStamps([5, 99, 98, 7, 8], 10)).toEqual([5, 7, 7, 7, 8]);
    expect(settledStamps([5, 99], 10, 8)).toEqual([5, 8]);
  });

  test("takes a stamp from the future as now when nothing after it tells better", () => {
    expect(settledStamps([5, 99], 10)).toEqual([5, 10]);
    expect(settledStamps([5, 99], 10, 11)).toEqual([5, 10]);
  });

  test("does not take the stamps of a clock that began in 1970 for later ones of a true clock", () => {
    expect(settledStamps([now - 60_000, 12_000], now)).toEqual([now - 60_000, 12_000]);
  });

  test("lets no hold-down last for ever, however often the process starts again", () => {
    // The move was stamped a year ahead. Each start writes an entry, and asks how old the move is.
    const stamps = [now + year];
    let wallNow = now;
    for (let start = 0; start < 10; start++) {
      wallNow += 60_000;
      stamps.push(wallNow);
    }
    const [moved] = settledStamps(stamps, wallNow);
    expect(ageMs(moved ?? 0, wallNow)).toBe(9 * 60_000);
  });

  test("yields as many stamps, none in the future, and changes no other", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.option(fc.integer()), (stamps, later) => {
        const settled = settledStamps(stamps, 10, later);
        expect(settled).toHaveLength(stamps.length);
        settled.forEach((stamp, i) => {
          expect(stamp).toBeLessThanOrEqual(10);
          if ((stamps[i] ?? 0) <= 10) expect(stamp).toBe(stamps[i]);
        });
      }),
    );
  });
});
