/**
 * What the probes that one process was given prove of a member. It is written without the daemon's own strike machine, so
 * that a slip there does not excuse itself here.
 */
import type { BrownOutRule } from "../../src/core/brown-out.ts";
import type { Outcome } from "../../src/core/cause.ts";
import type { Pace } from "../../src/core/target.ts";

export class EvidenceBook {
  readonly #pace: Pace;
  #verdict: "none" | "good" | "bad" = "none";
  #verdictAt = 0;
  #run: { readonly outcome: "pass" | "fail"; readonly length: number } | null = null;
  #last: "pass" | "fail" | null = null;
  #lastAt = -Infinity;
  /** The last verdict that there was, also when it counts no more. */
  #lastVerdict: "good" | "bad" | null = null;
  /** When it last turned from bad to good. */
  #recoveredAt = -Infinity;
  /** The last hundred outcomes, true for a fail. */
  #recent: boolean[] = [];

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** @param now the process's monotonic time. */
  take(outcome: Outcome, now: number): void {
    if (outcome === "inconclusive") return;
    const length = this.#run?.outcome === outcome ? this.#run.length + 1 : 1;
    this.#run = { outcome, length };
    this.#last = outcome;
    this.#lastAt = now;
    this.#recent.push(outcome === "fail");
    if (this.#recent.length > 200) this.#recent = this.#recent.slice(-100);
    const verdict = outcome === "pass" ? "good" : "bad";
    const needed = outcome === "pass" ? this.#pace.strikesOk : this.#pace.strikesFail;
    if (verdict === this.#verdict || length < needed) return;
    if (verdict === "good" && this.#lastVerdict === "bad") this.#recoveredAt = now;
    this.#lastVerdict = verdict;
    this.#verdict = verdict;
    this.#verdictAt = now;
  }

  forget(): void {
    this.#verdict = "none";
    this.#recent = [];
    this.#run = null;
    this.#last = null;
    this.#lastAt = -Infinity;
  }

  /** Outcomes are counted afresh: a run that began before this moment is no run. */
  breakRun(): void {
    this.#run = null;
  }

  get judged(): boolean {
    return this.#verdict !== "none";
  }

  /** Since when it is good without a break; null when it is not good. */
  get goodSince(): number | null {
    return this.#verdict === "good" ? this.#verdictAt : null;
  }

  /** How long ago it was last seen to turn from bad to good. */
  recoveredForMs(now: number): number {
    return now - this.#recoveredAt;
  }

  /** More than half of the fails that make a brown-out are among the last outcomes, and once there were enough. */
  mayBeBrownedOut(rule: BrownOutRule): boolean {
    return this.#recent.slice(-rule.of).filter(Boolean).length * 2 > rule.fails;
  }

  /** Good, with no conclusive fail after the passes that proved it, by young evidence. */
  isProven(now: number): boolean {
    return this.#verdict === "good" && this.#last === "pass" && this.#isYoung(now);
  }

  /** Bad by young evidence: strikes-fail fails in a row, not strikes-ok passes in a row since, and not one pass that was the last. */
  isDead(now: number): boolean {
    return this.#verdict === "bad" && this.#last === "fail" && this.#isYoung(now);
  }

  /** Three intervals and a probe: two answers may be lost, the third may not. */
  #isYoung(now: number): boolean {
    const { intervalMs, timeoutMs } = this.#pace;
    return now - this.#lastAt <= 3 * Math.max(intervalMs, timeoutMs) + timeoutMs;
  }
}
