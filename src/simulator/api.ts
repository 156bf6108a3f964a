/** What the simulated APIs and the HTTP server in front of them say to each other. */
import type { IncomingHttpHeaders } from "node:http";
import type { OperationName } from "./operations.ts";

export interface ApiRequest {
  readonly method: string;
  /** As on the wire, without the query. */
  readonly path: string;
  /** As on the wire, without `?`; empty when there is none. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ApiAnswer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: unknown;
  /** For the request log: why it was refused. */
  readonly note?: string;
}

/** A request that found its operation. */
export interface Routed {
  /** Null: no such operation; `answer` then says so in the API's own way. */
  readonly operation: OperationName | null;
  /**
   * Checks the credentials and carries the request out.
   *
   * @param nowMs What the cloud's clock shows, milliseconds since 1970; a fault can set it wrong.
   */
  answer(nowMs: number): ApiAnswer;
}

export interface Api {
  route(request: ApiRequest): Routed;
  /** @returns an error in the API's own JSON, for a fault. */
  error(status: number, message: string): unknown;
}

/** One line of an API's route table. The groups of `path` are given to `handle`; empty where there is none. */
export interface Route<Name extends OperationName = OperationName> {
  readonly operation: Name;
  readonly method: string;
  readonly path: RegExp;
  handle(request: ApiRequest, first: string, second: string): ApiAnswer;
}

/** @returns the route for a request and its path parameters, or null. */
export function findRoute<Name extends OperationName>(
  routes: readonly Route<Name>[],
  request: ApiRequest,
): { readonly route: Route<Name>; readonly parameters: readonly string[] } | null {
  for (const route of routes) {
    const match = route.method === request.method ? route.path.exec(request.path) : null;
    if (match !== null) return { route, parameters: match.slice(1) };
  }
  return null;
}
