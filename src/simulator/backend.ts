/**
 * A real HTTP or HTTPS server on loopback that can be broken by hand.
 *
 * | state   | kill()  | hang()  | revive() | a client sees                                             |
 * |---------|---------|---------|----------|-----------------------------------------------------------|
 * | serving | killed  | hung    | serving  | `/healthz` 200 "ok", `/` 200 {"served_by": NAME}, else 404 |
 * | killed  | killed  | hung    | serving  | connection refused; what was open is reset                |
 * | hung    | killed  | hung    | serving  | connection and TLS handshake, then never an answer        |
 */
import { createServer as createHttp, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { Server, Socket } from "node:net";
import type { Certificate } from "./certificate.ts";
import { closeServer, listen } from "./listen.ts";
import type { Endpoint } from "./spec.ts";

export type BackendState = "serving" | "killed" | "hung";

export interface BackendOptions {
  /** Also what `/` answers as `served_by`, and every answer in the header `X-Served-By`. */
  readonly name: string;
  /** Port 0: any free port, which it keeps through kill and revive. */
  readonly listen: Endpoint;
  /** Null: plain HTTP. */
  readonly certificate: Certificate | null;
}

export class Backend {
  readonly name: string;
  readonly scheme: "http" | "https";
  readonly #certificate: Certificate | null;
  readonly #sockets = new Set<Socket>();
  readonly #unanswered = new Set<ServerResponse>();
  #endpoint: Endpoint;
  #server: Server | null = null;
  #state: BackendState = "killed";
  /** kill, hang and revive run one after the other, in the order in which they were called. */
  #last: Promise<void> = Promise.resolve();

  private constructor({ name, listen, certificate }: BackendOptions) {
    this.name = name;
    this.scheme = certificate === null ? "http" : "https";
    this.#endpoint = listen;
    this.#certificate = certificate;
  }

  static async start(options: BackendOptions): Promise<Backend> {
    const backend = new Backend(options);
    await backend.revive();
    return backend;
  }

  /** Where it really listens, or listened before it was killed. */
  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  get state(): BackendState {
    return this.#state;
  }

  /** Closes the listener and resets what is open. */
  async kill(): Promise<void> {
    await this.#next(async () => {
      this.#state = "killed";
      await this.#stop();
    });
  }

  /** Accepts connections, also when it was killed before, and answers nothing. */
  async hang(): Promise<void> {
    await this.#next(async () => {
      await this.#listen();
      this.#state = "hung";
    });
  }

  /** Serves again; what waits for an answer since it hung is reset. */
  async revive(): Promise<void> {
    await this.#next(async () => {
      await this.#listen();
      this.#state = "serving";
      for (const response of this.#unanswered) response.destroy();
    });
  }

  async #next(action: () => Promise<void>): Promise<void> {
    const run = this.#last.then(action);
    this.#last = run.catch(() => undefined);
    await run;
  }

  async #listen(): Promise<void> {
    if (this.#server !== null) return;
    const answer: RequestListener = (request, response) => this.#answer(request.url ?? "/", response);
    const server =
      this.#certificate === null
        ? createHttp(answer)
        : createHttps({ cert: this.#certificate.certPem, key: this.#certificate.keyPem }, answer);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#endpoint = await listen(server, this.#endpoint, `backend ${this.name}`);
    this.#server = server;
  }

  async #stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    // Before the server closes: it would end idle connections politely, which a machine that dies does not.
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closeServer(server);
  }

  #answer(url: string, response: ServerResponse): void {
    if (this.#state === "hung") {
      this.#unanswered.add(response);
      response.on("close", () => this.#unanswered.delete(response));
      return;
    }
    const path = url.split("?", 1)[0];
    response.setHeader("x-served-by", this.name);
    if (path === "/healthz") {
      response.writeHead(200, { "content-type": "text/plain" }).end("ok");
      return;
    }
    response
      .writeHead(path === "/" ? 200 : 404, { "content-type": "application/json" })
      .end(JSON.stringify(path === "/" ? { served_by: this.name } : { message: "Not Found" }));
  }
}
