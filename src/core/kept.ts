/**
 * What a probe may leave to the next one of the same target, if the config says so: a TLS session (`resume`), an open
 * connection (`reuse`). Both are cheaper, and both hide something that a new client of the target would meet. So each
 * is given up after a while, and at once when a probe has not passed.
 */
import type { Target } from "./target.ts";

/**
 * How long after the handshake that showed the certificate a session is used, in milliseconds. An hour spares all but one of 360
 * handshakes at the usual interval, and somebody who has installed a wrong certificate still remembers it then.
 */
export const sessionMaxMs: number = 3_600_000;

/**
 * How long after it was opened a connection is used, in milliseconds. It hides a listener that is dead, so this adds to the
 * time in which that is found; at the usual interval six probes share a connection.
 */
export const connectionMaxMs: number = 60_000;

/**
 * Once what was kept has let a probe down, nothing is kept of that target for so long, in milliseconds: a peer that resumes
 * badly, or a firewall that forgets idle connections, must not make every second probe fail.
 */
export const distrustMs: number = 3_600_000;

/** What one option of a healthcheck hides. */
export interface Hidden {
  readonly option: "resume" | "reuse";
  /** What is not seen. */
  readonly what: string;
  /** For at most so long, in milliseconds. */
  readonly forMs: number;
}

/** @returns what the probes of a target do not see because of what they keep; nothing by default. */
export function hiddenBy({ http, tls }: Pick<Target, "http" | "tls">): readonly Hidden[] {
  const resume = { option: "resume", what: "another certificate", forMs: sessionMaxMs } as const;
  const reuse = {
    option: "reuse",
    what: "that no new connection is accepted",
    forMs: connectionMaxMs,
  } as const;
  return [...(tls?.resume === true ? [resume] : []), ...(http?.reuse === true ? [reuse] : [])];
}
