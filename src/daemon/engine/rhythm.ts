/**
 * When one target is probed: on its grid, and off it when somebody calls for a probe at once.
 *
 *   the probe                                      then
 *   was hurried, began late, or failed by a hint   the grid goes through its start, until there are passes enough
 *   passed by a hint                               it is looked at once more, a moment later: it may still be dying
 *   any other                                      the grid stays
 *
 * So a probe that is called for, or late, never makes two strikes of one, nor two passes: consecutive ones are as far apart as without it.
 * Passes are enough when one more or less makes no difference. The target is on its own grid then: all that were late together would stay
 * together else, and be late again.
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
  /** Null: there is none that is not settled. */
  #hint: Hint | null = null;
  #isHurried = false;
  /** When the grid goes through the start of the last probe. */
  #leavesGrid: "always" | "when-it-fails" | "never" = "never";
  /** Passes in a row. */
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
    const isLate = now - plannedAt > lateMaxMs;
    const isHurried = this.#isHurried;
    const hint = this.#hint;
    this.#plannedAt = isLate ? now : plannedAt;
    this.#startedAt = now;
    this.#isHurried = false;
    this.#leavesGrid = isLate || isHurried ? "always" : hint === null ? "never" : "when-it-fails";
    if (hint !== null) {
      hint.left -= 1;
      hint.isAsked = true;
    }
    return isHurried || hint !== null;
  }

  /** The probe has ended. @returns true when that settles a hint. */
  settle(outcome: Outcome, { strikesOk }: Target): boolean {
    if (outcome !== "inconclusive") this.#passes = outcome === "pass" ? this.#passes + 1 : 0;
    const leaves =
      this.#leavesGrid === "always" || (this.#leavesGrid === "when-it-fails" && outcome === "fail");
    if (this.#passes >= strikesOk) this.#gridMs = this.#phaseMs;
    else if (leaves) this.#gridMs = this.#plannedAt;
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
    this.#passes = 0;
  }
}
