/** The last requests that the simulated clouds got, for tests and for people who look. */
import { z } from "zod";
import { operationNames, type OperationName } from "./operations.ts";

/** Requests that are kept; the oldest are forgotten. */
export const requestsMax = 10_000;

/** Characters of a body that are kept. The real ones are shorter. */
export const loggedBodyMax = 1000;

export interface LoggedRequest {
  /** What the answer calls it, in `x-request-id`. */
  readonly id: string;
  /** Counted from 1 since the start, also over those that are forgotten. */
  readonly number: number;
  /** Wall clock at arrival, ISO 8601. */
  readonly at: string;
  readonly api: "exoscale" | "cloud66";
  readonly method: string;
  /** As on the wire, with the query. */
  readonly path: string;
  /** Null: no such operation. */
  readonly operation: OperationName | null;
  /** The first 1,000 characters; empty when there was none. */
  readonly body: string;
  /** `User-Agent`. Null: none was sent. */
  readonly userAgent: string | null;
  /** HTTP status, or what a fault did instead: `lost` after the work, `dropped` before it, `hung`. */
  readonly status: number | "lost" | "dropped" | "hung";
  /** From arrival to answer. */
  readonly durationMs: number;
  /** Why it was refused, where the answer does not tell, or which fault hit it. */
  readonly note: string | null;
}

/** Which requests somebody wants to see; what is not given is any. */
export interface RequestFilter {
  readonly operation?: OperationName | undefined;
  readonly api?: LoggedRequest["api"] | undefined;
  readonly method?: string | undefined;
  /** `403`, `4xx`, `lost`. */
  readonly status?: string | undefined;
  /** Text somewhere in the path or its query. */
  readonly path?: string | undefined;
  /** Text somewhere in the body. */
  readonly body?: string | undefined;
  /** Those with a greater number. */
  readonly after?: number | undefined;
  /** The last so many of those that fit. */
  readonly limit?: number | undefined;
}

/** As query arguments. Misspelt ones are errors: they would show everything. */
export const requestFilter: z.ZodType<RequestFilter> = z.strictObject({
  operation: z.enum(operationNames).optional(),
  api: z.enum(["exoscale", "cloud66"]).optional(),
  method: z.string().toUpperCase().optional(),
  status: z
    .string()
    .regex(
      /^([1-5]\d\d|[1-5]xx|lost|dropped|hung)$/,
      "expected a status such as 403, 4xx, lost, dropped or hung",
    )
    .optional(),
  path: z.string().optional(),
  body: z.string().optional(),
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(requestsMax).optional(),
});

export class RequestLog {
  readonly #entries: LoggedRequest[] = [];
  readonly #onRequest: (request: LoggedRequest) => void;
  #last = 0;

  constructor(onRequest: (request: LoggedRequest) => void) {
    this.#onRequest = onRequest;
  }

  /** Oldest first. */
  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  add(request: Omit<LoggedRequest, "number">): void {
    this.#last += 1;
    const logged = { number: this.#last, ...request };
    this.#entries.push(logged);
    if (this.#entries.length > requestsMax) this.#entries.shift();
    this.#onRequest(logged);
  }

  /** @returns those that fit, oldest first. */
  find(filter: RequestFilter): readonly LoggedRequest[] {
    const found = this.#entries.filter((entry) => fits(entry, filter));
    return filter.limit === undefined ? found : found.slice(-filter.limit);
  }
}

function fits(entry: LoggedRequest, filter: RequestFilter): boolean {
  const { operation, api, method, status, path = "", body = "", after = 0 } = filter;
  return (
    (operation === undefined || entry.operation === operation) &&
    (api === undefined || entry.api === api) &&
    (method === undefined || entry.method === method) &&
    (status === undefined || [String(entry.status), `${String(entry.status)[0]}xx`].includes(status)) &&
    entry.path.includes(path) &&
    entry.body.includes(body) &&
    entry.number > after
  );
}
