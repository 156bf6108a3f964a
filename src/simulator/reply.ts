/** Answers that are wrong on purpose: fault statuses with every kind of body, and true answers that arrive damaged. */
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FaultBody, Garbled, TransportEffect } from "./faults.ts";

/** More than any client should read. Bytes. */
const hugeBytes = 100_000_000;
const chunk = Buffer.alloc(65_536, " ");

const told = "The simulator was told to answer this";

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** @param own The cloud's own error. */
export async function sendFaultStatus(
  { status, retryAfterS, body, location }: Extract<TransportEffect, { kind: "status" }>,
  own: unknown,
  response: ServerResponse,
): Promise<void> {
  if (retryAfterS !== null) response.setHeader("retry-after", String(retryAfterS));
  if (location !== undefined) response.setHeader("location", location);
  const garbled: Partial<Record<FaultBody, Garbled>> = {
    html: "html",
    truncated: "truncated",
    empty: "empty",
    huge: "huge",
  };
  const damage = garbled[body];
  if (damage !== undefined) {
    await sendGarbled(damage, { status, body: own }, response);
    return;
  }
  if (body === "problem") response.setHeader("content-type", "application/problem+json");
  else response.setHeader("content-type", "application/json");
  response.writeHead(status).end(JSON.stringify(bodyOf(body, { status, retryAfterS }, own)));
}

function bodyOf(
  kind: FaultBody,
  { status, retryAfterS }: { readonly status: number; readonly retryAfterS: number | null },
  own: unknown,
): unknown {
  switch (kind) {
    case "errors":
      return { message: told, errors: [{ message: told }] };
    case "problem":
      return { type: "about:blank", title: `Status ${status}`, status, detail: told };
    case "rate-limited":
      return { error: told, retry_after: retryAfterS ?? 1 };
    case "not-ok":
      return { response: { ok: false, message: told } };
    case "json":
    case "html":
    case "truncated":
    case "empty":
    case "huge":
      return own;
  }
}

/** Sends a true answer damaged. Resolves when it is sent or the client has had enough. */
export async function sendGarbled(
  as: Garbled,
  { status, body }: { readonly status: number; readonly body: unknown },
  response: ServerResponse,
): Promise<void> {
  const json = JSON.stringify(body);
  const half = json.slice(0, Math.floor(json.length / 2));
  const type = { "content-type": "application/json" };
  switch (as) {
    case "truncated":
      response.writeHead(status, type).end(half);
      return;
    case "cut-off":
      response.writeHead(status, { ...type, "content-length": Buffer.byteLength(json) });
      response.write(half, () => response.destroy());
      return;
    case "html":
      response
        .writeHead(status, { "content-type": "text/html" })
        .end(`<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\n`);
      return;
    case "wrong-type":
      response.writeHead(status, { "content-type": "text/plain" }).end(json);
      return;
    case "empty":
      response.writeHead(status).end();
      return;
    case "huge":
      response.writeHead(status, type);
      // A client that goes away early is the one that does it right.
      await pipeline(Readable.from(padded(json)), response).catch(() => undefined);
      return;
  }
}

/** White space before JSON does not change it. */
function* padded(json: string): Generator<Buffer> {
  for (let bytes = 0; bytes < hugeBytes; bytes += chunk.length) yield chunk;
  yield Buffer.from(json);
}
