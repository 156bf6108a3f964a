/**
 * The typed calls of one account: proves who we are, sends, and reads the answer by its schema. Both clouds' clients stand on
 * it; what differs between them is told by a `Dialect`.
 */
import type { z } from "zod";

import { readResult, type Failure, type Result } from "./failure.ts";
import {
  createHttpClient,
  type Authorization,
  type Budget,
  type HttpCall,
  type HttpClient,
  type HttpResult,
} from "./http.ts";
import type { ProviderServices } from "./provider.ts";
import { SharedQuestions } from "./traffic/shared-questions.ts";

export interface Dialect {
  /** Base URL, with the path of the API's version. */
  readonly endpoint: string;
  /** Called anew for each request, so that a renewed credential counts at once. */
  readonly authorize: (request: Request) => Authorization;
  /** @returns the provider's own words in the JSON of an error, or null. */
  readonly messageOf: (json: unknown) => string | null;
  /** @returns the failure, with another cause where only the words tell what it is. */
  readonly judge?: (failure: Failure) => Failure;
}

/** What is signed of a request. */
export type Request = Pick<HttpCall, "method" | "path" | "body">;

/** What answers were found to say. */
export type Known<T> = WeakMap<HttpResult, Result<T>>;

export interface Question<T> {
  /** The API's own name, for metrics and logs. */
  readonly operation: string;
  /** Default `GET`. */
  readonly method?: HttpCall["method"];
  /** Below the base URL, escaped, with the query. */
  readonly path: string;
  /** Sent as JSON. Default: no body. */
  readonly body?: object;
  /** What a success looks like. */
  readonly schema: z.ZodType<T>;
  /** For a long answer that hundreds of groups share: it is read once. Default: each time. */
  readonly known?: Known<T>;
  /** True: anyone may ask, so no proof is sent. Default false. */
  readonly isPublic?: boolean;
}

export class Caller {
  readonly #dialect: Dialect;
  readonly #basePath: string;
  readonly #http: HttpClient;
  readonly #questions: SharedQuestions;

  constructor(dialect: Dialect, services: ProviderServices) {
    const base = new URL(dialect.endpoint);
    this.#dialect = dialect;
    this.#basePath = base.pathname.replace(/\/+$/, "");
    this.#http = createHttpClient({ origin: base.origin }, services);
    this.#questions = new SharedQuestions(this.#http, services);
  }

  /** Never rejects. */
  async ask<T>(question: Question<T>, budget: Budget): Promise<Result<T>> {
    const { operation, method = "GET", schema, isPublic = false } = question;
    const path = `${this.#basePath}${question.path}`;
    const body = question.body === undefined ? null : JSON.stringify(question.body);
    const authorize = isPublic ? null : () => this.#dialect.authorize({ method, path, body });
    const call: HttpCall = { operation, method, path, body, authorize };
    const answer = await (method === "GET" ? this.#questions : this.#http).call(call, budget);
    const result = question.known?.get(answer) ?? this.#read(answer, schema);
    question.known?.set(answer, result);
    return result;
  }

  #read<T>(answer: HttpResult, schema: z.ZodType<T>): Result<T> {
    const result = readResult(answer, schema, this.#dialect.messageOf);
    const { judge } = this.#dialect;
    if (result.kind === "ok" || judge === undefined) return result;
    return { kind: "failed", failure: judge(result.failure) };
  }

  /** Drops all connections. */
  close(): Promise<void> {
    return this.#http.close();
  }
}
