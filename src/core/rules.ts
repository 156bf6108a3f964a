/**
 * Every reason that a plan can have. The code is what metrics, logs and scripts see and never changes once released;
 * the state is what the group is in while this rule decides.
 */

/**
 * `starting`: the first round is not over. `blind`: what a decision needs is not known. `steady`: nothing to do.
 * `moving`: a move is under way. `blocked`: something should be done and may not be. `unverified`: the holder is healthy, but
 * through the address there is no answer.
 */
export const groupStates = ["starting", "blind", "steady", "moving", "blocked", "unverified"] as const;

export type GroupState = (typeof groupStates)[number];

export const rules = {
  "first-round": { state: "starting" },
  "self-distrust": { state: "blind" },
  "truth-unknown": { state: "blind" },
  "healthcheck-unknown": { state: "blind" },
  "truth-stale": { state: "moving" },
  busy: { state: "moving" },
  paused: { state: "blocked" },
  maintenance: { state: "blocked" },
  approval: { state: "blocked" },
  rejected: { state: "blocked" },

  steady: { state: "steady" },
  drilling: { state: "steady" },
  verifying: { state: "moving" },
  unverified: { state: "unverified" },
  "holder-unknown": { state: "blind" },

  "foreign-holder": { state: "blocked" },
  "all-down": { state: "blocked" },
  "no-eligible": { state: "blocked" },
  unproven: { state: "blind" },
  "hold-down": { state: "blocked" },
  limit: { state: "blocked" },
  "overall-limit": { state: "blocked" },
  "overall-share": { state: "blocked" },
  "warm-up": { state: "blocked" },
  flapping: { state: "blocked" },
  "changed-by-hand": { state: "blocked" },
  unconfirmed: { state: "blocked" },
  backoff: { state: "blocked" },
  unsafe: { state: "blocked" },

  switchover: { state: "moving" },
  failover: { state: "moving" },
  "brown-out": { state: "moving" },
  "next-member": { state: "moving" },
  failback: { state: "moving" },
  drill: { state: "moving" },
  orphan: { state: "moving" },
  "double-attach": { state: "moving" },
  pool: { state: "moving" },
  "finish-move": { state: "moving" },
} as const;

export type Rule = keyof typeof rules;

/** The rules by which a move begins; they name the trigger in metrics. */
export const triggers = [
  "switchover",
  "failover",
  "brown-out",
  "next-member",
  "failback",
  "drill",
  "orphan",
  "double-attach",
  "pool",
] as const;

export type Trigger = (typeof triggers)[number];

/** @returns the state that a group is in while `rule` decides. */
export function stateOf(rule: Rule): GroupState {
  return rules[rule].state;
}

/** The rules by which something that should be done is not done. */
export const blockingRules: readonly string[] = Object.entries(rules).flatMap(([rule, { state }]) =>
  state === "blocked" ? [rule] : [],
);
