/** What the loop of one group is given: its config, what it asks and whom it tells, and the signals that end it. */
import type { HealthcheckFacts, OverallFacts } from "../core/facts.ts";
import type { Trust } from "../core/trust.ts";
import type { GroupConfig } from "../config/config.ts";
import type { Provider } from "../providers/provider.ts";
import type { Agenda } from "./agenda.ts";
import type { Clock } from "./clock.ts";
import type { Listener } from "./events.ts";
import type { Members } from "./members.ts";
import type { RestoredMoves } from "./moves.ts";
import type { Orders } from "./orders.ts";
import type { PathWatch } from "./path-watch.ts";

export interface ReconcilerParts {
  readonly group: GroupConfig;
  readonly provider: Provider;
  readonly members: Members;
  readonly clock: Clock;
  /** 0 ≤ x < 1; for jitter. */
  readonly random: () => number;
  /** Looks at ourselves at this very moment. */
  readonly trust: () => Trust;
  /** What the journal knows of this group from before; null: nothing. */
  readonly recovered: RestoredMoves | null;
  /** What people have ordered. */
  readonly orders: Pick<Orders, "pauseOf" | "pauseOfAll" | "ofMember" | "refresh">;
  /** What all groups have done lately, and may do. */
  readonly overall: (group: string) => OverallFacts;
  /** What comes at set times. */
  readonly agenda: Pick<Agenda, "facts" | "look" | "changesAt">;
  /** How it stands with the healthcheck that is stored at the provider. */
  readonly healthcheck: () => HealthcheckFacts | null;
  /** Null: nobody probes through the address. */
  readonly path: PathWatch | null;
  /** Called between two moves. */
  readonly onIdle: () => void;
  /** Called whenever no step is under way, before the next look. */
  readonly onTurn: () => void;
  readonly emit: Listener;
}

/**
 * `stop`: begin nothing new. `giveUp`: also leave an address with nobody that a move of ours has taken off. `abort`: also give up
 * waiting for the step under way.
 */
export interface StopSignals {
  readonly stop: AbortSignal;
  /** Aborts with `abort` at the latest. */
  readonly giveUp: AbortSignal;
  readonly abort: AbortSignal;
}
