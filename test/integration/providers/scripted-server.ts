/** A server that answers as the test says: each path has its own row of replies, the last one repeats. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { text } from "node:stream/consumers";

import type { ProviderServices, RequestRecord } from "../../../src/providers/provider.ts";

export type Reply =
  | {
      readonly status?: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly headers?: Record<string, string>;
    }
  /** Receives the request and breaks the connection. */
  | "lost"
  /** Receives the request and never answers. */
  | "hang"
  | ((response: ServerResponse) => void);

export interface Seen {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly origin: string;
  readonly requests: Seen[];
  /** @param key method and path without query. */
  on(key: string, ...replies: Reply[]): void;
  /** @returns how often the path was asked for. */
  count(key: string): number;
}

/** @param tls PEM of key and certificate, for https. */
export async function scriptedServer(
  tls: { key: string; cert: string } | null = null,
): Promise<ScriptedServer> {
  const script = new Map<string, Reply[]>();
  const requests: Seen[] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: await text(request),
    };
    requests.push(seen);
    const replies = script.get(keyOf(seen)) ?? [];
    const reply = (replies.length > 1 ? replies.shift() : replies[0]) ?? {
      status: 404,
      json: { message: "Not Found" },
    };
    if (reply === "hang") return;
    if (reply === "lost") return void request.socket.destroy();
    if (typeof reply === "function") return reply(response);
    const body = reply.text ?? JSON.stringify(reply.json ?? {});
    response
      .writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers })
      .end(body);
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(() => response.destroy());
  };
  const server = tls === null ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has a port
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${tls === null ? "http" : "https"}://127.0.0.1:${port}`,
    requests,
    on: (key, ...replies) => void script.set(key, replies),
    count: (key) => requests.filter((seen) => keyOf(seen) === key).length,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function keyOf({ method, path }: Seen): string {
  return `${method} ${path.split("?")[0]}`;
}

/** Real time, except that sleeping leaps over it: what would take a minute takes no time. */
export function leapServices(): ProviderServices & {
  readonly records: RequestRecord[];
  readonly slept: number[];
} {
  let leaptMs = 0;
  const records: RequestRecord[] = [];
  const slept: number[] = [];
  return {
    records,
    slept,
    now: () => performance.now() + leaptMs,
    wallNow: () => Date.now() + leaptMs,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      if (signal.aborted) return;
      slept.push(ms);
      leaptMs += ms;
      await new Promise(setImmediate);
    },
    onRequest: (record) => void records.push(record),
  };
}

export const never: AbortSignal = new AbortController().signal;

/** A credential as the config makes it. */
export function credential(value: string): { reveal(): string } {
  return { reveal: () => value };
}
