/**
 * What a plan stood on, kept so that the moment can be explained long after it: the rule and its why, who held the address, and
 * what was known and thought of each member. Plain data with stamps of the wall clock, the same for now and for a moment of the past.
 */
import type { Step } from "../core/address.ts";
import type { Cause } from "../core/cause.ts";
import { limitationOf } from "../core/eligible.ts";
import { isFresh } from "../core/evidence.ts";
import type { GroupFacts, MemberFacts } from "../core/facts.ts";
import { strikesNeeded, type Health } from "../core/health.ts";
import { presentHolders } from "../core/holders.ts";
import type { Force, Order } from "../core/orders.ts";
import type { Act } from "../core/plan.ts";
import type { Hold } from "../core/hold.ts";
import type { GroupPolicy } from "../core/policy.ts";
import type { Rule, Trigger } from "../core/rules.ts";
import type { Pace } from "../core/target.ts";
import type { DistrustCause } from "../core/trust.ts";
import type { Question } from "./approvals.ts";

/** All stamps are milliseconds since 1970 by the wall clock of that moment. */
export interface Situation {
  readonly kind: "hold" | "act";
  readonly rule: Rule;
  readonly why: string;
  /** When the reason ends by itself. Null: only an event can end it. */
  readonly untilWallMs: number | null;
  /** The step that is to be taken, or that the rule holds back. Null: none. */
  readonly step: Step | null;
  /** What that step is for. Null: there is none. */
  readonly wanted: { readonly holders: readonly string[]; readonly why: string } | null;
  readonly mode: GroupPolicy["mode"];
  /** Members that had the address; null: not known. */
  readonly holders: readonly string[] | null;
  /** Provider ids of holders that are no members. */
  readonly foreign: readonly string[];
  readonly busy: string | null;
  /** When the provider last answered. Null: it was never asked. */
  readonly truthWallMs: number | null;
  readonly distrust: { readonly cause: DistrustCause; readonly detail: string } | null;
  readonly pause: (OrderRecord & { readonly ofAll: boolean }) | null;
  /** The way through the address. Null: it is not probed. */
  readonly path: {
    readonly health: Health;
    readonly detail: string | null;
    readonly pending: string | null;
  } | null;
  /** The move under way. */
  readonly move: {
    readonly trigger: Trigger;
    readonly to: readonly string[];
    readonly startedWallMs: number;
  } | null;
  /** The move that waits for a person. */
  readonly question: { readonly id: string; readonly untilWallMs: number } | null;
  /** In order of preference. */
  readonly members: readonly MemberSituation[];
}

export interface OrderRecord {
  readonly by: string;
  readonly reason: string;
  readonly untilWallMs: number | null;
}

export interface MemberSituation {
  readonly name: string;
  /** What counted. */
  readonly health: Health;
  /** What its probes said. */
  readonly realHealth: Health;
  readonly sinceWallMs: number;
  readonly strikes: {
    readonly outcome: "pass" | "fail";
    readonly count: number;
    readonly needed: number;
  } | null;
  /** Null: it was not probed. */
  readonly pace: Pick<Pace, "intervalMs" | "strikesOk" | "strikesFail"> | null;
  /** The last probe that was not inconclusive. */
  readonly evidence: { readonly cause: Cause; readonly atWallMs: number } | null;
  /** Why it might not receive the address. Null: it might. */
  readonly limitation: {
    readonly rule: Rule;
    readonly text: string;
    readonly untilWallMs: number | null;
  } | null;
  readonly drained: OrderRecord | null;
  readonly forced: (OrderRecord & { readonly health: Force["health"] }) | null;
  readonly brownOut: { readonly fails: number; readonly of: number } | null;
}

/** What a situation is made of. */
interface SituationParts {
  readonly facts: GroupFacts;
  readonly plan: Hold | Act;
  readonly question: Question | null;
  /** The pause is of all groups. */
  readonly pausedAll: boolean;
}

/** @param wallNow milliseconds since 1970 at the instant of the facts. */
function situationOf(parts: SituationParts, wallNow: number): Situation {
  const { facts, plan, question, pausedAll } = parts;
  const wall = (at: number): number => Math.round(wallNow + at - facts.now);
  const { reading, at } = facts.truth;
  const { distrust } = facts.trust;
  const { path, pause } = facts;
  const move = facts.history.inFlight;
  const wanted = plan.kind === "act" ? { holders: plan.goal.holders, why: plan.why } : plan.decision;
  return {
    kind: plan.kind,
    rule: plan.rule,
    why: plan.why,
    untilWallMs: plan.kind === "hold" && plan.until !== null ? wall(plan.until) : null,
    step: plan.kind === "act" ? plan.step : plan.blocked,
    wanted: wanted && { holders: wanted.holders, why: wanted.why },
    mode: facts.policy.mode,
    holders: reading?.kind === "known" ? presentHolders(facts).map(({ name }) => name) : null,
    foreign: reading?.kind === "known" ? reading.foreign : [],
    busy: reading?.kind === "known" ? reading.busy : null,
    truthWallMs: reading === null ? null : wall(at),
    distrust: distrust && { cause: distrust.cause, detail: distrust.detail },
    pause: pause && { ...orderRecord(pause, wall), ofAll: pausedAll },
    path: path && { health: path.health, detail: path.detail, pending: path.pending?.member ?? null },
    move: move && { trigger: move.trigger, to: move.to, startedWallMs: wall(move.startedAt) },
    question: question && { id: question.id, untilWallMs: wall(question.until) },
    members: facts.members.map((member) => memberSituation(member, facts, wall)),
  };
}

