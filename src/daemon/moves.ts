/** The moves of one group: the one in flight, those of the past, and how long to wait after a step that was not applied. */
import type { Effect, Step } from "../core/address.ts";
import { backoffMs } from "../core/backoff.ts";
import type { HistoryFacts, Move, PastMove } from "../core/facts.ts";
import type { Goal } from "../core/goal.ts";
import { pastMovesMax } from "../core/policy.ts";
import type { RestoredDrill } from "./drill-run.ts";
import { explains, isVisible, type HolderChange } from "../core/move.ts";

/** Waits after a step that was not applied. Milliseconds. */
const stepBackoff = { baseMs: 1_000, maxMs: 60_000 } as const;

/** The same in a move that took the address off: nobody has it, so each try counts more than what it costs the provider. */
const strandedBackoff = { ...stepBackoff, maxMs: 10_000 } as const;

/** Failures older than this do not make the next wait longer. Milliseconds. */
const failureMemoryMs = 600_000;

/** Steps of one move that are remembered; repeats back off to ten seconds at least, so this is more than an echo's time has. */
const sentKept = 200;

/** So long after it was sent a step may still explain a change. Milliseconds. */
const stepEchoMs = 900_000;

/** What a predecessor has left: its journal, in monotonic instants. */
export interface RestoredMoves extends Pick<HistoryFacts, "moves" | "inFlight" | "changedByHand"> {
  /** The move in flight is among the moves already. */
  readonly counted: boolean;
  readonly drill: RestoredDrill;
  /** The last step of the move in flight, which may have been carried out. */
  readonly sent: readonly SentStep[];
}

export interface SentStep {
  readonly step: Step;
  readonly effect: Effect;
  readonly at: number;
  /** How long the next step waits because of this one. Milliseconds. */
  readonly waitMs: number;
}

export class Moves {
  #inFlight: Move | null = null;
  #past: PastMove[] = [];
  #changedByHand: HistoryFacts["changedByHand"] = null;
  #notBefore = 0;
  #failures = 0;
  #failedAt = -Infinity;
  /** The move in flight has changed something. */
  #counted = false;
  /** Steps of the last move that may have been carried out. */
  #sent: SentStep[] = [];
  /** The last step, until a reading shows what became of it. */
  #unseen: SentStep | null = null;
  readonly #random: () => number;

  constructor(random: () => number, restored: RestoredMoves | null) {
    this.#random = random;
    if (restored === null) return;
    this.#past = [...restored.moves];
    this.#inFlight = restored.inFlight;
    this.#changedByHand = restored.changedByHand;
    this.#counted = restored.counted;
    this.#sent = [...restored.sent];
  }

  /** A step was sent that may have been carried out, and no reading has shown yet what became of it. */
  get awaitsReading(): boolean {
    return this.#unseen !== null && this.#unseen.effect.kind !== "rejected";
  }

  /** A step of the move in flight that takes the address off was sent after `since`, and is not to be seen in these holders. */
  mayYetTakeOff(holders: readonly string[], since: number): boolean {
    if (this.#inFlight?.tookOff !== true) return false;
    return this.#sent.some(
      ({ step, at }) => step.kind === "detach" && at > since && !isVisible(step, holders),
    );
  }

