/** The last requests that the simulated clouds got, for tests and for people who look. */
import type { OperationName } from "./operations.ts";

/** Requests that are kept; the oldest are forgotten. */
export const requestsMax = 10_000;

export interface LoggedRequest {
  /** What the answer calls it, in `x-request-id`. */
  readonly id: string;
  /** Wall clock at arrival, ISO 8601. */
  readonly at: string;
  readonly method: string;
  /** As on the wire, with the query. */
  readonly path: string;
  /** Null: no such operation. */
  readonly operation: OperationName | null;
  /** HTTP status, or what a fault did instead: `lost` after the work, `dropped` before it, `hung`. */
  readonly status: number | "lost" | "dropped" | "hung";
  /** From arrival to answer. */
  readonly durationMs: number;
  /** Why it was refused, where the answer does not tell. */
  readonly note: string | null;
}

export class RequestLog {
  readonly #entries: LoggedRequest[] = [];
  readonly #onRequest: (request: LoggedRequest) => void;

  constructor(onRequest: (request: LoggedRequest) => void) {
    this.#onRequest = onRequest;
  }

  /** Oldest first. */
  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  add(request: LoggedRequest): void {
    this.#entries.push(request);
    if (this.#entries.length > requestsMax) this.#entries.shift();
    this.#onRequest(request);
  }
}
