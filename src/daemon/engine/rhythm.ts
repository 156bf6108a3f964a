/**
 * When one target is probed: on its grid, and off it when somebody calls for a probe at once.
 *
 *   called by  its probe      then
 *   hurry      any            the grid goes through its start
 *   hint       fails          the grid goes through its start
 *   hint       passes         it is looked at once more, a moment later: it may still be dying
 *   nobody     began late     the grid goes through its start, unless it was one pass of many
 *   nobody     any other      the grid stays
 *
 * So a probe that is called for, or late, never makes two strikes of one, nor two passes: consecutive ones are as far apart as without it.
 * Once enough passes in a row make nothing of the next one, the target goes back to its own grid.
 */
import type { Outcome } from "../../core/cause.ts";
import { nextOnGrid, nextStart, phaseOf, tickMs } from "../../core/schedule.ts";
import type { Target } from "../../core/target.ts";

/** From the start of a probe to one that a hint calls for. Milliseconds; the shortest interval that the config takes. */
const hintGapMs = 100;

/**
 * Probes that a hint calls for while they pass. A process that is killed closes what it holds one after another, so the first
 * probe may still find its port open.
 */
const hintLooks = 2;

/** A start that is no later than this is on its grid: the timing contract counts as much. Milliseconds. */
const lateMaxMs = 2 * tickMs;

interface Hint {
  /** Probes that it still calls for. */
  left: number;
  /** One of them is under way. */
  isAsked: boolean;
}

/** All times are monotonic milliseconds. */
export class Rhythm {
  readonly #phaseMs: number;
  /** An instant of the grid that it is on. */
  #gridMs: number;
  /** Passes in a row until it goes back to its own grid; 0: it is on it. */
  #passesLeft = 0;
  /** Null: there is none that is not settled. */
  #hint: Hint | null = null;
  #isHurried = false;
  /** Who has called for the last probe. */
  #calledBy: "hurry" | "hint" | null = null;
  #isLate = false;
  /** Passes in a row, at most as many as make a member healthy: from then on the next one makes no difference. */
  #passes = 0;
  #plannedAt = 0;
  #startedAt = -Infinity;

  constructor(key: string, { intervalMs }: Target) {
    this.#phaseMs = this.#gridMs = phaseOf(key, intervalMs);
  }

  /** Where the target is in its interval. */
  get phaseMs(): number {
    return this.#phaseMs;
  }

  /** When the last probe was begun. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** @returns the first instant of the grid after `now`. */
  first(now: number, { intervalMs }: Target): number {
    return nextOnGrid(now, intervalMs, this.#gridMs);
  }

  /** A probe is wanted at once. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** The idle connection was cut. One that comes while another is not settled joins it: what is under way for that one is still called for. */
  hint(): void {
    if (this.#hint === null) this.#hint = { left: hintLooks, isAsked: false };
    else this.#hint.left = hintLooks;
  }

  /** A probe begins. @param plannedAt the instant for which it was planned. @returns true when somebody has called for it. */
  begin(plannedAt: number, now: number): boolean {
    this.#isLate = now - plannedAt > lateMaxMs;
    this.#plannedAt = this.#isLate ? now : plannedAt;
    this.#startedAt = now;
    this.#calledBy = this.#isHurried ? "hurry" : this.#hint === null ? null : "hint";
    this.#isHurried = false;
    if (this.#hint !== null) {
      this.#hint.left -= 1;
      this.#hint.isAsked = true;
    }
    return this.#calledBy !== null;
  }

  /** The probe has ended. @returns true when that settles a hint. */
  settle(outcome: Outcome, { strikesOk }: Target): boolean {
    if (outcome !== "inconclusive")
      this.#passes = outcome === "pass" ? Math.min(strikesOk, this.#passes + 1) : 0;
    // Else all that were late together would stay together, and be late again.
    const isOffGrid = this.#calledBy === "hurry" || (this.#isLate && this.#passes < strikesOk);
    if (isOffGrid || (this.#calledBy === "hint" && outcome === "fail")) {
      this.#gridMs = this.#plannedAt;
      this.#passesLeft = strikesOk;
    }
    if (this.#passesLeft > 0) this.#return(outcome, strikesOk);
    const hint = this.#hint;
    if (hint === null) return false;
    if (outcome === "fail" || hint.left === 0) {
      this.#hint = null;
      return true;
    }
    hint.isAsked = false;
    return false;
  }

  /** @returns when the next probe is to start. @param striking a strike counts. */
  next(now: number, striking: boolean, target: Target): number {
    const last = { plannedAt: this.#plannedAt, endedAt: now, striking };
    const usual = nextStart(last, target, this.#gridMs);
    return this.#hint?.isAsked === false
      ? Math.min(usual, Math.max(now, this.#startedAt + hintGapMs))
      : usual;
  }

  /** Another target is in its place: nothing that was called for is of it. */
  retarget(): void {
    this.#hint = null;
    this.#gridMs = this.#phaseMs;
    this.#passesLeft = this.#passes = 0;
  }

  #return(outcome: Outcome, strikesOk: number): void {
    if (outcome === "fail") this.#passesLeft = strikesOk;
    if (outcome !== "pass") return;
    this.#passesLeft -= 1;
    if (this.#passesLeft === 0) this.#gridMs = this.#phaseMs;
  }
}
