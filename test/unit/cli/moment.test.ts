import { describe, expect, test } from "vitest";
import { momentOf } from "../../../src/cli/moment.ts";

/** 03:12:30 of the local zone. */
const now = new Date(2026, 10, 25, 3, 12, 30).getTime();
const local = (...parts: readonly [number, number, number, number, number?, number?]): number =>
  new Date(...parts).getTime();

describe("momentOf()", () => {
  test.each([
    ["03:12", local(2026, 10, 25, 3, 12)],
    ["3:12:30", now],
    ["03:12:31", local(2026, 10, 24, 3, 12, 31)],
    ["22:05", local(2026, 10, 24, 22, 5)],
    ["2h", now - 7_200_000],
    ["2h ago", now - 7_200_000],
    ["1h30m", now - 5_400_000],
    ["7d", now - 7 * 86_400_000],
    ["3d ago", now - 3 * 86_400_000],
    ["2026-11-24", local(2026, 10, 24, 0, 0)],
    ["2026-11-24 22:05", local(2026, 10, 24, 22, 5)],
    ["2026-11-24T22:05:07", local(2026, 10, 24, 22, 5, 7)],
    ["2026-11-24T22:05:07Z", Date.UTC(2026, 10, 24, 22, 5, 7)],
    ["2026-11-24T22:05:07.5Z", Date.UTC(2026, 10, 24, 22, 5, 7, 500)],
    ["2026-11-24T22:05:07+01:00", Date.UTC(2026, 10, 24, 21, 5, 7)],
  ])("takes %s", (text, at) => {
    expect(momentOf(text, "--at", now)).toBe(at);
  });

  test.each([
    "",
    "24:00",
    "3",
    "yesterday",
    "2026-13-01",
    "2026-11-24T25:00",
    "2h before",
    "-2h",
    "2026-11-24Z",
  ])("refuses %j and says what is wanted", (text) => {
    expect(() => momentOf(text, "--at", now)).toThrow(
      `--at must be a time such as 03:12 (the last time it was), 2h or "2h ago", 2026-11-25, or 2026-11-25T03:12:00Z: "${text}"`,
    );
  });
});
