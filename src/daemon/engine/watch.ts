/**
 * The watch over one target: an idle connection whose end is a hint that the target may be dead. It is kept only while the target
 * is sound, so what fails, or has yet to become healthy, is probed at its pace and not hammered, and a hint never makes two
 * strikes of one.
 *
 *   state     seen                                   next state
 *   off       the target is sound                    rests
 *   rests     its time is over                       connects
 *   connects  it is open                             open
 *   connects  it cannot be opened                    rests, longer
 *   open      it is cut                              asks, which is a hint
 *   open      the target floods it                   rests, longer
 *   asks      a probe passes that began later        rests, longer
 *   any       a probe fails, a strike counts, close  off
 *
 * "Longer" begins anew after a connection that lasted.
 */
import { backoffMs } from "../../core/backoff.ts";
import type { Outcome } from "../../core/cause.ts";
import type { WatchConnection, WatchEnd, WatchListener } from "../../probes/watch-connection.ts";
import type { Clock } from "../clock.ts";

/** The first rest lets it become known whether a strike counts; the longest costs a server that cuts each connection next to nothing. */
const restBackoff = { baseMs: 2_000, maxMs: 300_000 } as const;

/** A connection that was open for so many intervals has lasted: each one costs a probe, which is then a small part of all. */
const lastsIntervals = 3;

export interface WatchParts {
  readonly clock: Clock;
  /** Of the target that is watched. Milliseconds. */
  readonly intervalMs: number;
  /** 0 ≤ x < 1, and another for each target, so that they do not all connect together. */
  readonly spread: number;
  readonly open: (listener: WatchListener) => WatchConnection;
  readonly onHint: () => void;
}

type State =
  | { readonly kind: "off" }
  | { readonly kind: "rests"; readonly cancel: () => void }
  | { readonly kind: "connects"; readonly connection: WatchConnection }
  | { readonly kind: "open"; readonly connection: WatchConnection; readonly since: number }
  | { readonly kind: "asks"; readonly since: number };

export class Watch {
  readonly #parts: WatchParts;
  #state: State = { kind: "off" };
  #lastPassed = false;
  #striking = false;
  /** Connections in a row that did not last. */
  #short = 0;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#state.kind === "open";
  }

  /** A probe of the target has ended that began at `startedAt`. */
  observe(outcome: Outcome, startedAt: number): void {
    if (outcome === "inconclusive") return;
    this.#lastPassed = outcome === "pass";
    if (this.#state.kind === "asks" && this.#isSound && startedAt >= this.#state.since) this.#rest();
    else this.#follow();
  }

  /** A strike counts, or does no more. */
  setStriking(counts: boolean): void {
    this.#striking = counts;
    this.#follow();
  }

  /** Leaves nothing behind. */
  close(): void {
    const state = this.#state;
    this.#state = { kind: "off" };
    if (state.kind === "rests") state.cancel();
    else if (state.kind === "connects" || state.kind === "open") state.connection.close();
  }

  get #isSound(): boolean {
    return this.#lastPassed && !this.#striking;
  }

  #follow(): void {
    if (!this.#isSound) this.close();
    else if (this.#state.kind === "off") this.#rest();
  }

  #rest(): void {
    const restMs = backoffMs(this.#short + 1, restBackoff, this.#parts.spread);
    const cancel = this.#parts.clock.after(restMs, () => this.#connect());
    this.#state = { kind: "rests", cancel };
  }

  #connect(): void {
    const connection = this.#parts.open({
      onOpen: () => {
        this.#state = { kind: "open", connection, since: this.#parts.clock.now() };
      },
      onEnd: (end) => this.#ended(end),
    });
    this.#state = { kind: "connects", connection };
  }

  #ended(end: WatchEnd): void {
    const now = this.#parts.clock.now();
    const state = this.#state;
    const hasLasted = state.kind === "open" && now - state.since >= lastsIntervals * this.#parts.intervalMs;
    this.#short = hasLasted ? 0 : this.#short + 1;
    if (end !== "cut") {
      this.#rest();
      return;
    }
    this.#state = { kind: "asks", since: now };
    this.#parts.onHint();
  }
}
