/** What is known of the members of one group: health, evidence, and what the provider refused them. */
import { causeSentence } from "../core/cause.ts";
import { evidenceMaxAgeMs } from "../core/evidence.ts";
import type { MemberFacts } from "../core/facts.ts";
import { observe, strikesNeeded, unknownHealth, type MemberHealth } from "../core/health.ts";
import type { Forgets } from "../core/trust.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import type { MemberConfig } from "../config/config.ts";

interface MemberState {
  readonly config: MemberConfig;
  health: MemberHealth;
  evidence: MemberFacts["evidence"];
  refusal: MemberFacts["refusal"];
  /** When the run of fails that made it unhealthy began. */
  failingSince: number | null;
}

export interface Observation {
  readonly before: MemberHealth;
  readonly after: MemberHealth;
  /** The run of outcomes against the health before, this one included; null without any. */
  readonly strikes: { readonly count: number; readonly needed: number } | null;
  /** Something that a decision may rest on has changed: health, strikes, or old evidence that is new again. */
  readonly matters: boolean;
  /** Why the health changed; only of use when it did. */
  readonly why: string;
}

export class Members {
  readonly #states: ReadonlyMap<string, MemberState>;

  constructor(configs: readonly MemberConfig[], now: number) {
    this.#states = new Map(
      configs.map((config) => [
        config.name,
        {
          config,
          health: unknownHealth(now),
          evidence: null,
          refusal: null,
          failingSince: null,
        },
      ]),
    );
  }

  observe(name: string, result: ProbeResult, now: number): Observation {
    const state = this.#state(name);
    const before = state.health;
    const wasFresh =
      state.evidence !== null && now - state.evidence.at <= evidenceMaxAgeMs(state.config.target);
    const after = observe(before, result.outcome, state.config.target, now);
    state.health = after;
    if (result.outcome !== "inconclusive") state.evidence = { at: now, cause: result.cause };
    if (after.health === "unhealthy" && before.health !== "unhealthy") {
      state.failingSince = before.strikes?.outcome === "fail" ? before.strikes.firstAt : now;
    }
    const why = transitionText(result, state.config);
    if (result.outcome === "inconclusive") return { before, after, strikes: null, matters: false, why };
    const matters = after !== before || !wasFresh;
    const needed = strikesNeeded(result.outcome, state.config.target);
    // The outcome that completes a run leaves no strikes behind.
    const count = after.strikes?.count ?? (after.health === before.health ? 0 : needed);
    return { before, after, strikes: count === 0 ? null : { count, needed }, matters, why };
  }

  /** Forgets what was seen before: the strikes, or everything. */
  forget(what: Forgets, now: number): void {
    if (what === "nothing") return;
    for (const state of this.#states.values()) {
      if (what === "strikes") state.health = { ...state.health, strikes: null };
      else {
        state.health = unknownHealth(now);
        state.evidence = null;
      }
    }
  }

  /** @returns true when one of these members began to fail after `since`. */
  beganToFail(names: readonly string[], since: number): boolean {
    return names.some((name) => {
      const { health, failingSince } = this.#state(name);
      if (health.health === "unhealthy") return failingSince !== null && failingSince >= since;
      return health.strikes?.outcome === "fail" && health.strikes.firstAt >= since;
    });
  }

  refuse(name: string, detail: string, until: number): void {
    this.#state(name).refusal = { detail, until };
  }

  facts(): readonly MemberFacts[] {
    return [...this.#states.values()].map(({ config, health, evidence, refusal }) => ({
      name: config.name,
      health,
      pace: config.target,
      evidence,
      refusal,
    }));
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

function transitionText(result: ProbeResult, config: MemberConfig): string {
  if (result.outcome === "inconclusive") return causeSentence(result.cause);
  const count = strikesNeeded(result.outcome, config.target);
  const outcomes = result.outcome === "pass" ? "passes" : "fails";
  const last = result.outcome === "pass" ? "" : `, the last: ${causeSentence(result.cause)}`;
  return `${count} consecutive ${count === 1 ? result.outcome : outcomes}${last}`;
}
