/** The HTTP around the simulated APIs: bounded bodies, JSON answers, faults of the transport, the log of requests. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Api, ApiAnswer, ApiRequest } from "./api.ts";
import { exchanges, type Exchange } from "./exchange.ts";
import { isClock, isReply, isTransport, type TransportEffect } from "./faults.ts";
import { sendFaultStatus, sendGarbled, sendJson } from "./reply.ts";
import { loggedBodyMax, type LoggedRequest } from "./request-log.ts";
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

/** Of the two APIs. */
export type ApiName = LoggedRequest["api"];

/** Answers a request to one of the clouds, with the faults that the script has for it, and logs it. */
export async function serveApi(
  world: World,
  { name, api }: { readonly name: ApiName; readonly api: Api },
  request: ApiRequest,
  response: ServerResponse,
): Promise<void> {
  const { faults } = world;
  const routed = api.route(request);
  const { operation } = routed;
  const skewMs = faults.take(operation, isClock)?.ms ?? 0;
  const nowMs = Date.now() + skewMs;
  if (skewMs !== 0) response.setHeader("date", new Date(nowMs).toUTCString());
  const answerNow = (): ApiAnswer => safely(api, () => routed.answer(nowMs));
  const fault = faults.take(operation, isTransport);
  const id = randomUUID();
  response.setHeader("x-request-id", id);
  const log = logger(world, name, { id, request, operation });

  if (fault?.kind === "latency") await delay(fault.ms, undefined, { signal: world.closing });
  if (fault !== null && fault.kind !== "latency") return serveFault(fault, api, answerNow, { response, log });
  const answer = answerNow();
  const damage = faults.take(operation, isReply);
  if (damage !== null) {
    log(answer.status, `fault: the answer is garbled as ${damage.as}`);
    return sendGarbled(damage.as, answer, response);
  }
  log(answer.status, answer.note ?? null);
  sendJson(response, answer.status, answer.body);
  const dialect = name === "cloud66" ? (world.cloud66?.spec.dialect ?? null) : null;
  if (operation !== null) tell(request, { operation, dialect, answer });
  return undefined;
}

function tell(
  { path, query, body, headers }: ApiRequest,
  { answer, ...rest }: Pick<Exchange, "operation" | "dialect"> & { readonly answer: ApiAnswer },
): void {
  if (!exchanges.hasSubscribers) return;
  const userAgent = headers["user-agent"] ?? null;
  const { status } = answer;
  const exchange = {
    ...rest,
    path,
    query,
    requestBody: body.toString(),
    userAgent,
    status,
    answer: answer.body,
  };
  exchanges.publish(exchange satisfies Exchange);
}

type Log = (status: LoggedRequest["status"], note: string | null) => void;

/** @param arrived What has arrived just now. */
function logger(
  world: World,
  api: ApiName,
  arrived: Pick<LoggedRequest, "id" | "operation"> & { readonly request: ApiRequest },
): Log {
  const { method, path, query, body, headers } = arrived.request;
  const startMs = performance.now();
  const at = new Date().toISOString();
  return (status, note) =>
    world.requests.add({
      id: arrived.id,
      at,
      api,
      method,
      path: query === "" ? path : `${path}?${query}`,
      operation: arrived.operation,
      body: body.toString("utf8").slice(0, loggedBodyMax),
      userAgent: headers["user-agent"] ?? null,
      status,
      durationMs: performance.now() - startMs,
      note,
    });
}

interface Reply {
  readonly response: ServerResponse;
  readonly log: Log;
}

async function serveFault(
  fault: Exclude<TransportEffect, { kind: "latency" }>,
  api: Api,
  answerNow: () => ApiAnswer,
  { response, log }: Reply,
): Promise<void> {
  switch (fault.kind) {
    case "status": {
      log(fault.status, "fault");
      const own = api.error(fault.status, "The simulator was told to answer this");
      return sendFaultStatus(fault, own, response);
    }
    case "lose-reply": {
      const { status } = answerNow();
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

/** A simulated API has no excuse to throw, but whoever debugs a client should see it as an answer. */
function safely(api: Api, answer: () => ApiAnswer): ApiAnswer {
  try {
    return answer();
  } catch (error) {
    const message = `the simulator itself failed: ${String(error)}`;
    return { status: 500, body: api.error(500, message), note: message };
  }
}
