/** What is known of the members of one group: health, evidence, and what the provider refused them. */
import { backoffMs } from "../core/backoff.ts";
import { failsOf, noBrownOut, observeBrownOut, type BrownOut } from "../core/brown-out.ts";
import { causeSentence } from "../core/cause.ts";
import { evidenceMaxAgeMs } from "../core/evidence.ts";
import type { MemberFacts } from "../core/facts.ts";
import { observe, strikesNeeded, unknownHealth, type Health, type MemberHealth } from "../core/health.ts";
import { withForce } from "../core/orders.ts";
import type { Forgets } from "../core/trust.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import type { Target } from "../core/target.ts";
import type { MemberConfig } from "../config/config.ts";
import { isSameMember, probeKey } from "../config/sameness.ts";
import { isProbed } from "../config/stored-healthcheck.ts";

/** Others are asked for this much longer than the wait, before the one that was refused. */
const refusalFactor = 3;

/** The wait of a member that is refused again and again. Milliseconds. */
const refusalBackoff = { baseMs: 500, maxMs: 60_000 } as const;

/** A refusal that ended longer ago than this begins no row. Milliseconds. */
const refusalMemoryMs = 600_000;

interface MemberState {
  readonly config: MemberConfig;
  health: MemberHealth;
  evidence: MemberFacts["evidence"];
  refusal: MemberFacts["refusal"];
  /** When the run of fails that made it unhealthy began. */
  failingSince: number | null;
  /** When it last became healthy after it had been unhealthy, or ceased to be browned out. */
  recoveredAt: number | null;
  /** The last health that was known, also after it was forgotten: what comes back from it has to warm up. */
  lastKnown: Health;
  brownOut: BrownOut;
}

/** What people have ordered for a member. */
export type MemberOrders = Pick<MemberFacts, "drained" | "forced">;

export interface Observation {
  readonly before: MemberHealth;
  readonly after: MemberHealth;
  /** The run of outcomes against the health before, this one included; null without any. */
  readonly strikes: { readonly count: number; readonly needed: number } | null;
  /** Something that a decision may rest on has changed: health, strikes, or old evidence that is new again. */
  readonly matters: boolean;
  /** Why the health changed; empty when it did not. */
  readonly why: string;
  /** A brown-out has begun or ended with this outcome; null: neither. */
  readonly brownOut: BrownOutChange | null;
}

export interface BrownOutChange {
  readonly began: boolean;
  readonly fails: number;
  readonly of: number;
}

export class Members {
  #states: ReadonlyMap<string, MemberState>;

  constructor(configs: readonly MemberConfig[], now: number) {
    this.#states = new Map(configs.map((config) => [config.name, freshState(config, now)]));
  }

