/** Asks a daemon something. */
import { Client } from "undici";
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

function noAnswer(error: unknown): NoAnswer {
  const code = error instanceof Error && "code" in error ? String(error.code) : null;
  return { kind: "none", code, text: error instanceof Error ? error.message : String(error) };
}

/** @returns undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
