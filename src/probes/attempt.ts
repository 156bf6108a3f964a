/**
 * One probe while it runs: its clock, its phases, its deadline, and the one thing that it holds open.
 *
 * The protocol code reports to it with `enter`, `leave` and `end`. The first end counts; it stops the deadline, gives
 * back the socket and makes the result. Everything later is ignored, so protocol code need not care for what comes
 * after.
 */
import { type Cause, outcomeOf } from "../core/cause.ts";
import type { Phases, ProbeResult } from "../core/probe-result.ts";
import type { Target } from "../core/target.ts";
import { Deadline, type DeadlineOwner, type DeadlineRules } from "./deadline.ts";
import { type Ending, type Phase, timeouts } from "./ending.ts";
import { endingOfBug, endingOfSocketError } from "./errors.ts";

/** What an attempt holds open while it runs. */
export interface Held {
  /** Called when the attempt ends. Must not throw. */
  release(): void;
}

/** What may as well come from a connection, or a session, that was kept for too long. A silent target is no such thing. */
const causesOfKept: ReadonlySet<Cause> = new Set([
  "closed",
  "reset",
  "unreachable",
  "tls-handshake",
  "http-protocol",
  "http-header",
]);

/** Where the time of a phase is kept. A table, so that no name is put together for each probe. */
const keyOfPhase: Readonly<Record<Phase, keyof Phases>> = {
  resolve: "resolveMs",
  connect: "connectMs",
  tls: "tlsMs",
  headers: "headersMs",
  body: "bodyMs",
};

/** Whose attempt it is. */
export interface AttemptOwner extends DeadlineRules {
  readonly target: Target;
  /** The TLS handshake is over and went well. */
  onSecure(): void;
  /** Called exactly once, possibly before the constructor of the attempt returns. */
  onEnd(result: ProbeResult): void;
}

export class Attempt implements DeadlineOwner {
  /** The address that is tried. Null until the name is resolved. */
  address: string | null = null;
  /** HTTP status. Null until one is read. */
  status: number | null = null;

  readonly #owner: AttemptOwner;
  readonly #queuedMs: number;
  readonly #startedAt: number;
  #deadline: Deadline;
  readonly #phases: { -readonly [K in keyof Phases]: Phases[K] } = {
    resolveMs: null,
    connectMs: null,
    tlsMs: null,
    headersMs: null,
    bodyMs: null,
  };
  #phase: Phase = "resolve";
  #phaseSince: number;
  #held: Held | null = null;
  /** Null unless the present phase relies on what was kept from the probe before. */
  #fallback: (() => void) | null = null;
  /** What our resolver took, of which the target is not charged. Milliseconds; 0 unless it was much. */
  #notChargedMs = 0;
  #ended = false;

  /** Starts the clock. */
  constructor(owner: AttemptOwner, queuedMs: number) {
    this.#owner = owner;
    this.#queuedMs = queuedMs;
    this.#startedAt = this.#phaseSince = owner.now();
    this.#deadline = new Deadline(owner, this.#startedAt, this);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Starts the clock of `phase`; also restarts it. */
  enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseSince = this.#owner.now();
  }

  /** The present phase is finished: its time counts from here on. */
  leave(): void {
    this.#fallback = null;
    this.#phases[keyOfPhase[this.#phase]] = this.#owner.now() - this.#phaseSince;
  }

  /**
   * The name is resolved. If that took longer than a late limit, it was time of our own: the target's begins now. To call a timeout
   * inconclusive instead would be no cure, since behind a name server that is dead no silent target would ever be found so.
   */
  resolved(address: string): void {
    this.leave();
    this.address = address;
    const tookMs = this.#phases.resolveMs ?? 0;
    if (tookMs <= this.#owner.lateLimitMs) return;
    this.#notChargedMs = tookMs;
    this.#deadline.close();
    this.#deadline = new Deadline(this.#owner, this.#owner.now(), this);
  }

  /** The present phase was the TLS handshake, and it is over. */
  secure(): void {
    this.leave();
    this.#owner.onSecure();
  }

  /** `held` is released when the attempt ends, at once if it already has. It replaces the one before. */
  hold(held: Held): void {
    this.#held = held;
    if (this.#ended) held.release();
  }

  /** @returns whether it is this that the attempt holds open, and not what came in its place. */
  holds(held: Held | null): boolean {
    return this.#held === held;
  }

  /** What is held is not released by this attempt, but by whoever calls this. */
  letGo(): void {
    this.#held = null;
  }

  /**
   * The present phase relies on what was kept from the probe before: if that fails in it, what is held is released and
   * `fallback` begins anew, instead of the attempt being at its end.
   */
  relyOnKept(fallback: () => void): void {
    this.#fallback = this.guard(fallback);
  }

  /** @returns true when the present phase relied on something kept, and `fallback` has begun anew. */
  fallBack(): boolean {
    const fallback = this.#fallback;
    if (fallback === null) return false;
    this.#fallback = null;
    this.#release();
    fallback();
    return true;
  }

  /** @returns `handler` for an event: silent after the end, and a throw in it ends the attempt, not the process. */
  guard<A extends unknown[]>(handler: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      if (this.#ended) return;
      try {
        handler(...args);
      } catch (error) {
        this.endByBug(error);
      }
    };
  }

  /** @throws `error` when the attempt has ended: then it is not of the probe, but of who took the result. */
  endByBug(error: unknown): void {
    if (this.#ended) throw error;
    this.end(endingOfBug(error));
  }

  endBySocketError(error: Error): void {
    if (!this.#ended) this.end(endingOfSocketError(error, this.#phase));
  }

  end(ending: Ending): void {
    if (this.#ended) return;
    if (this.#fallback !== null && causesOfKept.has(ending.cause) && this.fallBack()) return;
    this.#ended = true;
    const durationMs = this.#owner.now() - this.#startedAt;
    const { cause, detail } = this.#voidIfTooLate(ending);
    this.#deadline.close();
    this.#release();
    this.#owner.onEnd({
      outcome: outcomeOf(cause),
      cause,
      detail,
      address: this.address,
      status: this.status,
      durationMs,
      queuedMs: this.#queuedMs,
      phases: this.#phases,
    });
  }

  onDeadline(lateMs: number | null): void {
    const { cause, sentence } = timeouts[this.#phase];
    const seen = `${sentence} after ${this.#limitText}`;
    if (lateMs === null) this.end({ cause, detail: seen });
    else
      this.end({ cause: "late", detail: `${seen}, but this process was late by ${Math.round(lateMs)} ms` });
  }

  get #limitText(): string {
    const text = `${this.#owner.timeoutMs} ms`;
    if (this.#notChargedMs === 0) return text;
    return `${text}, not counting the ${Math.round(this.#notChargedMs)} ms that our resolver took`;
  }

  #release(): void {
    const held = this.#held;
    this.#held = null;
    held?.release();
  }

  /** An answer that we only see after the deadline may have come in time or not, and nobody can tell which. */
  #voidIfTooLate(ending: Ending): Ending {
    if (outcomeOf(ending.cause) !== "pass" || !this.#deadline.passed) return ending;
    return { cause: "late", detail: `seen only after the deadline of ${this.#limitText}` };
  }
}