function memberSituation(
  member: MemberFacts,
  facts: GroupFacts,
  wall: (at: number) => number,
): MemberSituation {
  const { name, health, realHealth, pace, evidence, drained, forced, brownOut } = member;
  const { strikes } = health;
  const limitation = limitationOf(member, facts);
  return {
    name,
    health: health.health,
    realHealth,
    sinceWallMs: wall(health.since),
    strikes: strikes && {
      outcome: strikes.outcome,
      count: strikes.count,
      needed: pace === null ? 0 : strikesNeeded(strikes.outcome, pace),
    },
    pace: pace && { intervalMs: pace.intervalMs, strikesOk: pace.strikesOk, strikesFail: pace.strikesFail },
    evidence: evidence && { cause: evidence.cause, atWallMs: wall(evidence.at) },
    limitation: limitation && {
      rule: limitation.rule,
      text: limitation.text,
      untilWallMs: limitation.until === null ? null : wall(limitation.until),
    },
    drained: drained && orderRecord(drained, wall),
    forced: forced && { ...orderRecord(forced, wall), health: forced.health },
    brownOut: brownOut && { fails: brownOut.fails, of: brownOut.of },
  };
}

function orderRecord({ by, reason, until }: Order, wall: (at: number) => number): OrderRecord {
  return { by, reason, untilWallMs: until === null ? null : wall(until) };
}

/** A situation that lasts is told again after so long, so that dropping what is old leaves no moment unexplained. Milliseconds. */
const tellAgainMs = 86_400_000;

/**
 * The situations of one group. Tells a new one from the one before, cheaply, since it is asked after every plan. Strikes are no
 * part of that: a target that fails now and then would write one down for every probe, and the probes are kept anyway.
 */
export class Situations {
  #gist: readonly unknown[] = [];
  #toldAt = 0;
  /** Without the facts, which are many. */
  #last: Omit<SituationParts, "facts"> | null = null;

  /** @returns the situation when another story would be told of it than of the one before, else null. */
  take(parts: SituationParts, wallNow: number): Situation | null {
    const { plan, question, pausedAll } = parts;
    this.#last = { plan, question, pausedAll };
    const { now } = parts.facts;
    const next = gistOf(parts);
    const last = this.#gist;
    const isSame = next.length === last.length && next.every((value, i) => value === last[i]);
    if (isSame && now - this.#toldAt < tellAgainMs) return null;
    this.#gist = next;
    this.#toldAt = now;
    return situationOf(parts, wallNow);
  }

  /** @returns the last plan with the facts of now. Null before the first plan. */
  at(facts: GroupFacts, wallNow: number): Situation | null {
    return this.#last === null ? null : situationOf({ ...this.#last, facts }, wallNow);
  }
}

/** Only values that `===` compares. */
function gistOf({ facts, plan, question }: SituationParts): readonly unknown[] {
  const { reading } = facts.truth;
  const { path, pause } = facts;
  const step = plan.kind === "act" ? plan.step : plan.blocked;
  const gist: unknown[] = [
    plan.rule,
    step?.kind,
    step?.member,
    question?.id,
    pause?.since,
    facts.trust.distrust?.cause,
    path?.health,
    path?.pending?.member,
    (facts.healthcheck?.trouble ?? null) === null,
  ];
  if (reading?.kind === "known") gist.push(reading.busy, ...reading.holders, "", ...reading.foreign);
  for (const member of facts.members) {
    gist.push(
      member.name,
      member.health.health,
      member.realHealth,
      member.drained?.since,
      member.forced?.since,
      member.brownOut?.since,
      limitationGist(member, facts),
    );
  }
  return gist;
}

/** @returns nothing also for a member that is healthy and has just failed a probe: that is a strike. */
function limitationGist(member: MemberFacts, facts: GroupFacts): string | undefined {
  const limitation = limitationOf(member, facts);
  const isStrike =
    limitation?.rule === "no-eligible" &&
    member.health.health === "healthy" &&
    member.drained === null &&
    isFresh(member, facts.now);
  return isStrike ? undefined : limitation?.rule;
}
