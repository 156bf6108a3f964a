/**
 * JSON over HTTP for one account at a provider: own connections, kept alive apart from everything else; each call with an
 * absolute deadline and a bounded body; no redirects followed; every request reported.
 *
 * The result is data. No call rejects, so that nobody can mistake an exception for "does not hold the address".
 */
import { randomUUID } from "node:crypto";
import { Client, Pool, type Dispatcher } from "undici";

import { errorText } from "../core/error-text.ts";
import { exchange, type ExchangeLimits, type NoAnswer } from "./http-exchange.ts";
import type { ProviderServices } from "./provider.ts";
import { readAnswer } from "./read-answer.ts";
import { retryWaitMs } from "./retry.ts";
import type { Purpose } from "./traffic/purpose.ts";
import { Traffic } from "./traffic/traffic.ts";

/** How long something may take, as a whole. Handed down to every call in it. */
export interface Budget {
  readonly signal: AbortSignal;
  /** Monotonic milliseconds, on the clock of `services.now`. */
  readonly deadlineAt: number;
  /** For which group it is, in the records of its requests; null: for none alone. */
  readonly group: string | null;
  /** What it is asked for: who waits for whom when not all can ask at once. Default `reading`. */
  readonly purpose?: Purpose;
}

export interface Answer {
  readonly kind: "answer";
  readonly status: number;
  /** The parsed body, or undefined when it is not JSON. */
  readonly json: unknown;
  /** Why there is no `json`, e.g. `empty body`, `an HTML page: "Bad gateway"`. Null when there is. */
  readonly problem: string | null;
  /** The server's wall clock, milliseconds since 1970, or null. Full seconds only. */
  readonly serverWallMs: number | null;
  /** From `Retry-After`, seconds or date. Null: not given. */
  readonly retryAfterMs: number | null;
  /** Target of a redirect, which is not followed. */
  readonly location: string | null;
  /** The provider's own id of the request, or null. */
  readonly requestId: string | null;
}

export type HttpResult = Answer | NoAnswer;

/** What proves who we are. Made anew for each request, so that a changed credential counts at once. */
export interface Authorization {
  readonly headers: Readonly<Record<string, string>>;
  /** Blotted out of whatever the server sends back. */
  readonly secrets: readonly string[];
}

export interface HttpCall {
  /** The API's own name, for metrics and logs. */
  readonly operation: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** As on the wire: escaped, from the root, with the query. */
  readonly path: string;
  /** Exactly these bytes are sent, as JSON. Null: no body. */
  readonly body: string | null;
  /** Null: the call needs no proof. */
  readonly authorize: (() => Authorization) | null;
  /** Called right before each attempt is sent. */
  readonly onSent?: () => void;
}

export interface HttpOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Limit of one call with all its attempts. Default 10,000 ms. The budget may be shorter. */
  readonly callDeadlineMs?: number;
  /** Limit of one answer's body. Default 8 MiB. */
  readonly bodyBytesMax?: number;
}

export interface HttpClient {
  call(call: HttpCall, budget: Budget): Promise<HttpResult>;
  /** Drops all connections; calls under way end with `no-connection`. */
  close(): Promise<void>;
}

/** A name that does not connect in this time leaves room for another attempt within the call. */
const connectTimeoutMs = 3_000;
/** HTTP/1.1 only: HTTP/2 would send a refused stream again without asking, and a change must never be sent twice. */
const connectionOptions = { pipelining: 1, allowH2: false, connect: { timeout: connectTimeoutMs } };
/**
 * Questions share these connections, which are no probe's: a probe makes a socket of its own each time. One that is idle for four
 * seconds is closed by us, sooner than any known server does it (Node after 5 s, nginx after 75 s), or two seconds before a server
 * that says when: a question is hardly ever sent into a closing connection.
 */
const poolOptions = {
  ...connectionOptions,
  connections: 64,
  keepAliveTimeout: 4_000,
  keepAliveMaxTimeout: 60_000,
  keepAliveTimeoutThreshold: 2_000,
};

export function createHttpClient(options: HttpOptions, services: ProviderServices): HttpClient {
  return new PooledClient(options, services);
}

class PooledClient implements HttpClient {
  readonly #services: ProviderServices;
  readonly #origin: string;
  readonly #callDeadlineMs: number;
  readonly #bodyBytesMax: number;
  readonly #pool: Pool;
  readonly #traffic: Traffic;
  readonly #changing = new Set<Client>();

