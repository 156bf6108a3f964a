/**
 * One probe while it runs: its clock, its phases, its deadline, and the one thing that it holds open.
 *
 * The protocol code reports to it with `enter`, `leave` and `end`. The first end counts; it stops the deadline, gives
 * back the socket and makes the result. Everything later is ignored, so protocol code need not care for what comes
 * after.
 */
import type { Socket } from "node:net";
import { outcomeOf } from "../core/cause.ts";
import type { Phases, ProbeResult } from "../core/probe-result.ts";
import type { Target } from "../core/target.ts";
import { Deadline, lateLimitOf } from "./deadline.ts";
import { type Ending, type Phase, timeouts } from "./ending.ts";
import { endingOfBug, endingOfSocketError } from "./errors.ts";

/** What an attempt needs of its surroundings. */
export interface AttemptServices {
  /** Monotonic milliseconds, for example `performance.now`. */
  readonly now: () => number;
  /** Ends the probe at once as `aborted`. May be shared by all probes. */
  readonly signal: AbortSignal;
  /**
   * How much of the time may have been our own before a timeout is inconclusive, in milliseconds. Default: a tenth of
   * the timeout, at least 50.
   */
  readonly lateLimitMs?: number;
}

export class Attempt {
  readonly target: Target;
  /** The address that is tried. Null until the name is resolved. */
  address: string | null = null;
  /** HTTP status. Null until one is read. */
  status: number | null = null;

  readonly #services: AttemptServices;
  readonly #onResult: (result: ProbeResult) => void;
  readonly #startedAt: number;
  readonly #deadline: Deadline;
  readonly #onAbort = (): void => this.end({ cause: "aborted", detail: null });
  readonly #times: Record<Phase, number | null> = {
    resolve: null,
    connect: null,
    tls: null,
    headers: null,
    body: null,
  };
  #phase: Phase = "resolve";
  #phaseSince: number;
  #release: (() => void) | null = null;
  #ended = false;

  /** Starts the clock. `onResult` is called exactly once, possibly before the constructor returns. */
  constructor(target: Target, services: AttemptServices, onResult: (result: ProbeResult) => void) {
    this.target = target;
    this.#services = services;
    this.#onResult = onResult;
    this.#startedAt = this.#phaseSince = services.now();
    this.#deadline = new Deadline({
      now: services.now,
      timeoutMs: target.timeoutMs,
      lateLimitMs: services.lateLimitMs ?? lateLimitOf(target.timeoutMs),
      onPassed: (lateMs) => this.#endByDeadline(lateMs),
    });
    services.signal.addEventListener("abort", this.#onAbort, { once: true });
    if (services.signal.aborted) this.#onAbort();
  }

  /** Starts the clock of `phase`; also restarts it. */
  enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseSince = this.#services.now();
  }

  /** The present phase is finished: its time counts from here on. */
  leave(): void {
    this.#times[this.#phase] = this.#services.now() - this.#phaseSince;
  }

  /** `release` is called when the attempt ends, at once if it already has. It replaces the one before. */
  hold(release: () => void): void {
    this.#release = release;
    if (this.#ended) release();
  }

  /** Makes `socket` part of this attempt: destroyed at its end, and every error of it ends the attempt. */
  holdSocket(socket: Socket): void {
    socket.on("error", (error) => this.end(endingOfSocketError(error, this.#phase)));
    this.hold(() => socket.destroy());
  }

  /** @returns `handler` for an event: silent after the end, and a throw in it ends the attempt, not the process. */
  guard<A extends unknown[]>(handler: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      if (this.#ended) return;
      try {
        handler(...args);
      } catch (error) {
        this.end(endingOfBug(error));
      }
    };
  }

  end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    const durationMs = this.#services.now() - this.#startedAt;
    const { cause, detail } = this.#voidIfTooLate(ending);
    this.#deadline.close();
    this.#services.signal.removeEventListener("abort", this.#onAbort);
    this.#release?.();
    const { address, status } = this;
    this.#onResult({
      outcome: outcomeOf(cause),
      cause,
      detail,
      address,
      status,
      durationMs,
      phases: this.#phases(),
    });
  }

  /** An answer that we only see after the deadline may have come in time or not, and nobody can tell which. */
  #voidIfTooLate(ending: Ending): Ending {
    if (!this.#deadline.passed || outcomeOf(ending.cause) !== "pass") return ending;
    return { cause: "late", detail: `seen only after the deadline of ${this.target.timeoutMs} ms` };
  }

  #endByDeadline(lateMs: number | null): void {
    const { cause, sentence } = timeouts[this.#phase];
    const { timeoutMs } = this.target;
    if (lateMs === null) this.end({ cause, detail: `${sentence} after ${timeoutMs} ms` });
    else
      this.end({
        cause: "late",
        detail: `${sentence} after ${timeoutMs} ms, but this process was late by ${Math.round(lateMs)} ms`,
      });
  }

  #phases(): Phases {
    const { resolve, connect, tls, headers, body } = this.#times;
    return { resolveMs: resolve, connectMs: connect, tlsMs: tls, headersMs: headers, bodyMs: body };
  }
}
