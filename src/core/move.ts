/** The life of a move: when it has reached its goal, and when it is given up. */
import type { Step } from "./address.ts";
import type { GroupFacts, Move } from "./facts.ts";
import { isHolderless, presentHolders } from "./holders.ts";
import type { Plan } from "./plan.ts";
import type { Rule } from "./rules.ts";

/** A move that has not come to its end after this long, in milliseconds, is given up; what is there is then judged afresh. */
export const moveDeadlineMs = 600_000;

/** `completed`: the wanted holders have the address and those that should lose it have lost it. */
export type MoveOutcome = "completed" | "abandoned";

/**
 * @param plan what the planner says with the move still in flight.
 * @returns null while the move goes on.
 */
export function moveOutcome(move: Move, facts: GroupFacts, plan: Plan): MoveOutcome | null {
  const { reading } = facts.truth;
  if (reading?.kind === "known" && reading.busy === null && reading.foreign.length === 0) {
    const present = presentHolders(facts).map((member) => member.name);
    const arrived = present.length === move.to.length && move.to.every((name) => present.includes(name));
    // Back where it began is an end too, but nothing was completed.
    if (arrived) return move.from.some((name) => present.includes(name)) ? "abandoned" : "completed";
  }
  // Nobody holds the address because of us, so giving up is no choice.
  if (isHolderless(facts)) return null;
  if (facts.now - move.startedAt >= moveDeadlineMs) return "abandoned";
  return plan.kind === "hold" && givesUp.has(plan.rule) ? "abandoned" : null;
}

/** The reasons to hold that end a move; the others (busy, backoff, hold-down, blindness, missing proof) only delay it. */
const givesUp: ReadonlySet<Rule> = new Set([
  // What is wanted now is another move than the one that was approved.
  "approval",
  "rejected",
  "steady",
  "drilling",
  "all-down",
  "no-eligible",
  "foreign-holder",
  "paused",
  "verifying",
  "unverified",
  "unsafe",
]);

/** A change of holders, by names. */
export interface HolderChange {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** @returns true when these steps of ours, and nothing else, can have led to the change. */
export function explains(steps: readonly Step[], change: HolderChange): boolean {
  const added = change.to.filter((name) => !change.from.includes(name));
  const removed = change.from.filter((name) => !change.to.includes(name));
  const takesFrom = (step: Step, name: string): boolean =>
    // A flip takes the address from whoever has it by giving it to its member, and never leaves it with nobody.
    step.kind === "flip" ? change.to.includes(step.member) : step.kind === "detach" && step.member === name;
  return (
    added.every((name) => steps.some((step) => step.kind !== "detach" && step.member === name)) &&
    removed.every((name) => steps.some((step) => takesFrom(step, name)))
  );
}

/** @returns true when a list of holders shows what the step was to bring about. */
export function isVisible(step: Step, holders: readonly string[]): boolean {
  return holders.includes(step.member) === (step.kind !== "detach");
}