  constructor(options: HttpOptions, services: ProviderServices) {
    this.#services = services;
    this.#origin = options.origin;
    this.#callDeadlineMs = options.callDeadlineMs ?? 10_000;
    this.#bodyBytesMax = options.bodyBytesMax ?? 8 * 1024 * 1024;
    this.#pool = new Pool(options.origin, poolOptions);
    this.#traffic = new Traffic(services, services.retryBudget ?? null);
  }

  async call(call: HttpCall, budget: Budget): Promise<HttpResult> {
    const services = this.#services;
    const { signal, purpose = "reading" } = budget;
    const deadlineAt = Math.min(budget.deadlineAt, services.now() + this.#callDeadlineMs);
    this.#traffic.first();
    if (call.method !== "GET") return this.#inTime(call, budget, deadlineAt);
    for (let tried = 1; ; tried++) {
      const result = await this.#question(call, budget, deadlineAt);
      const waitMs = retryWaitMs(result, tried, services.random(), deadlineAt - services.now());
      if (waitMs === null || !this.#traffic.mayRetry(purpose)) return result;
      await services.sleep(waitMs, signal);
      if (signal.aborted || services.now() >= deadlineAt) return result;
    }
  }

  async close(): Promise<void> {
    this.#traffic.close();
    await Promise.all([this.#pool, ...this.#changing].map((dispatcher) => dispatcher.destroy()));
  }

  /** One attempt at a question, when it is its turn. */
  async #question(call: HttpCall, budget: Budget, deadlineAt: number): Promise<HttpResult> {
    const { signal, group, purpose = "reading" } = budget;
    const entered = await this.#traffic.enter({ purpose, group, signal, deadlineAt });
    if (entered.kind === "held-back") {
      return { kind: "no-answer", reason: "held-back", sent: false, detail: entered.detail };
    }
    try {
      call.onSent?.();
      return await this.#inTime(call, budget, deadlineAt);
    } finally {
      entered.leave();
    }
  }

  async #inTime(call: HttpCall, budget: Budget, deadlineAt: number): Promise<HttpResult> {
    const leftMs = Math.ceil(deadlineAt - this.#services.now());
    if (leftMs > 0) return this.#attempt(call, budget, leftMs);
    return { kind: "no-answer", reason: "timeout", sent: false, detail: "no time was left" };
  }

  async #attempt(call: HttpCall, { signal, group }: Budget, deadlineMs: number): Promise<HttpResult> {
    const services = this.#services;
    const startedAt = services.now();
    const ownId = randomUUID();
    const result = await this.#send(call, ownId, { signal, deadlineMs, bodyBytesMax: this.#bodyBytesMax });
    this.#traffic.note(result);
    services.onRequest({
      operation: call.operation,
      code: result.kind === "answer" ? String(result.status) : result.reason,
      durationMs: services.now() - startedAt,
      ownId,
      id: result.kind === "answer" ? result.requestId : null,
      changes: call.method !== "GET",
      group,
    });
    return result;
  }

  async #send(call: HttpCall, ownId: string, limits: ExchangeLimits): Promise<HttpResult> {
    let authorization: Authorization | null;
    try {
      authorization = call.authorize?.() ?? null;
    } catch (error) {
      const detail = `the credentials cannot be used: ${errorText(error)}`;
      return { kind: "no-answer", reason: "not-sendable", sent: false, detail };
    }
    const headers = {
      accept: "application/json",
      "user-agent": "failoverd",
      "x-request-id": ownId,
      ...(call.body === null ? {} : { "content-type": "application/json" }),
      ...authorization?.headers,
    };
    const { method, path, body } = call;
    const request = { method, path, body, headers };
    const raw = await (method === "GET"
      ? exchange(this.#pool, request, limits)
      : this.#change(request, limits));
    if (raw.kind === "no-answer") return raw;
    return readAnswer(raw, authorization?.secrets ?? [], this.#services.wallNow());
  }

  /**
   * A change takes a connection of its own: on a kept one that the server has just closed, nobody could tell whether it
   * arrived. Nor does it queue behind questions.
   */
  async #change(request: Dispatcher.DispatchOptions, limits: ExchangeLimits): ReturnType<typeof exchange> {
    const client = new Client(this.#origin, connectionOptions);
    this.#changing.add(client);
    try {
      return await exchange(client, request, limits);
    } finally {
      this.#changing.delete(client);
      await client.destroy();
    }
  }
}
