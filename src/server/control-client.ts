/** Asks a daemon over its control socket. */
import { Client } from "undici";

export interface ControlRequest {
  readonly method: "GET" | "POST";
  /** e.g. `/api/v1/status`. */
  readonly path: string;
  readonly body?: unknown;
}

export type ControlAnswer =
  | { readonly kind: "answer"; readonly status: number; readonly json: unknown }
  /** `code` is the system's, such as `ENOENT`; null: it has none. `sent`: the daemon may have taken it all the same. */
  | { readonly kind: "none"; readonly code: string | null; readonly text: string };

/** Asking takes no longer than this, in milliseconds: the daemon answers from memory, after one write to the disk at most. */
const askTimeoutMs = 10_000;
const answerBytesMax = 64 << 20;

/** Never rejects. @param timeoutMs for the whole exchange. */
export async function askControl(
  socketPath: string,
  { method, path, body }: ControlRequest,
  timeoutMs: number = askTimeoutMs,
): Promise<ControlAnswer> {
  const client = new Client("http://failoverd", {
    connect: { socketPath, timeout: timeoutMs },
    maxResponseSize: answerBytesMax,
  });
  try {
    const { statusCode, body: answer } = await client.request({
      method,
      path,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return { kind: "answer", status: statusCode, json: parsed(await answer.text()) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : null;
    return { kind: "none", code, text: error instanceof Error ? error.message : String(error) };
  } finally {
    await client.destroy();
  }
}

/** @returns undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
