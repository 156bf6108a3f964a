/** What a move is decided for: who should have the address, and by which rule. */
import type { Rule } from "./rules.ts";

export interface Decision {
  readonly rule: Rule;
  /** The members that should hold the address. */
  readonly holders: readonly string[];
}

/** @returns true when both would bring the address to the same members by the same rule. */
export function isSameDecision(a: Decision, b: Decision): boolean {
  return (
    a.rule === b.rule &&
    a.holders.length === b.holders.length &&
    a.holders.every((name) => b.holders.includes(name))
  );
}
