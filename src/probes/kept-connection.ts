/**
 * The connection to one target that is left open for its next probe: `reuse`.
 *
 *   state     seen                                             next state
 *   none      a probe passed, and its answer lets more follow  waits
 *   waits     the rest of the body                             waits
 *   waits     any other byte, an end, an error                 none
 *   waits     the next probe, to the same address              lent, or none when it is too old or the body not complete
 *   waits     the next probe, to another address               none
 *   lent      closed, reset, garbage or farewell               replaced: the probe goes on over a fresh connection
 *   lent      the probe passed                                 waits, or none
 *   lent      silence until the deadline                       none, and for an hour nothing waits
 *   replaced  the probe passed                                 waits, or none
 *   replaced  its deadline                                     none, and for an hour nothing waits
 *   any       the probe did not pass, or is given up           none
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

type State =
  | { readonly kind: "none" }
  | {
      readonly kind: "waits";
      readonly connection: Connection;
      /** Of the last answer that came on it. */
      readonly body: BodyEnd;
    }
  | { readonly kind: "lent" }
  | { readonly kind: "replaced" };

const none: State = { kind: "none" };

export class KeptConnection implements Listener {
  readonly #now: () => number;
  readonly #intervalMs: number;
  #state: State = none;
  /** Where the last connection was opened to, and when. */
  #address: string | null = null;
  #openedAt = 0;
  #distrustedUntil = -Infinity;

  /** @param now monotonic milliseconds. */
  constructor({ intervalMs }: Target, now: () => number) {
    this.#now = now;
    this.#intervalMs = intervalMs;
  }

  /** True when it waits for the next probe and is fit for it, as far as can be told without its address. */
  get isFit(): boolean {
    const state = this.#state;
    return (
      state.kind === "waits" &&
      state.connection.socket.writableLength === 0 &&
      state.body.isReached &&
      this.#now() < this.#openedAt + connectionMaxMs
    );
  }

  /** @returns the connection that is open to this address, or null: a fresh one is opened now. */
  lend(address: string): Connection | null {
    const state = this.#state;
    if (state.kind === "waits" && this.isFit && address === this.#address) {
      this.#state = { kind: "lent" };
      return state.connection;
    }
    this.drop();
    this.#address = address;
    this.#openedAt = this.#now();
    return null;
  }

  /** A fresh connection is opened, in place of the one that was lent. */
  replace(): void {
    this.#state = { kind: "replaced" };
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
    this.#state = { kind: "waits", connection, body };
    connection.handTo(this);
    return true;
  }

  /** The probe is over. */
  settle({ outcome, cause }: ProbeResult): void {
    const { kind } = this.#state;
    const hasLetDown =
      (kind === "lent" && cause === "response-timeout") || (kind === "replaced" && isTimeout(cause));
    if (hasLetDown) this.#distrustedUntil = this.#now() + distrustMs;
    if (kind !== "waits" || outcome !== "pass") this.drop();
  }

  drop(): void {
    const state = this.#state;
    this.#state = none;
    if (state.kind === "waits") state.connection.release();
  }

  take(bytes: Buffer): void {
    const state = this.#state;
    if (state.kind !== "waits") return;
    state.body.push(bytes);
    if (state.body.isGivenUp) this.drop();
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