  /**
   * Takes a new config over. Members that are probed as before keep what is known of them, the others start at unknown.
   *
   * @param from where the members of before are, these here by default.
   */
  adopt(configs: readonly MemberConfig[], now: number, from: Members = this): void {
    this.#states = new Map(
      configs.map((config) => {
        const known = from.#states.get(config.name);
        const isSame = known !== undefined && isSameMember(known.config, config);
        return [config.name, isSame ? underNewConfig(known, config) : freshState(config, now)];
      }),
    );
  }

  /** @param heardAt when it was told, from which it grows old, though it be looked at only now. */
  observe(name: string, result: ProbeResult, now: number, heardAt: number = now): Observation {
    const state = this.#state(name);
    const target = targetOf(state.config);
    const before = state.health;
    const maxAgeMs = evidenceMaxAgeMs(target);
    const wasFresh = state.evidence !== null && now - state.evidence.at <= maxAgeMs;
    const after = observe(before, result.outcome, target, now);
    state.health = after;
    if (result.outcome !== "inconclusive") state.evidence = { at: heardAt, cause: result.cause };
    if (after.health === "unhealthy" && before.health !== "unhealthy") {
      state.failingSince = before.strikes?.outcome === "fail" ? before.strikes.firstAt : now;
    }
    if (after.health === "healthy" && state.lastKnown === "unhealthy") state.recoveredAt = now;
    if (after.health !== "unknown") state.lastKnown = after.health;
    const brownOut = this.#observeBrownOut(state, result, now);
    const why = after.health === before.health ? "" : strikesText(result, target);
    if (result.outcome === "inconclusive")
      return { before, after, strikes: null, matters: false, why, brownOut };
    const isNewAgain = !wasFresh && now - heardAt <= maxAgeMs;
    const matters = after !== before || isNewAgain || brownOut !== null;
    const needed = strikesNeeded(result.outcome, target);
    // The outcome that completes a run leaves no strikes behind.
    const count = after.strikes?.count ?? (after.health === before.health ? 0 : needed);
    return { before, after, strikes: count === 0 ? null : { count, needed }, matters, why, brownOut };
  }

  #observeBrownOut(state: MemberState, result: ProbeResult, now: number): BrownOutChange | null {
    const rule = targetOf(state.config).brownOut;
    if (rule === null) return null;
    const before = state.brownOut;
    const after = observeBrownOut(before, result.outcome, rule, now);
    state.brownOut = after;
    if (before.since !== null && after.since === null) state.recoveredAt = now;
    if ((before.since === null) === (after.since === null)) return null;
    return { began: after.since !== null, fails: failsOf(after.recent), of: after.recent.length };
  }

  /** One more outcome of the same kind brings its health nearer to another one. */
  isStriking(name: string): boolean {
    return this.#state(name).health.strikes !== null;
  }

  /** Forgets what was seen before: the strikes, or everything. */
  forget(what: Forgets, now: number): void {
    if (what === "nothing") return;
    for (const state of this.#states.values()) {
      if (what === "strikes") state.health = { ...state.health, strikes: null };
      else {
        state.health = unknownHealth(now);
        state.evidence = null;
        state.brownOut = noBrownOut;
      }
    }
  }

  /** @returns the names of the members that began to fail after `since` and fail still. */
  beganToFail(since: number): readonly string[] {
    const names: string[] = [];
    for (const { config, health, failingSince } of this.#states.values()) {
      const { strikes } = health;
      const beganAt =
        health.health === "unhealthy" ? failingSince : strikes?.outcome === "fail" ? strikes.firstAt : null;
      if (beganAt !== null && beganAt >= since) names.push(config.name);
    }
    return names;
  }

  /**
   * The provider did not give this member the address. Each time in a row others are asked for longer before it is, and
   * that does not end because another member was given it.
   *
   * @param least how long the next step waits in any case, and how long others are asked for first. Milliseconds.
   */
  refuse(
    name: string,
    detail: string,
    now: number,
    { waitMs, leastMs }: { readonly waitMs: number; readonly leastMs: number },
  ): void {
    const state = this.#state(name);
    const before = state.refusal;
    const isRow = before !== null && now - before.until < refusalMemoryMs;
    const count = isRow ? before.count + 1 : 1;
    const ownWaitMs = backoffMs(count, refusalBackoff, 1);
    state.refusal = {
      detail,
      count,
      until: now + Math.max(leastMs, refusalFactor * Math.max(waitMs, ownWaitMs)),
    };
  }

  /** The provider has given this member the address. */
  accept(name: string): void {
    this.#state(name).refusal = null;
  }

  /** @param ordersOf what people have ordered for a member. */
  facts(now: number, ordersOf: (member: string) => MemberOrders): readonly MemberFacts[] {
    return [...this.#states.values()].map((state) => {
      const { config, health, evidence, refusal, recoveredAt } = state;
      const { name } = config;
      const { drained, forced } = ordersOf(name);
      const facts: MemberFacts = {
        name,
        health,
        realHealth: health.health,
        pace: isProbed(config) ? config.target : null,
        evidence,
        refusal,
        recoveredAt,
        brownOut: brownOutFacts(state),
        drained,
        forced,
      };
      return withForce(facts, now);
    });
  }

  /** @returns when the present trouble of these members began, and when it became a verdict; null when they have none. */
  trouble(names: readonly string[]): { readonly firstFailAt: number; readonly verdictAt: number } | null {
    const sick = names
      .map((name) => this.#state(name))
      .filter((state) => state.health.health === "unhealthy");
    const first = sick.flatMap((state) => (state.failingSince === null ? [] : [state.failingSince]));
    if (first.length === 0) return null;
    return {
      firstFailAt: Math.min(...first),
      verdictAt: Math.max(...sick.map((state) => state.health.since)),
    };
  }

  #state(name: string): MemberState {
    const state = this.#states.get(name);
    if (state === undefined) throw new Error(`Cannot find member ${name} in its group`);
    return state;
  }
}

function freshState(config: MemberConfig, now: number): MemberState {
  return {
    config,
    health: unknownHealth(now),
    evidence: null,
    refusal: null,
    failingSince: null,
    recoveredAt: null,
    lastKnown: "unknown",
    brownOut: noBrownOut,
  };
}

function brownOutFacts({ brownOut, config }: MemberState): MemberFacts["brownOut"] {
  if (brownOut.since === null) return null;
  const { since, recent } = brownOut;
  const mayMove = targetOf(config).brownOut?.action === "move";
  return { since, fails: failsOf(recent), of: recent.length, mayMove };
}

function targetOf(config: MemberConfig): Target {
  if (isProbed(config)) return config.target;
  throw new Error(`Cannot take a probe of ${config.name}: how it is probed is not known`);
}

/** A probe that begins anew does so at another instant: with the strikes of the one before, consecutive ones might be moments apart. */
function underNewConfig(known: MemberState, config: MemberConfig): MemberState {
  const isAnew = probeKey(known.config) !== probeKey(config);
  return isAnew ? { ...known, config, health: { ...known.health, strikes: null } } : known;
}

/** @returns why its health is another one now, e.g. `3 consecutive fails, the last: refused the connection`. */
function strikesText(result: ProbeResult, target: Target): string {
  if (result.outcome === "inconclusive") return causeSentence(result.cause);
  const count = strikesNeeded(result.outcome, target);
  const outcomes = result.outcome === "pass" ? "passes" : "fails";
  const last = result.outcome === "pass" ? "" : `, the last: ${causeSentence(result.cause)}`;
  return `${count} consecutive ${count === 1 ? result.outcome : outcomes}${last}`;
}
