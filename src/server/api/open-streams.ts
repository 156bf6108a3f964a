/** The answers of a server that are still under way: not more than it can bear, and none of them holds up its end. */
import type { FastifyReply } from "fastify";
import type { OpenStream } from "./operation.ts";

/** More people and pages than this do not watch one daemon. */
export const streamsMax = 50;

export class OpenStreams {
  readonly #open = new Set<OpenStream>();

  get isFull(): boolean {
    return this.#open.size >= streamsMax;
  }

  /** Sends it until it ends, which no time limit of the server does. */
  send(reply: FastifyReply, stream: OpenStream): FastifyReply {
    this.#open.add(stream);
    stream.once("close", () => this.#open.delete(stream));
    reply.raw.socket?.setTimeout(0);
    // The connection ends with it, and a proxy must not collect what it says.
    void reply.header("connection", "close").header("x-accel-buffering", "no");
    return reply.type("text/event-stream").send(stream);
  }

  finish(): void {
    for (const stream of this.#open) stream.finish();
  }
}
