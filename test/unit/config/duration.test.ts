import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../../src/config/duration.ts";

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
