/** The HTTP around the simulated APIs: bounded bodies, JSON answers, faults of the transport, the log of requests. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Api, ApiAnswer, ApiRequest, Routed } from "./api.ts";
import { isTransport, type TransportEffect } from "./faults.ts";
import type { LoggedRequest } from "./request-log.ts";
import type { World } from "./world.ts";

/** The largest body that is read. The real ones are below 1 KiB; a fault script may be some ten times that. */
export const bodyBytesMax: number = 256 * 1024;

/**
 * @returns the request with its whole body, or null when the body is larger than `bodyBytesMax`.
 * @throws when the client goes away before the end.
 */
export async function readRequest(request: IncomingMessage): Promise<ApiRequest | null> {
  const body = await readBody(request);
  if (body === null) return null;
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? "" : url.slice(mark + 1),
    headers: request.headers,
    body,
  };
}

/** By events and not by iteration: leaving an iteration early destroys the socket, and 413 could not be answered. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) chunks.push(chunk);
      else {
        request.pause();
        resolve(null);
      }
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
    request.on("close", () => reject(new Error("The client went away before the end of its request")));
  });
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Answers a request to one of the clouds, with the fault that the script has for it, and logs it. */
export async function serveApi(
  world: World,
  api: Api,
  request: ApiRequest,
  response: ServerResponse,
): Promise<void> {
  const routed = api.route(request);
  const fault = world.faults.take(routed.operation, isTransport);
  const arrived = performance.now();
  const at = new Date().toISOString();
  const id = randomUUID();
  response.setHeader("x-request-id", id);
  const log = (status: LoggedRequest["status"], note: string | null): void =>
    world.requests.add({
      id,
      at,
      method: request.method,
      path: request.query === "" ? request.path : `${request.path}?${request.query}`,
      operation: routed.operation,
      status,
      durationMs: performance.now() - arrived,
      note,
    });

  if (fault?.kind === "latency") await delay(fault.ms, undefined, { signal: world.closing });
  if (fault !== null && fault.kind !== "latency") return serveFault(fault, api, routed, { response, log });
  const answer = safely(api, routed);
  log(answer.status, answer.note ?? null);
  sendJson(response, answer.status, answer.body);
}

interface Exchange {
  readonly response: ServerResponse;
  readonly log: (status: LoggedRequest["status"], note: string | null) => void;
}

function serveFault(
  fault: Exclude<TransportEffect, { kind: "latency" }>,
  api: Api,
  routed: Routed,
  { response, log }: Exchange,
): void {
  switch (fault.kind) {
    case "status":
      log(fault.status, "fault");
      return sendFaultStatus(fault, api, response);
    case "lose-reply": {
      const { status } = safely(api, routed);
      log("lost", `fault: the answer would have been ${status}`);
      response.destroy();
      return undefined;
    }
    case "drop":
      log("dropped", "fault");
      response.destroy();
      return undefined;
    case "hang":
      log("hung", "fault");
      return undefined;
  }
}

function sendFaultStatus(
  fault: Extract<TransportEffect, { kind: "status" }>,
  api: Api,
  response: ServerResponse,
): void {
  if (fault.retryAfterS !== null) response.setHeader("retry-after", String(fault.retryAfterS));
  const json = JSON.stringify(api.error(fault.status, "The simulator was told to answer this"));
  switch (fault.body) {
    case "json":
      response.writeHead(fault.status, { "content-type": "application/json" }).end(json);
      return;
    case "html":
      response
        .writeHead(fault.status, { "content-type": "text/html" })
        .end(
          `<html><head><title>${fault.status}</title></head><body><h1>${fault.status}</h1></body></html>\n`,
        );
      return;
    case "truncated":
      response
        .writeHead(fault.status, { "content-type": "application/json" })
        .end(json.slice(0, Math.floor(json.length / 2)));
      return;
    case "empty":
      response.writeHead(fault.status).end();
      return;
    case "not-ok":
      sendJson(response, fault.status, {
        response: { ok: false, message: "The simulator was told to answer this" },
      });
      return;
  }
}

/** A simulated API has no excuse to throw, but whoever debugs a client should see it as an answer. */
function safely(api: Api, routed: Routed): ApiAnswer {
  try {
    return routed.answer();
  } catch (error) {
    const message = `the simulator itself failed: ${String(error)}`;
    return { status: 500, body: api.error(500, message), note: message };
  }
}
