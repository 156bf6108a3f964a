/** The record that one probe leaves. */
import type { Cause, Outcome } from "./cause.ts";

/** Milliseconds spent in each phase that was finished; null for one that was not reached or is not part of the mode. */
export interface Phases {
  readonly resolveMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  /** From the request's last byte sent to the end of the response header. */
  readonly headersMs: number | null;
  readonly bodyMs: number | null;
}

/** One attempt, at one address. */
export interface ProbeResult {
  readonly outcome: Outcome;
  readonly cause: Cause;
  /** What was seen, for a person: `connect ECONNREFUSED 10.0.0.11:80`, `503 Service Unavailable`. Never holds a secret. */
  readonly detail: string | null;
  /** The address that was tried. Null: the name was not resolved. */
  readonly address: string | null;
  /** HTTP status, when one was read. */
  readonly status: number | null;
  /** From the first call for this probe to its end. */
  readonly durationMs: number;
  /** How long it waited for its turn before that, because of our own limits; no part of `durationMs`. */
  readonly queuedMs: number;
  readonly phases: Phases;
}
