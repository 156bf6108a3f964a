/** When two reasons are the same one: what a decision is told for again, and what it is not. */

/** A time (`750 ms`, `1m3s`) or a count (`6 of 20`, `6 of its last 20`); never a part of a name, such as the 1 of `web-1`. */
const measurement =
  /(?<![\w.-])-?(?:(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+\b|\d+(?:\.\d+)? (?:ms|s|min)\b|\d+ of (?:its last )?\d+)/g;

/** @returns true when both say the same, measurements aside: a time that goes on is no other reason. */
export function isSameReason(a: string, b: string): boolean {
  return a === b || a.replace(measurement, "#") === b.replace(measurement, "#");
}
