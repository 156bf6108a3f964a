/**
 * The connection to one target that is left open for its next probe: `reuse`.
 *
 *   state  seen                                             next state
 *   none   a probe passed, and its answer lets more follow  waits
 *   waits  the rest of the body                             waits
 *   waits  any other byte, an end, an error                 none
 *   waits  the next probe, to the same address              lent, or none when it is too old or the body not complete
 *   waits  the next probe, to another address               none
 *   lent   the probe passed                                 waits, or none
 *   lent   closed, reset or garbage before an answer        none, and the probe goes on over a fresh connection
 *   lent   an answer that says farewell                     none, and the probe goes on over a fresh connection
 *   lent   any other end of the probe                       none
 *
 * The verdict never waits for a body that it does not need: what is left of it is read while the connection waits.
 */
import { connectionMaxMs, distrustMs } from "../core/kept.ts";
import type { Cause } from "../core/cause.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import type { Target } from "../core/target.ts";
import type { BodyEnd } from "./body-end.ts";
import type { Connection, Listener } from "./connection.ts";
import { timeouts } from "./ending.ts";
import { type ResponseHead, saysClose } from "./response-head.ts";

export class KeptConnection implements Listener {
  readonly #now: () => number;
  readonly #intervalMs: number;
  /** Null unless it waits. */
  #connection: Connection | null = null;
  /** Of the last answer that came on it. */
  #body: BodyEnd | null = null;
  #address: string | null = null;
  #openedAt = 0;
  #distrustedUntil = -Infinity;
  /** What the probe under way goes over: one that was kept, or one that was opened in its place. Null: neither. */
  #lent: "kept" | "replaced" | null = null;

  /** @param now monotonic milliseconds. */
  constructor({ intervalMs }: Target, now: () => number) {
    this.#now = now;
    this.#intervalMs = intervalMs;
  }

  /** True when it waits for the next probe and is fit for it, as far as can be told without its address. */
  get isFit(): boolean {
    return (
      this.#connection?.socket.writableLength === 0 &&
      this.#body?.isReached === true &&
      this.#now() < this.#openedAt + connectionMaxMs
    );
  }

  /** @returns the connection that is open to this address, or null: a fresh one is opened now. */
  lend(address: string): Connection | null {
    const connection = this.isFit && address === this.#address ? this.#connection : null;
    if (connection === null) {
      this.drop();
      this.#address = address;
      this.#openedAt = this.#now();
      return null;
    }
    this.#connection = null;
    this.#lent = "kept";
    return connection;
  }

  /** A fresh connection is opened, in place of the one that was lent. */
  replace(): void {
    this.#lent = "replaced";
    this.#openedAt = this.#now();
  }

  /** @returns false when nothing can follow this answer, or not in time. RFC 9112, section 9.3. */
  canFollow(head: ResponseHead): boolean {
    const { status, minorVersion, framing, fieldText } = head;
    const nextAt = this.#now() + this.#intervalMs;
    if (nextAt >= this.#openedAt + connectionMaxMs || this.#now() < this.#distrustedUntil) return false;
    if (minorVersion === 0 || status < 200 || framing.kind === "until-close") return false;
    if (saysClose(head)) return false;
    // RFC 9112, section 6.3: who sends both may be taken in by somebody, and its connection is closed.
    if (framing.kind === "chunked" && /^content-length:/im.test(fieldText)) return false;
    const seconds = /^keep-alive:.*\btimeout\s*=\s*"?(\d+)/im.exec(fieldText)?.[1];
    return seconds === undefined || Number(seconds) * 1_000 > this.#intervalMs;
  }

  /** @returns false when it cannot be kept; else nobody but this may release it from here on. */
  keep(connection: Connection, body: BodyEnd): boolean {
    if (body.isGivenUp) return false;
    this.#connection = connection;
    this.#body = body;
    connection.handTo(this);
    return true;
  }

  /** The probe is over. */
  settle({ outcome, cause }: ProbeResult): void {
    if (outcome !== "pass") this.drop();
    const hasLetDown =
      this.#lent === "kept" ? cause === "response-timeout" : this.#lent !== null && isTimeout(cause);
    if (hasLetDown) this.#distrustedUntil = this.#now() + distrustMs;
    this.#lent = null;
  }

  drop(): void {
    this.#connection?.release();
    this.#connection = this.#body = null;
  }

  take(bytes: Buffer): void {
    this.#body?.push(bytes);
    if (this.#body?.isGivenUp === true) this.drop();
  }

  takeEnd(): void {
    this.drop();
  }

  takeError(): void {
    this.drop();
  }
}

/** What was spent on the connection that was kept is missing for the one in its place. */
function isTimeout(cause: Cause): boolean {
  return Object.values(timeouts).some((timeout) => timeout.cause === cause);
}
