/** What is probed, how often, and what counts as an answer. Plain data: the config makes it, the probes read it. */

import type { BrownOutRule } from "./brown-out.ts";

export type Mode = "tcp" | "http" | "https";

/** An inclusive range of HTTP status codes. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** What an HTTP or HTTPS probe sends and accepts. */
export interface HttpCheck {
  /** Request target as it goes on the wire, starts with `/`. Default `/`. */
  readonly uri: string;
  /** Default `GET`. A `HEAD` answer has no body, so it cannot go with `expectBody`. */
  readonly method: "GET" | "HEAD" | "OPTIONS";
  /** Value of the `Host` header. Null: `host`, with the port when it is not the scheme's own. */
  readonly hostHeader: string | null;
  /** Further request headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Accepted status codes. Default 100–399: Exoscale's own rule, with redirects not followed. */
  readonly expectStatus: readonly StatusRange[];
  /** A response header that must hold this text, to tell who answers; the name in lower case. Null: none. */
  readonly expectHeader: { readonly name: string; readonly value: string } | null;
  /** Text that must occur in the first 64 KiB of the body. Null: the body is not read. */
  readonly expectBody: string | null;
  /** True: the connection is left open for the next probe, see `kept.ts`. Default false. */
  readonly reuse: boolean;
}

/** What an HTTPS probe asks of the TLS handshake. */
export interface TlsCheck {
  /** Server name sent and verified. Null: the host if it is a name, else none is sent and the address is verified. */
  readonly sni: string | null;
  /** True: any certificate is accepted, also an expired one. Default false. */
  readonly skipVerify: boolean;
  /** PEM of the authorities to trust instead of the public ones. Null: the public ones. */
  readonly caPem: string | null;
  /** True: the session is offered again in the next handshake, see `kept.ts`. Default false. */
  readonly resume: boolean;
}

/** How often a target is probed and how many outcomes make a verdict. All times in milliseconds. */
export interface Pace {
  /** From start to start. Exoscale's schema: 5,000–300,000, default 10,000. */
  readonly intervalMs: number;
  /**
   * Absolute deadline of one probe, name resolution to last byte. A resolution that takes more than a tenth of it has a deadline of
   * its own, as long. Exoscale's schema: 2,000–60,000, default 2,000.
   */
  readonly timeoutMs: number;
  /** From start to start while a strike counts. Null: the interval. */
  readonly fastIntervalMs: number | null;
  /** Consecutive passes that make a member healthy. 1–20, default 2. */
  readonly strikesOk: number;
  /** Consecutive fails that make a member unhealthy. 1–20, default 3. */
  readonly strikesFail: number;
}

export interface Target extends Pace {
  readonly mode: Mode;
  /** Address or name. */
  readonly host: string;
  readonly port: number;
  /** Null when the mode is `tcp`. */
  readonly http: HttpCheck | null;
  /** Null unless the mode is `https`. */
  readonly tls: TlsCheck | null;
  /** The rule beside the strikes. Null, the default: there is none. */
  readonly brownOut: BrownOutRule | null;
  /** Keeps one idle connection open, whose end calls for a probe at once. Default false. */
  readonly watch: boolean;
}

/** What is probed, how often, and what counts as an answer, wherever that is: one healthcheck for several members. */
export type Healthcheck = Omit<Target, "host">;

/** @returns the target as a URL that a person recognises, e.g. `https://10.0.0.11:443/healthz`. */
export function targetUrl(target: Target): string {
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  return `${target.mode}://${host}:${target.port}${target.http?.uri ?? ""}`;
}

/** @returns what is the same for targets that one probe can serve: what is sent, what is accepted, how often, and whether it is watched. */
export function targetKey(target: Target): string {
  const { strikesOk: _ok, strikesFail: _fail, brownOut: _rule, watch, ...probed } = target;
  return JSON.stringify(watch ? { ...probed, watch } : probed);
}
