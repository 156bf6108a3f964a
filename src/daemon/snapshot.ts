/** What the daemon knows at this moment, as plain data: for metrics, health endpoints and people. */
import type { Cause } from "../core/cause.ts";
import { limitationOf } from "../core/eligible.ts";
import type { BrownOutFacts, GroupFacts } from "../core/facts.ts";
import { presentHolders } from "../core/holders.ts";
import { strikesNeeded, type Health } from "../core/health.ts";
import type { Behind } from "../core/keeping-up.ts";
import type { Force, Order } from "../core/orders.ts";
import type { Distrust } from "../core/trust.ts";
import type { AgendaSnapshot } from "./agenda.ts";
import type { WatchCounts } from "./engine/watches.ts";
import type { HealthcheckSnapshot } from "./healthcheck-watch.ts";
import type { Question } from "./approvals.ts";
import type { PreflightSnapshot } from "./preflight.ts";
import type { Decisions } from "./decisions.ts";
import { stateOf, type GroupState, type Rule } from "../core/rules.ts";

export interface DaemonSnapshot {
  readonly startedAt: number;
  /** Null: we trust ourselves. */
  readonly distrust: Distrust | null;
  /** Null: probing keeps up with its plan. */
  readonly behind: Behind | null;
  /** How many targets are probed: fewer than there are members when some share a probe. */
  readonly targets: number;
  /** Of these, the ones that are watched. */
  readonly watches: WatchCounts;
  /** Automatic moves of all groups are stopped by a person; null: they are not. */
  readonly paused: Order | null;
  readonly groups: readonly GroupSnapshot[];
}

export interface GroupSnapshot {
  readonly name: string;
  readonly state: GroupState;
  /** How long it has been in this state. */
  readonly stateAgeMs: number;
  readonly rule: Rule | null;
  /** The plan's reason in one sentence; null before the first plan. */
  readonly why: string | null;
  /** Names of the members that hold the address; null when the provider's truth is not known. */
  readonly holders: readonly string[] | null;
  /** Provider ids of holders that are no members. */
  readonly foreign: readonly string[];
  /** Milliseconds since the provider was last read; null when it never was. */
  readonly truthAgeMs: number | null;
  /** Its automatic moves are stopped by a person, of it or of all; null: they are not. */
  readonly paused: Order | null;
  /** The move that waits for a person; null: none. */
  readonly question: Question | null;
  readonly agenda: AgendaSnapshot;
  /** By what members are probed that follow what is stored with the address; null: none does. */
  readonly healthcheck: HealthcheckSnapshot | null;
  /** Would a move work? */
  readonly preflight: PreflightSnapshot;
  readonly members: readonly MemberSnapshot[];
}

export interface MemberSnapshot {
  readonly name: string;
  /** What counts: what its probes say, or what a person has forced. */
  readonly health: Health;
  /** What its probes say. */
  readonly realHealth: Health;
  readonly forced: Force | null;
  readonly drained: Order | null;
  readonly brownOut: BrownOutFacts | null;
  readonly healthAgeMs: number;
  /** Consecutive outcomes against the present health, e.g. 2 of 3; null without any. */
  readonly strikes: { readonly count: number; readonly needed: number } | null;
  /** Null: the member may receive the address. */
  readonly limitation: string | null;
  /** Cause of the last conclusive probe; null before the first, and while a person's word counts instead. */
  readonly lastCause: Cause | null;
  /** Milliseconds since that probe was heard of; null: as there. */
  readonly lastProbeAgeMs: number | null;
}

export function groupSnapshot(
  facts: GroupFacts,
  { plan, stateSince }: Pick<Decisions, "plan" | "stateSince">,
  question: Question | null,
): Omit<GroupSnapshot, "agenda" | "healthcheck" | "preflight"> {
  const { reading, at } = facts.truth;
  return {
    name: facts.name,
    state: plan === null ? "starting" : stateOf(plan.rule),
    stateAgeMs: facts.now - stateSince,
    rule: plan?.rule ?? null,
    why: plan?.why ?? null,
    holders: reading?.kind === "known" ? presentHolders(facts).map((member) => member.name) : null,
    foreign: reading?.kind === "known" ? reading.foreign : [],
    truthAgeMs: reading === null ? null : facts.now - at,
    paused: facts.pause,
    question,
    members: facts.members.map((member) => {
      const { strikes, health, since } = member.health;
      const evidence = member.forced === null ? member.evidence : null;
      return {
        name: member.name,
        health,
        realHealth: member.realHealth,
        forced: member.forced,
        drained: member.drained,
        brownOut: member.brownOut,
        healthAgeMs: facts.now - since,
        strikes:
          strikes === null || member.pace === null
            ? null
            : { count: strikes.count, needed: strikesNeeded(strikes.outcome, member.pace) },
        limitation: limitationOf(member, facts)?.text ?? null,
        lastCause: evidence?.cause ?? null,
        lastProbeAgeMs: evidence === null ? null : facts.now - evidence.at,
      };
    }),
  };
}
