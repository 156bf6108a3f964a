/** All that the planner may know of a group, each with its age. Times are monotonic milliseconds. */
import type { Capabilities, Reading } from "./address.ts";
import type { Cause } from "./cause.ts";
import type { MemberHealth } from "./health.ts";
import type { GroupPolicy } from "./policy.ts";
import type { Trigger } from "./rules.ts";
import type { Pace } from "./target.ts";
import type { Trust } from "./trust.ts";

export interface GroupFacts {
  readonly now: number;
  /** When probing of this group began. */
  readonly startedAt: number;
  readonly policy: GroupPolicy;
  readonly capabilities: Capabilities;
  /** May we believe what we see? */
  readonly trust: Trust;
  /** In order of preference. */
  readonly members: readonly MemberFacts[];
  readonly truth: TruthFacts;
  readonly history: HistoryFacts;
}

export interface MemberFacts {
  readonly name: string;
  readonly health: MemberHealth;
  readonly pace: Pace;
  /** The last probe that was not inconclusive, or null. */
  readonly evidence: { readonly at: number; readonly cause: Cause } | null;
  /** Set after the provider refused to give this member the address, for as long as others are asked for first. */
  readonly refusal: { readonly detail: string; readonly until: number } | null;
}

/** The provider's truth, as last read. */
export interface TruthFacts {
  /** Null: never asked. */
  readonly reading: Reading | null;
  /** When the answer came; what it says may be older by as long as the reading took. */
  readonly at: number;
  /** Since when every answer has named these same holders. */
  readonly sameSince: number;
}

export interface HistoryFacts {
  /** The automatic moves of the past that changed something, oldest first; at least as many as the policy's limit looks at. */
  readonly moves: readonly PastMove[];
  /** The move that was begun and has not come to its end. */
  readonly inFlight: Move | null;
  /** The last change of holders that no step of ours explains. Null: none was seen. */
  readonly changedByHand: {
    readonly at: number;
    /** Who got the address by it. */ readonly added: readonly string[];
  } | null;
  /** No step before this instant, since the last one was rejected or uncertain. */
  readonly notBefore: number;
}

export interface PastMove {
  readonly at: number;
  /** The members that lost the address by it. */
  readonly from: readonly string[];
}

/** A move under way: from the holders that were there to the holders that are wanted. */
export interface Move {
  readonly trigger: Trigger;
  readonly why: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly startedAt: number;
  /** True once the address was taken off a holder before anybody else got it, or may have been. */
  readonly tookOff: boolean;
}
