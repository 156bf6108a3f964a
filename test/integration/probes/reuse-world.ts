/** A server that tells which request came over which connection, and probes of it with `reuse`. */
import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import type { HttpCheck, Target } from "../../../src/core/target.ts";
import { PreparedProbe, type PreparedServices } from "../../../src/probes/prepared-probe.ts";
import { httpTarget, listening, type Running, services } from "./world.ts";

export type Answer = (socket: Socket) => void;

export const ok: string = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
export const says =
  (text: string): Answer =>
  (socket) =>
    socket.write(text);
export const resets: Answer = (socket) => socket.resetAndDestroy();

export interface Counting extends Running {
  /** Of each request, in their order, the number of the connection that it came over. */
  readonly served: number[];
  readonly sockets: Socket[];
  readonly server: Server;
}

interface How {
  readonly make?: (onConnection: (socket: Socket) => void) => Server;
  readonly host?: string;
}

/** @param answers to the requests in their order; those after the last one are answered with 200. */
export async function counting(answers: readonly Answer[] = [], how: How = {}): Promise<Counting> {
  const { make = createServer, host } = how;
  const served: number[] = [];
  const sockets: Socket[] = [];
  const server = make((socket) => {
    const number = sockets.push(socket.setNoDelay()) - 1;
    socket.on("error", () => socket.destroy());
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (!text.endsWith("\r\n\r\n")) return;
      text = "";
      const answer = answers[served.push(number) - 1] ?? says(ok);
      answer(socket);
    });
  });
  return { ...(await listening(server, host)), served, sockets, server };
}

type Changes = Partial<Target>;

export function preparedFor(
  port: number,
  check: Partial<HttpCheck> = {},
  changes: Changes = {},
  given: Partial<PreparedServices> = {},
): PreparedProbe {
  const target = httpTarget(port, { reuse: true, ...check }, { intervalMs: 10_000, ...changes });
  return new PreparedProbe(target, services(given));
}

export const resultOf = (prepared: PreparedProbe): Promise<ProbeResult> =>
  new Promise((resolve) => prepared.start(resolve));

/** What was sent before has been read after a few turns of the loop that serves both sides. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await turn();
}

export async function gone(socket: Socket | undefined): Promise<void> {
  if (socket === undefined) throw new Error("There is no such connection");
  if (!socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
}

export async function results(prepared: PreparedProbe, count: number): Promise<ProbeResult[]> {
  const all: ProbeResult[] = [];
  for (let i = 0; i < count; i += 1) {
    all.push(await resultOf(prepared));
    await settled();
  }
  return all;
}
