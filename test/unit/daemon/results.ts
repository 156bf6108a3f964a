/** Probe results and targets for tests that do not care about the details. */
import { outcomeOf, type Cause } from "../../../src/core/cause.ts";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import type { HttpCheck, Target } from "../../../src/core/target.ts";

export function resultOf(cause: Cause): ProbeResult {
  return {
    outcome: outcomeOf(cause),
    cause,
    detail: null,
    address: "127.0.0.1",
    status: null,
    durationMs: 1,
    queuedMs: 0,
    phases: { resolveMs: null, connectMs: 1, tlsMs: null, headersMs: null, bodyMs: null },
  };
}

export const passed = (): ProbeResult => resultOf("ok");
export const failed = (): ProbeResult => resultOf("refused");

export function tcpTarget(changes: Partial<Target> = {}): Target {
  return {
    mode: "tcp",
    host: "127.0.0.1",
    port: 80,
    http: null,
    tls: null,
    intervalMs: 10_000,
    timeoutMs: 2_000,
    fastIntervalMs: null,
    strikesOk: 2,
    strikesFail: 3,
    brownOut: null,
    watch: false,
    ...changes,
  };
}

/** What is asked by default. */
export const plainHttp: HttpCheck = {
  uri: "/",
  method: "GET",
  hostHeader: null,
  headers: {},
  expectStatus: [{ from: 100, to: 399 }],
  expectHeader: null,
  expectBody: null,
  reuse: false,
};
