import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatAtLeast, formatAtMost, formatDuration, parseDuration } from "../../../src/config/duration.ts";

describe("parseDuration()", () => {
  test.each([
    ["500ms", 500],
    ["10s", 10_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["24h", 86_400_000],
    ["0s", 0],
    ["90m", 5_400_000],
    ["1h2m3s4ms", 3_723_004],
  ])("reads %s as %d milliseconds", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    "",
    "10",
    "s",
    "10 s",
    "-5s",
    "1.5s",
    "1d",
    "30m1h",
    "5s5s",
    "1e3s",
    "10S",
    " 10s",
    "1234567890s",
  ])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe("formatDuration()", () => {
  test("is read back by parseDuration() as the same number of milliseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 13 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  test.each([
    [0, "0s"],
    [86_400_000, "24h"],
    [90_000, "1m30s"],
    [12.4, "12ms"],
    [-1500, "-1s500ms"],
    [Infinity, "for ever"],
  ])("writes %d as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("formatAtLeast() and formatAtMost()", () => {
  test.each([
    [0, "0s", "0s"],
    [380, "380ms", "380ms"],
    [995, "990ms", "1s"],
    [1_000, "1s", "1s"],
    [19_980, "19.98s", "19.98s"],
    [32_031, "32.03s", "32.04s"],
    [119_999, "1m59.99s", "2m"],
    [182_030.5, "3m2.03s", "3m2.04s"],
    [3_600_070, "1h0.07s", "1h0.07s"],
  ])("write %d as %s and %s", (ms, least, most) => {
    expect([formatAtLeast(ms), formatAtMost(ms)]).toEqual([least, most]);
  });
});
