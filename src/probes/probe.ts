/**
 * One probe: one attempt, at one address, over a fresh connection, under one absolute deadline. No retries, no
 * keep-alive, no proxy, no session resumption, no redirects: each of these would hide something that a client of the
 * target would meet. (A target may ask for keep-alive or resumption all the same, which is of use to a `PreparedProbe` only.)
 *
 * resolve → connect → (TLS) → (request, header, body) → result
 */
import type { ProbeResult } from "../core/probe-result.ts";
import type { Target } from "../core/target.ts";
import { PreparedProbe, type PreparedServices } from "./prepared-probe.ts";

export interface ProbeServices extends PreparedServices {
  /** Ends the probe at once as `aborted`. May be shared by all probes. */
  readonly signal: AbortSignal;
}

/**
 * Probes `target` once. Whoever does so again and again prepares it once instead, see `PreparedProbe`.
 *
 * @returns the result, at the latest when the deadline passes or `services.signal` aborts. Never rejects; when it
 *   resolves, the socket is closed and no timer is left.
 */
export function probe(target: Target, services: ProbeServices): Promise<ProbeResult> {
  const { signal } = services;
  const prepared = new PreparedProbe(target, services);
  return new Promise((resolve) => {
    const abort = (): void => prepared.abort();
    signal.addEventListener("abort", abort, { once: true });
    prepared.start((result) => {
      signal.removeEventListener("abort", abort);
      prepared.abort();
      resolve(result);
    });
    if (signal.aborted) abort();
  });
}
