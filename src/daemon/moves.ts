/** The moves of one group: the one in flight, those of the past, and how long to wait after a step that was not applied. */
import type { Effect, Step } from "../core/address.ts";
import { backoffMs } from "../core/backoff.ts";
import type { HistoryFacts, Move, PastMove } from "../core/facts.ts";
import type { Goal } from "../core/goal.ts";
import { explains, isVisible, type HolderChange } from "../core/move.ts";

/** Waits after a step that was not applied. Milliseconds. */
const stepBackoff = { baseMs: 1_000, maxMs: 60_000 } as const;

/** Others are asked for this much longer than the wait, before the one that was refused. */
const refusalFactor = 3;

/** Failures older than this do not make the next wait longer. Milliseconds. */
const failureMemoryMs = 600_000;

/** Past moves kept; the policy's limit cannot ask for more. */
const movesKept = 100;

/** So long after it was sent a step may still explain a change. Milliseconds. */
const stepEchoMs = 900_000;

/** What a predecessor has left: its journal, in monotonic instants. */
export interface RestoredMoves extends Pick<HistoryFacts, "moves" | "inFlight" | "changedByHand"> {
  /** The move in flight is among the moves already. */
  readonly counted: boolean;
  /** The last step of the move in flight, which may have been carried out. */
  readonly sent: readonly SentStep[];
}

export interface SentStep {
  readonly step: Step;
  readonly effect: Effect;
  readonly at: number;
  /** How long others are asked for before its member because it was not applied. Milliseconds. */
  readonly refusalMs: number;
}

/** Steps in a row that were not applied or had no effect. */
interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

const noFailures: Failures = { count: 0, lastAt: -Infinity };

export class Moves {
  #inFlight: Move | null = null;
  #past: PastMove[] = [];
  #changedByHand: HistoryFacts["changedByHand"] = null;
  #notBefore = 0;
  /** Of whatever member: what the next step of all waits for. */
  #failures = noFailures;
  /** Of each member. That the steps of others are applied meanwhile does not undo them. */
  readonly #failuresOf = new Map<string, Failures>();
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

  facts(): HistoryFacts {
    return {
      moves: this.#past,
      inFlight: this.#inFlight,
      changedByHand: this.#changedByHand,
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
   * @returns until when others should be asked for before this member, or null.
   */
  noteEffect(step: Step, effect: Effect, now: number, takesOff: boolean): number | null {
    const refusalMs = effect.kind === "applied" ? 0 : this.#backOff(step.member, now);
    const sent = { step, effect, at: now, refusalMs };
    this.#unseen = sent;
    if (effect.kind === "rejected") return effect.about === "call" ? null : now + refusalMs;
    this.#sent.push(sent);
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
   * @returns the member and until when others should be asked for before it, when the last step shows no effect; else null.
   */
  noteSeen(
    holders: readonly string[],
    now: number,
  ): { readonly member: string; readonly until: number } | null {
    // The first reading of a process is no change, and yet it may show what the process before it has done.
    if (this.#sent.some(({ step }) => isVisible(step, holders))) this.#countMove(now);
    const last = this.#unseen;
    this.#unseen = null;
    if (last === null || last.effect.kind === "rejected") return null;
    if (isVisible(last.step, holders)) {
      // Its effect is accounted for: a later change like it is somebody else's.
      if (last.effect.kind === "applied") this.#sent = this.#sent.filter((sent) => sent !== last);
      this.#failures = noFailures;
      this.#failuresOf.delete(last.step.member);
      return null;
    }
    const { member } = last.step;
    return { member, until: now + (last.refusalMs || this.#backOff(member, now)) };
  }

  /** @returns how long others are asked for before this member. Milliseconds. */
  #backOff(member: string, now: number): number {
    const jitter = this.#random();
    const ofMember = oneMore(this.#failuresOf.get(member) ?? noFailures, now);
    this.#failures = oneMore(this.#failures, now);
    this.#failuresOf.set(member, ofMember);
    this.#notBefore = now + backoffMs(this.#failures.count, stepBackoff, jitter);
    return refusalFactor * backoffMs(ofMember.count, stepBackoff, jitter);
  }

  /** A move counts towards hold-down and limit once, from the first change that it is seen to have made. */
  #countMove(now: number): void {
    if (this.#inFlight === null || this.#counted) return;
    this.#counted = true;
    this.#past = [...this.#past, { at: now, from: this.#inFlight.from }].slice(-movesKept);
  }
}

function oneMore({ count, lastAt }: Failures, now: number): Failures {
  return { count: now - lastAt > failureMemoryMs ? 1 : count + 1, lastAt: now };
}
