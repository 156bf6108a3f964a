/** Speaks to a daemon: asks it something, or listens to what it tells. */
import { Client } from "undici";
import { errorText } from "../core/error-text.ts";
import type { Endpoint } from "./endpoint.ts";

export interface DaemonRequest {
  readonly method: "GET" | "POST";
  /** e.g. `/api/v1/status`. */
  readonly path: string;
  readonly body?: unknown;
}

export type DaemonAnswer =
  | { readonly kind: "answer"; readonly status: number; readonly json: unknown }
  | NoAnswer;

/** `code` is the system's, such as `ENOENT`; null: it has none. The daemon may have taken the request all the same. */
export interface NoAnswer {
  readonly kind: "none";
  readonly code: string | null;
  readonly text: string;
}

/** `text` ends when the daemon ends it, and throws when the connection does; `close` ends it from here. */
export interface OpenAnswer {
  readonly kind: "open";
  readonly text: AsyncIterable<string>;
  close(): Promise<void>;
}

/** Asking takes no longer than this, in milliseconds: the daemon answers from memory, after one write to the disk at most. */
const askTimeoutMs = 10_000;
const answerBytesMax = 64 << 20;

/** Never rejects. @param timeoutMs for the whole exchange. */
export async function askDaemon(
  endpoint: Endpoint,
  { method, path, body }: DaemonRequest,
  timeoutMs: number = askTimeoutMs,
): Promise<DaemonAnswer> {
  const { client, prefix, headers } = connected(endpoint, { timeoutMs, maxResponseSize: answerBytesMax });
  try {
    const { statusCode, body: answer } = await client.request({
      method,
      path: `${prefix}${path}`,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { kind: "answer", status: statusCode, json: parsed(await answer.text()) };
  } catch (error) {
    return noAnswer(error);
  } finally {
    await client.destroy();
  }
}

export interface ListenOptions {
  /** The last event that is known; null: what `path` says. */
  readonly lastId: string | null;
  /** So long it may be silent. Milliseconds. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** Never rejects. @returns an answer that goes on when the status is 200; it must be closed. */
export async function listenToDaemon(
  endpoint: Endpoint,
  path: string,
  { lastId, silenceMs, signal }: ListenOptions,
): Promise<OpenAnswer | DaemonAnswer> {
  const { client, prefix, headers } = connected(endpoint, { timeoutMs: askTimeoutMs, maxResponseSize: -1 });
  try {
    const { statusCode, body } = await client.request({
      method: "GET",
      path: `${prefix}${path}`,
      signal,
      headersTimeout: askTimeoutMs,
      bodyTimeout: silenceMs,
      headers: { ...headers, ...(lastId === null ? {} : { "last-event-id": lastId }) },
    });
    if (statusCode === 200) {
      body.setEncoding("utf8");
      return { kind: "open", text: body, close: () => client.destroy() };
    }
    const json = parsed(await body.text());
    await client.destroy();
    return { kind: "answer", status: statusCode, json };
  } catch (error) {
    await client.destroy();
    return noAnswer(error);
  }
}

interface Connected {
  readonly client: Client;
  /** Of every path. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

function connected(
  endpoint: Endpoint,
  { timeoutMs, maxResponseSize }: { readonly timeoutMs: number; readonly maxResponseSize: number },
): Connected {
  if (endpoint.kind === "socket") {
    const connect = { socketPath: endpoint.path, timeout: timeoutMs };
    return { client: new Client("http://failoverd", { connect, maxResponseSize }), prefix: "", headers: {} };
  }
  const { url, token, tls } = endpoint;
  const connect = {
    timeout: timeoutMs,
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.identity === null ? {} : { cert: tls.identity.cert, key: tls.identity.key.reveal() }),
  };
  return {
    client: new Client(url.origin, { connect, maxResponseSize }),
    prefix: url.pathname.replace(/\/$/, ""),
    headers: token === null ? {} : { authorization: `Bearer ${token.reveal()}` },
  };
}

export function noAnswer(error: unknown): NoAnswer {
  const code = error instanceof Error && "code" in error ? String(error.code) : null;
  return { kind: "none", code, text: errorText(error) };
}

/** @returns undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