  /** The last step of the move in flight did not work, as far as is known. */
  get isFailing(): boolean {
    if (this.#inFlight === null || this.#unseen?.effect.kind === "applied") return false;
    return this.#failures > 0 && this.#failedAt >= this.#inFlight.startedAt;
  }

  /** No answer came to the last step, and no reading has shown yet what became of it. */
  get isUncertain(): boolean {
    return this.#unseen?.effect.kind === "uncertain";
  }

  facts(): HistoryFacts {
    return {
      moves: this.#past,
      inFlight: this.#inFlight,
      changedByHand: this.#changedByHand,
      notBefore: this.#notBefore,
    };
  }

  /**
   * A person has taken note of the change by hand: it is left alone no longer, and yet whom they chose is known.
   *
   * @param quietMs how long a change is left alone.
   * @returns true when one was.
   */
  acknowledge(now: number, quietMs: number): boolean {
    const change = this.#changedByHand;
    if (change === null || now - change.at >= quietMs) return false;
    this.#changedByHand = { ...change, at: -Infinity };
    return true;
  }

  /** When the moves were made that changed something, and when the one under way began. */
  get instants(): readonly number[] {
    const past = this.#past.map(({ at }) => at);
    const move = this.#inFlight;
    return move === null || move.trigger === "drill" || this.#counted ? past : [...past, move.startedAt];
  }

  /** Members that have lost the address by a move of ours since then, or are losing it. */
  leftSince(since: number): readonly string[] {
    const past = this.#past.flatMap(({ at, from }) => (at >= since ? from : []));
    return this.#inFlight === null ? past : [...past, ...this.#inFlight.from];
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
    const { trigger, why, holders: to } = goal;
    this.#inFlight = { trigger, why, from, to, startedAt: now, tookOff: false };
    this.#counted = false;
    this.#sent = [];
    return this.#inFlight;
  }

  end(): void {
    this.#inFlight = null;
  }

  /**
   * @param takesOff the step takes the address off before anybody else gets it.
   * @returns how long the next step waits because the provider refused this member, or null. Milliseconds.
   */
  noteEffect(step: Step, effect: Effect, now: number, takesOff: boolean): number | null {
    const waitMs = effect.kind === "applied" ? 0 : this.#backOff(now);
    const sent = { step, effect, at: now, waitMs };
    this.#unseen = sent;
    if (effect.kind === "rejected") return effect.about === "call" ? null : waitMs;
    this.#sent = [...this.#sent, sent].slice(-sentKept);
    if (this.#inFlight !== null && takesOff) this.#inFlight = { ...this.#inFlight, tookOff: true };
    return null;
  }

  /**
   * Takes a change of holders into account.
   *
   * @returns true when steps of ours explain it. Else it was made by hand, and what we had begun is no longer ours to finish.
   */
  noteChange(change: HolderChange, now: number): boolean {
    const sent = this.#sent.filter(({ at }) => now - at < stepEchoMs).map(({ step }) => step);
    if (explains(sent, change)) {
      this.#countMove(now);
      return true;
    }
    const added = change.to.filter((name) => !change.from.includes(name));
    this.#changedByHand = { at: now, added };
    return false;
  }

  /**
   * Compares the steps that were sent with what a reading shows after them.
   *
   * @returns the last step, and how long the next one waits because it shows no effect; null: it was seen to work. When
   *   there is no step to compare, null.
   */
  noteSeen(
    holders: readonly string[],
    now: number,
  ): { readonly step: Step; readonly waitMs: number | null } | null {
    // The first reading of a process is no change, and yet it may show what the process before it has done.
    if (this.#sent.some(({ step }) => isVisible(step, holders))) this.#countMove(now);
    const last = this.#unseen;
    this.#unseen = null;
    if (last === null || last.effect.kind === "rejected") return null;
    const { step } = last;
    if (!isVisible(step, holders)) return { step, waitMs: last.waitMs || this.#backOff(now) };
    // Its effect is accounted for: a later change like it is somebody else's.
    if (last.effect.kind === "applied") this.#sent = this.#sent.filter((sent) => sent !== last);
    this.#failures = 0;
    return { step, waitMs: null };
  }

  #backOff(now: number): number {
    if (now - this.#failedAt > failureMemoryMs) this.#failures = 0;
    this.#failedAt = now;
    this.#failures += 1;
    const bounds = this.#inFlight?.tookOff === true ? strandedBackoff : stepBackoff;
    const waitMs = backoffMs(this.#failures, bounds, this.#random());
    this.#notBefore = now + waitMs;
    return waitMs;
  }

  /**
   * A move counts towards hold-down and limit once, from the first change that it is seen to have made. Those of a drill do not:
   * what a real failover may need is not used up by proving that it would work.
   */
  #countMove(now: number): void {
    if (this.#inFlight === null || this.#inFlight.trigger === "drill" || this.#counted) return;
    this.#counted = true;
    this.#past = [...this.#past, { at: now, from: this.#inFlight.from }].slice(-pastMovesMax);
  }
}
