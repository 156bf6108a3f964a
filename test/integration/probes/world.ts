/** Servers that behave badly on purpose, and targets for them, on loopback and on ports that the kernel picks. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import type { HttpCheck, Target, TlsCheck } from "../../../src/core/target.ts";
import type { ProbeServices } from "../../../src/probes/probe.ts";
import { plainHttp } from "../../unit/daemon/results.ts";

/** Long enough that no machine is too slow for it: a test in which it passes is red. Milliseconds. */
const PATIENCE_MS = 20_000;

/** The deadline of tests that wait for it. Milliseconds. */
export const SHORT_MS = 150;

/** A server, gone with all its connections when it leaves scope. */
export interface Running extends AsyncDisposable {
  readonly port: number;
}

/** @returns `server` once it listens on a port of its own. */
export async function listening(server: Server, host: string = "127.0.0.1"): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, "listening");
  return {
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** @returns a TCP server that does `onConnection` and nothing else. */
export function tcpServer(onConnection: (socket: Socket) => void, host?: string): Promise<Running> {
  return listening(createServer(onConnection), host);
}

/** @returns a server that waits for the end of a request's header and then does `answer`. */
export function rawHttpServer(
  answer: (socket: Socket, request: string) => void,
  host?: string,
): Promise<Running> {
  return tcpServer((socket) => onRequest(socket, answer), host);
}

/** Calls `answer` when a whole request header has come in on `socket`. */
export function onRequest(socket: Socket, answer: (socket: Socket, request: string) => void): void {
  let request = "";
  const take = (chunk: Buffer): void => {
    request += chunk.toString("latin1");
    if (!request.endsWith("\r\n\r\n")) return;
    socket.off("data", take);
    answer(socket, request);
  };
  socket.on("data", take);
}

/** Sends `text` again and again, as one small write every few milliseconds, until the peer has gone. */
export function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 5);
  socket.on("close", () => clearInterval(timer));
}

/** @returns a port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

/**
 * @returns a port that neither accepts nor refuses: its process is stuck, and its queue of two connections is full, so the
 *   kernel drops every further SYN.
 */
export async function blackhole(): Promise<Running> {
  const script = `
    const server = require("node:net").createServer();
    server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
      process.stdout.write(String(server.address().port), () => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });
    });`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [text]: unknown[] = await once(child.stdout, "data");
  const port = Number(String(text));
  const fillers = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  const two = Promise.withResolvers<void>();
  let connected = 0;
  for (const filler of fillers) {
    filler.on("connect", () => {
      connected += 1;
      if (connected === 2) two.resolve();
    });
  }
  await two.promise;
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

/** What a probe needs, with nothing that depends on the machine: no DNS, and no limit to how late it may be. */
export function services(changes: Partial<ProbeServices> = {}): ProbeServices {
  return {
    now: () => performance.now(),
    resolve: async (host) => ({ cause: "internal", detail: `asked to resolve ${host}` }),
    signal: new AbortController().signal,
    lateLimitMs: PATIENCE_MS,
    ...changes,
  };
}

/** The same with the product's own limit to lateness. */
export function strictServices(changes: Partial<ProbeServices> = {}): ProbeServices {
  const { now, resolve, signal } = services(changes);
  return { now, resolve, signal };
}

type Changes = Partial<Target>;

export function tcpTarget(port: number, changes: Changes = {}): Target {
  return {
    mode: "tcp",
    host: "127.0.0.1",
    port,
    http: null,
    tls: null,
    intervalMs: 60_000,
    timeoutMs: PATIENCE_MS,
    fastIntervalMs: null,
    strikesOk: 2,
    strikesFail: 3,
    brownOut: null,
    watch: false,
    ...changes,
  };
}

export function httpTarget(port: number, check: Partial<HttpCheck> = {}, changes: Changes = {}): Target {
  return { ...tcpTarget(port), mode: "http", http: httpCheck(check), ...changes };
}

export function httpsTarget(port: number, tls: Partial<TlsCheck> = {}, changes: Changes = {}): Target {
  const check: TlsCheck = { sni: null, skipVerify: false, caPem: null, resume: false, ...tls };
  return { ...tcpTarget(port), mode: "https", http: httpCheck({}), tls: check, ...changes };
}

function httpCheck(changes: Partial<HttpCheck>): HttpCheck {
  return { ...plainHttp, uri: "/healthz", ...changes };
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return address.port;
}
