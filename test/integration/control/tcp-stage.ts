/** The same daemon behind the HTTP server on a port of loopback, with tokens and perhaps TLS. */
import { Agent, request, type Dispatcher } from "undici";
import type { ApiConfig, ApiToken } from "../../../src/config/config.ts";
import { Secret } from "../../../src/config/secret.ts";
import { Metrics } from "../../../src/server/metrics.ts";
import { startServer, type ServerHandle, type ServerParts } from "../../../src/server/server.ts";
import { ControlStage } from "./stage.ts";

export const secrets = { ops: "operate-0123456789", grafana: "read-0123456789abc" } as const;

export const tokens: readonly ApiToken[] = [
  { name: "ops", scope: "operate", token: new Secret(secrets.ops) },
  { name: "grafana", scope: "read", token: new Secret(secrets.grafana) },
];

export interface TcpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Undefined for what is no JSON. */
  readonly json: unknown;
}

export interface Sent {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export class TcpStage implements AsyncDisposable {
  readonly control: ControlStage;
  readonly server: ServerHandle;
  readonly #agent: Dispatcher;

  private constructor(control: ControlStage, server: ServerHandle, agent: Dispatcher) {
    this.control = control;
    this.server = server;
    this.#agent = agent;
  }

  /** @param connect how callers connect: which certificates they trust and have. */
  static async start(
    api: ApiConfig,
    more: Pick<ServerParts, "rate" | "metricsDeadline"> & {
      readonly connect?: object;
      readonly metrics?: Metrics;
      readonly snapshot?: ServerParts["snapshot"];
    } = {},
  ): Promise<TcpStage> {
    const { connect = {}, ...others } = more;
    const control = await ControlStage.start();
    const parts: ServerParts = {
      metrics: new Metrics("1.2.3"),
      snapshot: () => control.daemon.daemon.snapshot(),
      version: "1.2.3",
      api: control.api,
      ...others,
    };
    const server = await startServer({ listen: { host: "127.0.0.1", port: 0 }, api }, parts);
    return new TcpStage(control, server, new Agent({ connect, connections: 8 }));
  }

  /** @param path below `/api/v1/` unless it begins with a slash. */
  async send(path: string, { method = "GET", token, headers, body }: Sent = {}): Promise<TcpAnswer> {
    const url = `${this.server.url}${path.startsWith("/") ? path : `/api/v1/${path}`}`;
    const answer = await request(url, {
      dispatcher: this.#agent,
      method,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: parsed(text) };
  }

  post(verb: string, body: unknown, token?: string): Promise<TcpAnswer> {
    return this.send(verb, { method: "POST", body, ...(token === undefined ? {} : { token }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
    await this.server.close();
    await this.control[Symbol.asyncDispose]();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
