/** All that the planner may know of a group, each with its age. Times are monotonic milliseconds. */
import type { Capabilities, Reading } from "./address.ts";
import type { Answer } from "./approval.ts";
import type { Cause } from "./cause.ts";
import type { DrillFacts } from "./drill.ts";
import type { Health, MemberHealth } from "./health.ts";
import type { Maintenance } from "./maintenance.ts";
import type { MoveRequest } from "./switchover.ts";
import type { Force, Order } from "./orders.ts";
import type { PathFacts } from "./path.ts";
import type { GroupPolicy, OverallPolicy } from "./policy.ts";
import type { Trigger } from "./rules.ts";
import type { Pace } from "./target.ts";
import type { Trust } from "./trust.ts";

export interface GroupFacts {
  readonly name: string;
  readonly now: number;
  /** When probing of this group began. */
  readonly startedAt: number;
  readonly policy: GroupPolicy;
  readonly capabilities: Capabilities;
  /** May we believe what we see? */
  readonly trust: Trust;
  /** In order of preference. */
  readonly members: readonly MemberFacts[];
  /** The healthcheck that the provider stores with the address. Null: no member is probed by it. */
  readonly healthcheck: HealthcheckFacts | null;
  readonly truth: TruthFacts;
  readonly history: HistoryFacts;
  readonly overall: OverallFacts;
  /** Null: the way through the address is not probed. */
  readonly path: PathFacts | null;
  /** A person has stopped automatic moves, of this group or of all. */
  readonly pause: Order | null;
  /** The maintenance window that is open; null: none is. */
  readonly maintenance: Maintenance | null;
  /** The drill that is due or under way; null: there is none. */
  readonly drill: DrillFacts | null;
  /** The move that a person has asked for, until it has ended or is too old to begin. */
  readonly request: MoveRequest | null;
  /** What a person has answered to the move that waits for approval. */
  readonly answer: Answer | null;
}

/** How it stands with a healthcheck that is stored at the provider. */
export interface HealthcheckFacts {
  /** The address that it is stored with, as the config has it. */
  readonly source: string;
  /** What stood in the way when it was last asked for. Null: nothing, or it has not been asked for yet. */
  readonly trouble: string | null;
}

export interface MemberFacts {
  readonly name: string;
  readonly health: MemberHealth;
  /** What its probes say, also while a person has forced another health. */
  readonly realHealth: Health;
  /** Null: it is not probed, since the healthcheck that says how has not been read yet. */
  readonly pace: Pace | null;
  /** When it last became healthy after it had been unhealthy, or ceased to be browned out. Null: it was seen to do neither. */
  readonly recoveredAt: number | null;
  /** The last probe that was not inconclusive, or null. */
  readonly evidence: { readonly at: number; readonly cause: Cause } | null;
  /** Set while it is browned out. */
  readonly brownOut: BrownOutFacts | null;
  /** A person has said that it may keep the address, not receive it. */
  readonly drained: Order | null;
  /** A person has pinned the health; the one above is then theirs (see `withForce`). */
  readonly forced: Force | null;
  /** Set after the provider refused to give this member the address, for as long as others are asked for first. */
  readonly refusal: Refusal | null;
}

export interface Refusal {
  readonly detail: string;
  /** So long others are asked for first. Monotonic milliseconds. */
  readonly until: number;
  /** How often in a row it was refused, this time included. */
  readonly count: number;
}

/** It fails too many of its last probes, although not enough in a row. */
export interface BrownOutFacts {
  readonly since: number;
  readonly fails: number;
  /** Of so many outcomes. */
  readonly of: number;
  /** The config says that the address may be moved off it. */
  readonly mayMove: boolean;
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
  /** The moves of the past that changed something, but for those of drills, oldest first; at least as many as the policy's limit looks at. */
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

/** What all groups have done lately. */
export interface OverallFacts {
  /** Another group whose drill is under way. Null: there is none. */
  readonly drilling: string | null;
  readonly policy: OverallPolicy;
  /** How many groups there are. */
  readonly groups: number;
  /**
   * The automatic moves of all groups but pools, this one's too: those that changed something, and those that are under way.
   */
  readonly moves: readonly { readonly group: string; readonly at: number }[];
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
