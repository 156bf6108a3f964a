/**
 * A target that is probed again and again: what is the same each time is made once, and between two probes next to
 * nothing is kept, unless the target says so. No promise, no signal and no timer is made for a probe.
 */
import type { ProbeResult } from "../core/probe-result.ts";
import type { Target } from "../core/target.ts";
import { Attempt, type AttemptOwner } from "./attempt.ts";
import { lateLimitOf } from "./deadline.ts";
import type { Ending } from "./ending.ts";
import { endingOfBug, messageOf } from "./errors.ts";
import { type GateEntry, type HandshakeGate, handshakeGate } from "./handshake-gate.ts";
import { Exchange } from "./http.ts";
import { KeptConnection } from "./kept-connection.ts";
import { KeptSession } from "./kept-session.ts";
import { requestBytes } from "./request.ts";
import { literalAddress, type Resolution, type Resolve } from "./resolve.ts";
import { TcpOpener } from "./tcp.ts";
import { TlsOpener } from "./tls.ts";

export interface PreparedServices {
  /** Monotonic milliseconds, for example `performance.now`. */
  readonly now: () => number;
  /** See `createResolver`. Not asked when the host is an address. */
  readonly resolve: Resolve;
  /** Goes into `User-Agent: failoverd/<version>`. Default: no version is sent. */
  readonly version?: string;
  /**
   * How much of the time may have been our own before a timeout is inconclusive, and how much our resolver may take before it is
   * no longer part of the timeout. Milliseconds, default: a tenth of the timeout, at least 50.
   */
  readonly lateLimitMs?: number;
}

/** What is done once the address is known. */
type Open = (attempt: Attempt, address: string) => void;

export class PreparedProbe implements AttemptOwner, GateEntry {
  readonly target: Target;
  readonly now: () => number;
  readonly timeoutMs: number;
  readonly lateLimitMs: number;
  readonly #resolve: Resolve;
  readonly #literal: string | null;
  /** Or how each probe ends because it cannot even be tried. */
  readonly #open: Open | Ending;
  /** Null unless the target says `reuse`. */
  readonly #connection: KeptConnection | null;
  /** Null unless the target says `resume`. */
  readonly #session: KeptSession | null;
  /** Null unless there is a handshake to wait for. */
  readonly #gate: HandshakeGate | null;
  /** Not null while a probe is under way. */
  #onResult: ((result: ProbeResult) => void) | null = null;
  #askedAt = 0;
  /** Null also while the probe waits for its turn. */
  #attempt: Attempt | null = null;

  /** Never throws: when `target` cannot be probed, each probe ends at once and says why. */
  constructor(target: Target, services: PreparedServices) {
    this.target = target;
    this.now = services.now;
    this.timeoutMs = target.timeoutMs;
    this.lateLimitMs = services.lateLimitMs ?? lateLimitOf(target.timeoutMs);
    this.#resolve = services.resolve;
    this.#literal = literalAddress(target.host);
    this.#connection = target.http?.reuse === true ? new KeptConnection(target, services.now) : null;
    this.#session = target.tls?.resume === true ? new KeptSession(services.now) : null;
    this.#open = openerOf(target, services.version, this.#connection, this.#session);
    this.#gate = target.tls === null || typeof this.#open !== "function" ? null : handshakeGate;
  }

  /**
   * Probes once.
   *
   * @param onResult called exactly once, at the latest when the deadline passes, possibly before this returns. Then
   *   the socket is closed unless it is kept for the next probe, no timer is left, and that may start. Must not throw.
   * @throws when the probe before is still under way.
   */
  start(onResult: (result: ProbeResult) => void): void {
    if (this.#onResult !== null) throw new Error("Cannot start a probe: the one before is still under way");
    this.#onResult = onResult;
    this.#askedAt = this.now();
    if (this.#gate === null || this.#connection?.isFit === true) this.#begin(0);
    else this.#gate.enter(this);
  }

  /** Ends the probe that is under way, if there is one, at once as `aborted`, and gives back what is kept for the next. */
  abort(): void {
    this.#connection?.drop();
    this.#session?.drop();
    if (this.#onResult === null) return;
    const attempt = this.#attempt ?? new Attempt(this, this.now() - this.#askedAt);
    attempt.end({ cause: "aborted", detail: null });
  }

  onAdmitted(): void {
    this.#begin(this.now() - this.#askedAt);
  }

  onEnd(result: ProbeResult): void {
    const onResult = this.#onResult;
    this.#onResult = null;
    this.#attempt = null;
    this.#gate?.leave(this);
    this.#connection?.settle(result);
    this.#session?.settle(result);
    onResult?.(result);
  }

  onSecure(): void {
    this.#gate?.leave(this);
  }

  #begin(queuedMs: number): void {
    const attempt = new Attempt(this, queuedMs);
    this.#attempt = attempt;
    const open = this.#open;
    if (typeof open !== "function") {
      attempt.end(open);
      return;
    }
    try {
      if (this.#literal === null) this.#openByName(attempt, open);
      else {
        attempt.address = this.#literal;
        open(attempt, this.#literal);
      }
    } catch (error) {
      attempt.endByBug(error);
    }
  }

  #openByName(attempt: Attempt, open: Open): void {
    const cancellation = new AbortController();
    attempt.hold({ release: () => cancellation.abort() });
    const onResolution = attempt.guard((resolution: Resolution) => {
      if ("cause" in resolution) {
        attempt.end(resolution);
        return;
      }
      attempt.resolved(resolution.address);
      open(attempt, resolution.address);
    });
    this.#resolve(this.target.host, cancellation.signal).then(onResolution, (error: unknown) =>
      attempt.end(endingOfBug(error)),
    );
  }
}

/** @param opener of a fresh connection: when none is there, and when the one that was there has gone meanwhile. */
function reusing(
  kept: KeptConnection,
  opener: TcpOpener | TlsOpener,
  exchangeFor: (attempt: Attempt) => Exchange,
): Open {
  return (attempt, address) => {
    const connection = kept.lend(address);
    if (connection === null) {
      opener.open(attempt, address, exchangeFor(attempt));
      return;
    }
    attempt.hold(connection);
    attempt.relyOnKept(() => {
      kept.replace();
      opener.open(attempt, address, exchangeFor(attempt));
    });
    const exchange = exchangeFor(attempt);
    connection.handTo(exchange);
    exchange.begin(connection);
  };
}

function openerOf(
  target: Target,
  version: string | undefined,
  kept: KeptConnection | null,
  session: KeptSession | null,
): Open | Ending {
  const { http, tls } = target;
  if (http === null) {
    const tcp = new TcpOpener(target);
    return (attempt, address) => tcp.open(attempt, address, null);
  }
  let request: Buffer;
  try {
    request = requestBytes(target, http, version === undefined ? "failoverd" : `failoverd/${version}`);
  } catch (error) {
    return endingOfBug(error);
  }
  try {
    const connection = tls === null ? new TcpOpener(target) : new TlsOpener(target, tls, session);
    if (kept !== null) {
      return reusing(kept, connection, (attempt) => new Exchange(attempt, http, request, kept));
    }
    return (attempt, address) =>
      connection.open(attempt, address, new Exchange(attempt, http, request, null));
  } catch (error) {
    return { cause: "local-tls", detail: messageOf(error) };
  }
}
