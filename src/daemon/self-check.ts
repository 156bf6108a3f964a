/**
 * Looks at ourselves once a second: was the loop on time, do the clocks agree, do the canaries answer, do groups fail
 * together? What it sees goes to the pure fold in `core/trust.ts`.
 */
import { isDeepStrictEqual } from "node:util";
import { keepsUp, observeOverdue, type Behind, type KeepingUp } from "../core/keeping-up.ts";
import type { Target } from "../core/target.ts";
import { observeSelf, trusted, type SelfObservation, type Trust } from "../core/trust.ts";
import type { Clock } from "./clock.ts";
import type { ProbeEngine, Scheduled } from "./engine/engine.ts";
import type { SharedProbes } from "./engine/shared-probes.ts";

/** From look to look. Milliseconds. */
const lookMs = 1_000;

export interface SelfCheckParts {
  readonly clock: Clock;
  /** Empty: no canaries. */
  readonly canaries: readonly Target[];
  /** How many canaries must answer. */
  readonly need: number;
  readonly probes: SharedProbes;
  /** What the probes run in, to be asked how well it keeps up. */
  readonly engine: Pick<ProbeEngine, "isApart" | "loopLateMs" | "takeLoad">;
  /** Groups whose holder began to fail lately, out of all groups. */
  readonly groups: () => SelfObservation["groups"];
  /** Told when trust is lost or regained, or when its cause changes. */
  readonly onChange: (before: Trust, after: Trust) => void;
  /** Told when probing falls behind its plan, and (null) when it keeps up again. */
  readonly onBehind: (behind: Behind | null) => void;
}

export class SelfCheck {
  #parts: SelfCheckParts;
  #scheduled: readonly Scheduled[] = [];
  /** The last answer of each canary, by its place in the list. */
  readonly #answers = new Map<number, boolean>();
  #trust: Trust = trusted;
  #keepingUp: KeepingUp = keepsUp;
  #lastLook: { readonly at: number; readonly wall: number };
  #cancel: () => void = () => undefined;

  constructor(parts: SelfCheckParts) {
    this.#parts = parts;
    this.#lastLook = { at: parts.clock.now(), wall: parts.clock.wallNow() };
  }

  get trust(): Trust {
    return this.#trust;
  }

  /** Since when probing does not keep up with its plan; null: it does. */
  get behind(): Behind | null {
    return this.#keepingUp.behind;
  }

  start(): void {
    this.#lastLook = { at: this.#parts.clock.now(), wall: this.#parts.clock.wallNow() };
    this.#schedule();
    this.#plan();
  }

  /** Goes on with other canaries. As long as not all of them have been asked, they say nothing. */
  reload({ canaries, need }: Pick<SelfCheckParts, "canaries" | "need">): void {
    const isSame = isDeepStrictEqual(canaries, this.#parts.canaries);
    this.#parts = { ...this.#parts, canaries, need };
    if (isSame) return;
    for (const probe of this.#scheduled) probe.remove();
    this.#answers.clear();
    this.#schedule();
  }

  #schedule(): void {
    this.#scheduled = this.#parts.canaries.map((target, i) =>
      this.#parts.probes.add(`canary ${i}`, target, ({ result }) => {
        this.#answers.set(i, result.outcome === "pass");
        return result.outcome !== "pass";
      }),
    );
  }

  stop(): void {
    this.#cancel();
    for (const probe of this.#scheduled) probe.remove();
  }

  /**
   * Looks now. Also called when a probe ends and before a plan is made, so that nothing that comes out of a gap is taken at
   * face value: timers and sockets of a process that wakes up fire in any order.
   *
   * @param groups left out then, as is the next one: once a second is enough for them.
   * @param loopLateMs see `EngineLoad`; by default what will be taken at the next look of every second.
   */
  look(
    groups: SelfObservation["groups"] = { failing: 0, all: 0 },
    loopLateMs: number = this.#parts.engine.loopLateMs,
  ): void {
    const now = this.#parts.clock.now();
    const wall = this.#parts.clock.wallNow();
    const elapsedMs = now - this.#lastLook.at;
    const seen: SelfObservation = {
      now,
      latenessMs: Math.max(0, elapsedMs - lookMs),
      clockDriftMs: wall - this.#lastLook.wall - elapsedMs,
      probeLoopLateMs: this.#parts.engine.isApart ? loopLateMs : null,
      canaries: this.#canariesSeen(),
      groups,
    };
    this.#lastLook = { at: now, wall };
    const before = this.#trust;
    this.#trust = observeSelf(before, seen);
    if (this.#trust.distrust?.cause !== before.distrust?.cause) this.#parts.onChange(before, this.#trust);
  }

  #plan(): void {
    this.#cancel = this.#parts.clock.after(lookMs, () => {
      const { loopLateMs, overdueMs } = this.#parts.engine.takeLoad();
      this.look(this.#parts.groups(), loopLateMs);
      this.#pace(overdueMs);
      this.#plan();
    });
  }

  #pace(overdueMs: number): void {
    const before = this.#keepingUp;
    this.#keepingUp = observeOverdue(before, { now: this.#parts.clock.now(), overdueMs });
    const { behind } = this.#keepingUp;
    if ((behind === null) !== (before.behind === null)) this.#parts.onBehind(behind);
  }

  /** @returns null until every canary has been asked once. */
  #canariesSeen(): SelfObservation["canaries"] {
    const { canaries, need } = this.#parts;
    if (canaries.length === 0 || this.#answers.size < canaries.length) return null;
    return { answering: [...this.#answers.values()].filter(Boolean).length, need };
  }
}
