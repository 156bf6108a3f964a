/** A client for the simulated clouds with signing of its own. */
import { createHmac } from "node:crypto";
import { request, type IncomingHttpHeaders } from "node:http";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { policyShape, type Policy } from "../../../src/simulator/iam-policy.ts";
import { startSimulator, type Simulator } from "../../../src/simulator/simulator.ts";
import {
  mapPorts,
  type ApiKeySpec,
  type Cloud66Spec,
  type ExoscaleSpec,
} from "../../../src/simulator/spec.ts";
import { loadWorld } from "../../../src/simulator/world-file.ts";

export const webA = "6b1c0000-0000-4000-8000-00000000000a";
export const webB = "9c020000-0000-4000-8000-00000000000b";
export const eip = "e1a50000-0000-4000-8000-000000000007";
export const eipAddress = "198.51.100.7";
export const group = "abc123def456";

const key = "EXO0000demo0000not0a0real0key";
const secret = "demo-secret-that-opens-nothing";
export const keyPair: ApiKeySpec = { key, secret };
export const token = "demo-token-that-opens-nothing";

export interface Change {
  readonly exoscale?: Partial<ExoscaleSpec>;
  readonly cloud66?: Partial<Cloud66Spec>;
}

/** A policy with these rules for operations on compute, as a world file has it. */
export function policyOf(...rules: readonly (readonly ["allow" | "deny", string])[]): Policy {
  const written = rules.map(([action, expression]) => ({ action, expression }));
  const services = { compute: { type: "rules", rules: written } };
  return policyShape.parse({ "default-service-strategy": "deny", services });
}

/** Starts the demo's world on free ports, with short times; it is stopped when the test has finished. */
export async function start(change: Change = {}): Promise<Simulator> {
  const demo = loadWorld(fileURLToPath(new URL("../../../config/demo-world.yaml", import.meta.url)));
  const world = mapPorts(demo, () => 0);
  const simulator = await startSimulator({
    ...world,
    exoscale: world.exoscale && { ...world.exoscale, operationTimeMs: 10, ...change.exoscale },
    cloud66: world.cloud66 && { ...world.cloud66, flipTimeMs: 10, ...change.cloud66 },
  });
  onTestFinished(() => simulator.close());
  return simulator;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, when it is JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** One request on a connection of its own; `path` goes on the wire as it is. */
export async function call(
  base: string,
  method: string,
  path: string,
  { body, headers = {}, signal }: CallOptions = {},
): Promise<Answer> {
  const { hostname, port } = new URL(base);
  const payload = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, method, path, headers, agent: false, ...(signal && { signal }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(payload);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Signing {
  readonly key?: string;
  readonly secret?: string;
  readonly expires?: number;
  /** What is signed instead of what is sent. */
  readonly path?: string;
  readonly body?: string;
}

/** @param path With `/v2` and the query. */
export function sign(method: string, path: string, body: string, signing: Signing = {}): string {
  const [bare = "", query = ""] = path.split("?");
  const args = [...new URLSearchParams(query)].sort(([a], [b]) => (a < b ? -1 : 1));
  const expires = signing.expires ?? Math.floor(Date.now() / 1000) + 600;
  const values = args.map(([, value]) => value).join("");
  const message = [`${method} ${signing.path ?? bare}`, signing.body ?? body, values, "", expires].join("\n");
  const signature = createHmac("sha256", signing.secret ?? secret)
    .update(message)
    .digest("base64");
  const names = args.length > 0 ? `,signed-query-args=${args.map(([name]) => name).join(";")}` : "";
  return `EXO2-HMAC-SHA256 credential=${signing.key ?? key}${names},expires=${expires},signature=${signature}`;
}

/** A signed call to Exoscale. `path` is without `/v2`. */
export async function exo(
  { url }: Simulator,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const body = options.body === undefined ? "" : JSON.stringify(options.body);
  const authorization = sign(method, `/v2${path}`, body);
  return call(url, method, `/v2${path}`, { headers: { authorization }, ...options, body });
}

/** Moves the address and waits for the end of the operation. */
export async function move(
  simulator: Simulator,
  change: "attach" | "detach",
  instance: string,
): Promise<Answer> {
  const { json } = await exo(simulator, "PUT", `/elastic-ip/${eip}:${change}`, {
    body: { instance: { id: instance } },
  });
  return waitFor(
    () => exo(simulator, "GET", `/operation/${json.id}`),
    (answer) => answer.json.state !== "pending",
  );
}

/** A call to Cloud 66. `path` is without `/api/3`. */
export async function c66(
  { url }: Simulator,
  method: string,
  path: string,
  options: CallOptions & { readonly token?: string } = {},
): Promise<Answer> {
  const headers = { authorization: `Bearer ${options.token ?? token}` };
  return call(url, method, `/api/3${path}`, { headers, ...options });
}

/** Asks again and again until the answer is the wanted one; the event loop turns in between. */
export async function waitFor<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await setImmediate();
  }
}
