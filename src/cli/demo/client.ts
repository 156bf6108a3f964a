/**
 * A client of an address: asks through it again and again over fresh connections, and measures the outage as it sees it.
 */
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Entrance } from "./stage.ts";

/** From start to start, and how long one request may take. Milliseconds. */
const paceMs = 50;
const timeoutMs = 250;
/** Requests in a row that the new holder must answer before the outage counts as over. */
const answersInARow = 5;

export interface Outage {
  /** From the first request that failed to the first after which all were answered. Milliseconds. */
  readonly durationMs: number;
  readonly requestsFailed: number;
  /** Who answers now. */
  readonly servedBy: string;
  /** When the first lasting answer came, `performance.now()`. */
  readonly endedAt: number;
}

/**
 * Asks until another one than `victim` answers lastingly.
 *
 * @throws Error when that has not come to pass before the signal aborts.
 */
export async function watchOutage(entrance: Entrance, victim: string, signal: AbortSignal): Promise<Outage> {
  let firstFailAt: number | null = null;
  let requestsFailed = 0;
  let run: { readonly endedAt: number; count: number } | null = null;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const servedBy = await ask(entrance);
    if (servedBy === null) {
      firstFailAt ??= startedAt;
      requestsFailed += 1;
      run = null;
    } else if (servedBy !== victim && firstFailAt !== null) {
      run ??= { endedAt: performance.now(), count: 0 };
      run.count += 1;
      if (run.count >= answersInARow) {
        return { durationMs: run.endedAt - firstFailAt, requestsFailed, servedBy, endedAt: run.endedAt };
      }
    }
    await pause(startedAt + paceMs - performance.now());
  }
  throw new Error(`Cannot reach another holder than ${victim} through ${entrance.address}`);
}

/** @returns who answered, or null when nobody did. */
function ask(entrance: Entrance): Promise<string | null> {
  const { host, port, caPem } = entrance;
  const common = { host, port, path: "/", agent: false, timeout: timeoutMs };
  return new Promise((resolve) => {
    const request =
      caPem === null ? requestHttp(common) : requestHttps({ ...common, ca: caPem, servername: "localhost" });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(null));
    request.on("close", () => resolve(null));
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("error", () => resolve(null));
      response.on("end", () => resolve(response.statusCode === 200 ? servedByOf(body) : null));
    });
    request.end();
  });
}

function servedByOf(body: string): string | null {
  return /"served_by":\s*"([^"]+)"/.exec(body)?.[1] ?? null;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
