/** The moves of one group: the one in flight, those of the past, and how long to wait after a step that was not applied. */
import { stepText, type Effect, type Step } from "../core/address.ts";
import { backoffMs } from "../core/backoff.ts";
import type { HistoryFacts, Move, PastMove } from "../core/facts.ts";
import type { Goal } from "../core/goal.ts";

/** Waits after a step that was not applied. Milliseconds. */
const stepBackoff = { baseMs: 1_000, maxMs: 60_000 } as const;

/** Long enough for another member to be tried before the one that was refused. */
const refusalFactor = 3;

/** Past moves kept; the policy's limit cannot ask for more. */
const movesKept = 100;

export class Moves {
  #inFlight: Move | null = null;
  #past: PastMove[] = [];
  #changedByHandAt: number | null = null;
  #notBefore = 0;
  #failures = 0;
  /** True once a step of the move in flight may have changed something. */
  #counted = false;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  facts(): HistoryFacts {
    return {
      moves: this.#past,
      inFlight: this.#inFlight,
      changedByHandAt: this.#changedByHandAt,
      notBefore: this.#notBefore,
    };
  }

  get inFlight(): Move | null {
    return this.#inFlight;
  }

  /** Begins a move towards this goal, or turns the one in flight towards it. @returns the move when it is a new one. */
  head(goal: Goal, present: readonly string[], now: number): Move | null {
    if (this.#inFlight !== null) {
      this.#inFlight = { ...this.#inFlight, to: goal.holders };
      return null;
    }
    const from = present.filter((name) => !goal.holders.includes(name));
    this.#inFlight = { trigger: goal.trigger, why: goal.why, from, to: goal.holders, startedAt: now };
    this.#counted = false;
    return this.#inFlight;
  }

  end(): void {
    this.#inFlight = null;
  }

  /** @returns until when the member should not be asked for again, or null. */
  noteEffect(step: Step, effect: Effect, now: number): number | null {
    if (effect.kind !== "rejected") this.#countMove(now);
    if (effect.kind === "applied") return null;
    const waitMs = this.#backOff(now);
    return effect.kind === "rejected" && step.kind !== "detach" ? now + refusalFactor * waitMs : null;
  }

  /** Whether a step that was answered as applied shows in the truth; if not, wait as after an uncertain one. */
  noteSeen(visible: boolean, now: number): void {
    if (visible) this.#failures = 0;
    else this.#backOff(now);
  }

  noteChangeByHand(now: number): void {
    this.#changedByHandAt = now;
  }

  #backOff(now: number): number {
    this.#failures += 1;
    const waitMs = backoffMs(this.#failures, stepBackoff, this.#random());
    this.#notBefore = now + waitMs;
    return waitMs;
  }

  /** A move counts towards hold-down and limit once, from its first step that may have changed something. */
  #countMove(now: number): void {
    if (this.#inFlight === null || this.#counted) return;
    this.#counted = true;
    this.#past = [...this.#past, { at: now, from: this.#inFlight.from }].slice(-movesKept);
  }
}

/** @returns true when a known list of holders shows what the step was to bring about. */
export function isVisible(step: Step, holders: readonly string[]): boolean {
  switch (step.kind) {
    case "attach":
    case "flip":
      return holders.includes(step.member);
    case "detach":
      return !holders.includes(step.member);
    default:
      throw new Error(`Cannot check step ${stepText(step)}`);
  }
}
