/** What the daemon tells of itself. Logs, metrics and the demo's timeline are listeners; none of them can change a decision. */
import type { Effect, Reading, Step } from "../core/address.ts";
import type { Move } from "../core/facts.ts";
import type { Health } from "../core/health.ts";
import type { Maintenance } from "../core/maintenance.ts";
import type { MoveOutcome } from "../core/move.ts";
import type { Plan } from "../core/plan.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import type { Distrust } from "../core/trust.ts";
import type { Question } from "./approvals.ts";
import type { HealthcheckNews } from "./healthcheck-watch.ts";
import type { BrownOutChange } from "./members.ts";
import type { Verified } from "./path-watch.ts";
import type { Situation } from "./situation.ts";
import type { RequestRecord } from "../providers/provider.ts";
import type { TrafficNews } from "../providers/traffic/news.ts";

export type DaemonEvent =
  | {
      readonly type: "probe";
      readonly group: string;
      readonly member: string;
      readonly result: ProbeResult;
      /** The member's health before this probe. */
      readonly before: Health;
      /** How many consecutive outcomes against that health there are with this one, e.g. 2 of 3; null without any. */
      readonly strikes: { readonly count: number; readonly needed: number } | null;
      /** How much later than planned the probe started. Milliseconds. */
      readonly latenessMs: number;
    }
  | {
      readonly type: "transition";
      readonly group: string;
      readonly member: string;
      readonly from: Health;
      readonly to: Health;
      /** e.g. `3 consecutive fails, the last refused the connection`. */
      readonly why: string;
    }
  | {
      readonly type: "reading";
      readonly group: string;
      readonly reading: Reading;
      readonly durationMs: number;
      /** The first one that says who holds the address, since this process began. */
      readonly isFirst: boolean;
      /** That one, one after a step, or one that shows other holders than before. */ readonly changed: boolean;
    }
  | {
      readonly type: "holders";
      readonly group: string;
      readonly from: readonly string[];
      readonly to: readonly string[];
      /** True when a step of ours explains the change. */
      readonly ours: boolean;
    }
  /** Told when the rule, the step or the reason of the plan changes, not every round. */
  | {
      readonly type: "decision";
      readonly group: string;
      readonly plan: Plan;
      readonly carriedOut: boolean;
      /** The rule and the step are as before, and the reason is another. */
      readonly again: boolean;
    }
  /** What the plan stands on, told when another story would be told of it than before; for the journal only. */
  | { readonly type: "situation"; readonly group: string; readonly situation: Situation }
  | { readonly type: "move-started"; readonly group: string; readonly move: Move }
  | {
      readonly type: "step-started";
      readonly group: string;
      readonly step: Step;
      readonly why: string;
      /** The holders that the move wants now. */
      readonly to: readonly string[];
      /** The step takes the address off before anybody else gets it. */
      readonly takesOff: boolean;
    }
  | {
      readonly type: "step-ended";
      readonly group: string;
      readonly step: Step;
      readonly effect: Effect;
      readonly durationMs: number;
    }
  | {
      readonly type: "move-ended";
      readonly group: string;
      readonly move: Move;
      readonly outcome: MoveOutcome;
      readonly stages: MoveStages;
    }
  /** A member begins or ceases to fail too often by the m-of-n rule. */
  | ({ readonly type: "brown-out"; readonly group: string; readonly member: string } & BrownOutChange)
  /** A probe through the address, as clients reach it. */
  | { readonly type: "path-probe"; readonly group: string; readonly result: ProbeResult }
  /** The first answer through the address after a move. */
  | ({ readonly type: "verified"; readonly group: string } & Verified)
  /** A move waits for a person. */
  | { readonly type: "question"; readonly group: string; readonly question: Question }
  /** A maintenance window begins, is followed by another one, or (null) ends. */
  | { readonly type: "maintenance"; readonly group: string; readonly maintenance: Maintenance | null }
  | ({ readonly type: "drill"; readonly group: string } & DrillNews)
  /** A person has said something, or what was said has expired. */
  | {
      readonly type: "order";
      /** Null: all groups. */
      readonly group: string | null;
      readonly act: OrderAct;
      readonly by: string;
      /** In words: `ann pauses web for 2h: kernel upgrade`. */
      readonly text: string;
    }
  /** What stands in the way of a move has changed: the escape route is broken, or whole again. */
  | {
      readonly type: "preflight";
      readonly group: string;
      readonly readiness: "ready" | "broken";
      /** All that stands in the way; empty: nothing. */
      readonly why: string;
    }
  /** Members are probed by another healthcheck, since the one that is stored has changed; or something stands in its way. */
  | ({ readonly type: "healthcheck"; readonly group: string } & HealthcheckNews)
  /** Told when trust in ourselves is lost, regained, or lost for another cause. */
  | { readonly type: "trust"; readonly distrust: Distrust | null }
  /** Probing falls behind its plan; null: it keeps up again. */
  | { readonly type: "behind"; readonly overdueMs: number | null }
  /** The probe thread has ended when it should not have; the next one begins in so many milliseconds. */
  | { readonly type: "probe-crash"; readonly why: string; readonly restartInMs: number }
  | { readonly type: "request"; readonly provider: string; readonly record: RequestRecord }
  /** How an account's requests fare: asked again, held back, wanted fewer. */
  | { readonly type: "traffic"; readonly provider: string; readonly news: TrafficNews };

/**
 * `completed`: there and back, and answered through the address where that is verified. `unverified`: there and back, or not even
 * back, without an answer in time. `abandoned`: something came in between. `skipped`: it never began.
 */
export const drillOutcomes = ["completed", "unverified", "abandoned", "skipped"] as const;

export type DrillOutcome = (typeof drillOutcomes)[number];

/** How a drill goes. */
export interface DrillNews {
  readonly phase: "out" | "away" | "ended";
  /** Where the address was; empty when the drill was skipped. */
  readonly home: string;
  readonly away: string;
  /** How long the other member is to keep the address. Milliseconds. */
  readonly holdMs: number;
  /** Null: it is not over. */
  readonly outcome: DrillOutcome | null;
  /** The two moves, so far as they were made. */
  readonly out: DrillLeg | null;
  readonly back: DrillLeg | null;
  /** In words. */
  readonly text: string;
}

/** One move of a drill. Milliseconds. */
export interface DrillLeg {
  /** From the first step to the end of the move. */
  readonly stepsMs: number;
  /** From the end of the move to the first answer through the address. Null: there was none in time, or nobody looks. */
  readonly answeredAfterMs: number | null;
  /** How long clients were without an answer, as seen through the address. Null: it was not seen. */
  readonly outageMs: number | null;
}

export const orderActs = [
  "pause",
  "resume",
  "drain",
  "undrain",
  "force",
  "unforce",
  "approve",
  "reject",
  "acknowledge",
  "switchover",
  "failback",
  "reconcile",
  "probe-now",
  "reload",
  "expire",
] as const;

export type OrderAct = (typeof orderActs)[number];

/** Where the time of a move went. Milliseconds; null for a stage that this move does not have. */
export interface MoveStages {
  /** From the first failed probe to the verdict. */
  readonly detection: number | null;
  /** From the verdict to the first step. */
  readonly decision: number | null;
  /** From the first step to the end of the move. */
  readonly steps: number;
  /** How long clients were without an answer, as far as it is known; null when it is seen through the address, later. */
  readonly outage: number | null;
}

export type Listener = (event: DaemonEvent) => void;
