/**
 * Why a group did what it did, or did not, at one moment: plain data, the same for now and for any moment that was recorded. Stamps
 * are milliseconds since 1970 by the wall clock.
 */
import type { Health } from "../../core/health.ts";
import type { Run } from "../journal/runs.ts";
import type { Situation } from "../situation.ts";

export interface Explanation {
  readonly group: string;
  /** The moment that is explained. */
  readonly atWallMs: number;
  /** It is the present one, seen live. */
  readonly isNow: boolean;
  readonly story: Story;
}

export type Story =
  | {
      readonly kind: "told";
      readonly situation: Situation;
      /** Since when this rule decided. */
      readonly sinceWallMs: number;
      /** What probes saw until then, of each member and of the way through the address. */
      readonly probes: readonly Probes[];
      /** The last change of each member's health until then, as far as it is recorded. */
      readonly transitions: readonly Transition[];
    }
  /** No process was running. */
  | {
      readonly kind: "not-running";
      /** The last that is known of the process before. Null: nothing. */
      readonly sinceWallMs: number | null;
      /** It ended of its own will; else it died, or its machine did. */
      readonly stopped: boolean;
      /** When the next one began. Null: not known. */
      readonly untilWallMs: number | null;
    }
  /** A process was running and had made no plan for this group yet. */
  | { readonly kind: "not-judged"; readonly startedWallMs: number | null }
  /** It is from before the journal begins, or what was recorded has been dropped since. */
  | {
      readonly kind: "not-recorded";
      /** The first moment that can be explained. Null: there is none. */
      readonly beginsWallMs: number | null;
    }
  | { readonly kind: "in-future" };

export interface Probes {
  /** `throughAddress` for the way through the address. */
  readonly member: string;
  /** The last ones that began until then, the newest last. */
  readonly runs: readonly Run[];
}

export interface Transition {
  readonly member: string;
  readonly from: Health;
  readonly to: Health;
  readonly why: string;
  readonly atWallMs: number;
}
