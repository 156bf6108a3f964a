/**
 * The TLS session that is offered to one target again, so that the next handshake is a short one: `resume`.
 *
 * A target that resumes a session does not show its certificate. So a session is of use for an hour after the handshake that
 * did show it, and never once a certificate of that chain has expired; that the target may forget it sooner, and that a
 * ticket may not outlive its own time, OpenSSL and the target see to. It is forgotten when a probe does not pass, and when
 * the address is another one.
 */
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { distrustMs, sessionMaxMs } from "../core/kept.ts";
import type { ProbeResult } from "../core/probe-result.ts";

export class KeptSession {
  readonly #now: () => number;
  #session: Buffer | null = null;
  #address: string | null = null;
  /** On the clock of the probes, as all times here. */
  #usableUntil = -Infinity;
  #distrustedUntil = -Infinity;
  #isOnTrial = false;

  /** @param now monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns what is offered to this address, or null: the handshake is a full one. */
  offer(address: string): Buffer | null {
    if (address !== this.#address || this.#now() >= this.#usableUntil) this.drop();
    this.#address = address;
    this.#isOnTrial = this.#session !== null;
    return this.#session;
  }

  /** The handshake on `socket` went well. */
  opened(socket: TLSSocket): void {
    this.#isOnTrial = false;
    if (socket.isSessionReused()) return;
    this.#session = null;
    this.#usableUntil = this.#now() + Math.min(sessionMaxMs, lifeMs(socket.getPeerX509Certificate()));
  }

  /** @param session what the target gives on an open connection: it comes at any time, and more than once. */
  take(session: Buffer): void {
    if (this.#now() >= this.#distrustedUntil) this.#session = session;
  }

  /** A handshake has failed in which it was offered. */
  distrust(): void {
    this.drop();
    this.#isOnTrial = false;
    this.#distrustedUntil = this.#now() + distrustMs;
  }

  /** The probe is over. */
  settle({ outcome }: ProbeResult): void {
    if (this.#isOnTrial && outcome === "fail") this.distrust();
    if (outcome !== "pass") this.drop();
    this.#isOnTrial = false;
  }

  drop(): void {
    this.#session = null;
    this.#usableUntil = -Infinity;
  }
}

/** @returns how long it takes until the next certificate of the chain expires, in milliseconds. One that has already did not matter. */
function lifeMs(leaf: X509Certificate | undefined): number {
  // The one thing here that goes by the time of day: certificates do.
  const wallNow = Date.now();
  let least = Infinity;
  for (let each = leaf; each !== undefined; each = each.issuerCertificate) {
    const left = each.validToDate.getTime() - wallNow;
    if (left > 0) least = Math.min(least, left);
  }
  return least;
}
