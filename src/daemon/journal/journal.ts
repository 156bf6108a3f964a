/**
 * The journal: what the daemon intended, did and saw, kept so that a fresh process knows of a move that was begun and of
 * those that were made lately, and so that every decision can be explained afterwards.
 *
 * It informs and never decides: the provider's truth beats it, and it may be deleted at any time without harm.
 */
import type { Effect, Step } from "../../core/address.ts";
import type { Move, PastMove } from "../../core/facts.ts";
import type { Health } from "../../core/health.ts";
import type { MoveOutcome } from "../../core/move.ts";
import type { Rule, Trigger } from "../../core/rules.ts";
import type { DistrustCause } from "../../core/trust.ts";
import type { DrillOutcome, OrderAct } from "../events.ts";
import type { Situation } from "../situation.ts";
import type { EntryPage, EntryQuery } from "./query.ts";
import type { Segment } from "./runs.ts";

/** No method throws, whatever becomes of the disk. None but `close` ends the journal: trouble makes it go on in memory. */
export interface Journal {
  /**
   * Takes one entry in and stamps it with the wall clock. While `health` is `durable`, a `step`, a `changed-by-hand`, an `order`
   * and a `drill` are on the disk before this returns, with all that came before them: so an intent is there with its first step.
   * The others are written when the turn of the event loop is over: a kill loses at most those of the last turn, a power cut
   * perhaps all since the last sync. Texts are cut to 1,000 characters, lists to 100 names.
   */
  append(entry: JournalEntry): void;
  /**
   * A group begins: what is appended under its name from now on is its own, and what was until now of the one before.
   *
   * @param identity who it is, see `groupIdentity`.
   * @returns what it must know of the past. Entries of another account, zone or set of members do not count.
   */
  recover(group: string, identity: string): Recovered;
  /**
   * Takes in what probes have seen: each segment in place of the one of the same target and start. While `health` is `durable` it
   * then survives the death of the process; else some of it is kept in memory.
   */
  saveRuns(segments: readonly Segment[]): void;
  /** @returns the entries that are asked for, as far as they are still there; takes a few milliseconds at most. */
  page(query: EntryQuery): EntryPage;
  /**
   * @param fromWallMs milliseconds since 1970.
   * @returns the segments of all targets of a group that begin in the hours from one stamp to the other, at most six hours.
   */
  segments(group: string, fromWallMs: number, toWallMs: number): readonly Segment[];
  /** @returns the last hour until then, counted since 1970, in which a segment of any target begins. Null: none is there. */
  lastRunHour(untilWallMs: number): number | null;
  /** Drops some of what is too old or too much, for a few milliseconds at most. @returns how many entries and segments were dropped. */
  prune(): number;
  /** Where entries go now. */
  readonly health: JournalHealth;
  /** Lets go of the file. Entries that come later are kept in memory only. */
  close(): void;
}

export type JournalHealth =
  | { readonly kind: "durable" }
  | {
      readonly kind: "memory";
      /** Why not on the disk; a sentence without a final period. */ readonly why: string;
    };

