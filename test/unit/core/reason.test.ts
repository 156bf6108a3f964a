import { expect, test } from "vitest";
import { isSameReason } from "../../../src/core/reason.ts";

test.each<readonly [boolean, string, string]>([
  [true, "a holds the address", "a holds the address"],
  [false, "a holds the address", "b holds the address"],
  [false, "web-1 is unhealthy", "web-2 is unhealthy"],
  [false, "10.0.0.1 is unhealthy", "10.0.0.2 is unhealthy"],
  [false, "1 is unhealthy", "2 is unhealthy"],
  [false, "web-1.5s is unhealthy", "web-2.5s is unhealthy"],
  [true, "no answer in 9831 ms", "no answer in 10000 ms"],
  [true, "cannot be seen yet, 12 s after it", "cannot be seen yet, 14 s after it"],
  [true, "the process stood still (for 1m3s)", "the process stood still (for 750ms)"],
  [true, "a jump (by -3.2 s against it)", "a jump (by 7204.9 s against it)"],
  [
    true,
    "a is browned out (6 of its last 20 probes failed)",
    "a is browned out (8 of its last 20 probes failed)",
  ],
  [true, "too few canaries answer (0 of 2 needed)", "too few canaries answer (1 of 2 needed)"],
  [false, "no answer in 10 ms", "no answer (refused)"],
])("isSameReason() is %s for %j and %j", (same, a, b) => {
  expect(isSameReason(a, b)).toBe(same);
});