/** Names are those of the config. A holder that the config does not know is told by its id at the provider. */
export type JournalEntry =
  /** A move is about to begin. */
  | {
      readonly type: "intent";
      readonly group: string;
      readonly trigger: Trigger;
      readonly why: string;
      readonly from: readonly string[];
      readonly to: readonly string[];
    }
  /** A step of the move is about to be sent. */
  | {
      readonly type: "step";
      readonly group: string;
      readonly step: Step;
      readonly why: string;
      /** The holders that the move wants now; they may have changed since its intent. */
      readonly to: readonly string[];
      /** The step takes the address off before anybody else gets it. */
      readonly takesOff: boolean;
    }
  /** What came of the last step. */
  | {
      readonly type: "effect";
      readonly group: string;
      readonly step: Step;
      readonly effect: Effect["kind"];
      readonly detail: string;
      readonly durationMs: number;
    }
  /** What a reading showed: after each step, and at each change of holders. */
  | {
      readonly type: "seen";
      readonly group: string;
      readonly holders: readonly string[];
      readonly foreign: readonly string[];
      readonly busy: string | null;
      /** It was the first of its process, so what a step has done was not seen by whoever sent it. Not known of older entries. */
      readonly isFirst?: boolean | undefined;
    }
  | {
      readonly type: "ended";
      readonly group: string;
      readonly trigger: Trigger;
      readonly from: readonly string[];
      readonly to: readonly string[];
      readonly outcome: MoveOutcome;
    }
  | {
      readonly type: "transition";
      readonly group: string;
      readonly member: string;
      readonly from: Health;
      readonly to: Health;
      readonly why: string;
    }
  /** Once for each change of rule or step, not every round. */
  | {
      readonly type: "decision";
      readonly group: string;
      readonly kind: "hold" | "act";
      readonly rule: Rule;
      readonly why: string;
      /** The step that is to be taken, or that the rule holds back. Null: none. */
      readonly step: Step | null;
    }
  /** The first answer through the address after a move. */
  | {
      readonly type: "verified";
      readonly group: string;
      readonly member: string;
      readonly afterMs: number;
      readonly outageMs: number;
      readonly late: boolean;
    }
  /** A person has said something, or what was said has expired. An empty `group`: about all groups. */
  | {
      readonly type: "order";
      readonly group: string;
      readonly act: OrderAct;
      readonly by: string;
      readonly text: string;
    }
  /** How a drill goes: the address is about to go out, it has arrived and is away, or the drill is over. */
  | {
      readonly type: "drill";
      readonly group: string;
      readonly phase: "out" | "away" | "ended";
      /** Where the address was. Empty: the drill never began. */
      readonly home: string;
      readonly away: string;
      readonly holdMs: number;
      /** Null: it is not over. */
      readonly outcome: DrillOutcome | null;
      readonly text: string;
    }
  /** The holders changed and no step of ours explains it. */
  | {
      readonly type: "changed-by-hand";
      readonly group: string;
      readonly from: readonly string[];
      readonly to: readonly string[];
    }
  /** What the plan stood on from now on: all that is needed to explain this moment later. */
  | { readonly type: "situation"; readonly group: string; readonly situation: Situation }
  /** A move waits for a person. */
  | {
      readonly type: "question";
      readonly group: string;
      readonly id: string;
      readonly why: string;
      readonly to: readonly string[];
    }
  /** A member begins or ceases to fail too often by the m-of-n rule. */
  | {
      readonly type: "brown-out";
      readonly group: string;
      readonly member: string;
      readonly began: boolean;
      readonly fails: number;
      readonly of: number;
    }
  /** What is stored with the address has changed, or can no longer be followed, or can again. */
  | {
      readonly type: "healthcheck";
      readonly group: string;
      readonly source: string;
      readonly from: string | null;
      readonly to: string | null;
      readonly trouble: string | null;
    }
  /** A move would fail from now on, or would work again. */
  | {
      readonly type: "preflight";
      readonly group: string;
      readonly readiness: "ready" | "broken";
      readonly why: string;
    }
  /** Trust in ourselves is lost, lost for another cause, or regained (a cause of null). Of all groups. */
  | {
      readonly type: "trust";
      readonly group: string;
      readonly cause: DistrustCause | null;
      readonly detail: string;
    }
  /** A process begins, or ends of its own will. Of all groups. */
  | { readonly type: "started" | "stopped"; readonly group: string; readonly version: string };

/** What is about all groups is written under this name; no group can have it. */
export const allGroups = "";

/** Stamps are wall-clock milliseconds since 1970, none later than the instant of the recovery. */
export interface Recovered {
  /** The move that has no recorded end. Null: none. */
  readonly openMove: OpenMove | null;
  /** The moves that changed something, or may have, oldest first; the open one is among them when it is `counted`. At most 100. */
  readonly pastMoves: readonly { readonly atWallMs: number; readonly from: PastMove["from"] }[];
  /** The last change of holders that was made by hand. Null: none is known. */
  readonly changedByHand: { readonly atWallMs: number; readonly added: readonly string[] } | null;
  readonly drill: RecoveredDrill;
}

export interface RecoveredDrill {
  /** The drill that has no recorded end, and when it came into its phase. Null: there is none. */
  readonly open: {
    readonly phase: "out" | "away";
    readonly home: string;
    readonly away: string;
    readonly holdMs: number;
    readonly atWallMs: number;
  } | null;
  /** When the last one ended or was left out. Null: none is known. */
  readonly endedWallMs: number | null;
  /** When one last went there and back as it should. Null: none is known. */
  readonly succeededWallMs: number | null;
}

export interface OpenMove {
  /** `tookOff` is true also when the step that takes the address off was sent and its effect is not known. */
  readonly move: Omit<Move, "startedAt">;
  readonly startedWallMs: number;
  /** It is among the past moves already. */
  readonly counted: boolean;
  /** Null: no step was sent. */
  readonly lastStep: LastStep | null;
}

export interface LastStep {
  readonly step: Step;
  readonly sentWallMs: number;
  /** Null: none is recorded, so it may have been carried out or not. */
  readonly effect: Effect["kind"] | null;
  /** A reading came after it while the provider was not busy. */
  readonly seen: boolean;
}
