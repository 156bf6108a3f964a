/**
 * Finds the end of a response's body, trailers included, so that the next request may follow on the same connection. Whatever
 * is not exactly so is given up: a body that is too long, malformed, or ends with the connection, and bytes beyond its end.
 */
import { ChunkDecoder } from "./chunk-decoder.ts";
import { bodyBytesMax } from "./response-body.ts";
import type { Framing } from "./response-head.ts";

export class BodyEnd {
  readonly #decoder: ChunkDecoder | null;
  /** Null: it is not known beforehand. */
  readonly #length: number | null;
  #bytes = 0;
  #state: "more" | "reached" | "given-up";

  constructor(framing: Framing) {
    this.#decoder = framing.kind === "chunked" ? new ChunkDecoder() : null;
    this.#length = framing.kind === "length" ? framing.bytes : framing.kind === "none" ? 0 : null;
    const isKnown = this.#decoder !== null || this.#length !== null;
    this.#state = !isKnown || (this.#length ?? 0) > bodyBytesMax ? "given-up" : "more";
    if (this.#length === 0) this.#state = "reached";
  }

  /** True while nothing but the whole body has come. */
  get isReached(): boolean {
    return this.#state === "reached";
  }

  /** True once nothing may follow on this connection. */
  get isGivenUp(): boolean {
    return this.#state === "given-up";
  }

  /** @param bytes what came next, body and framing; not kept. */
  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#bytes += bytes.length;
    if (this.#bytes > (this.#length ?? bodyBytesMax)) this.#state = "given-up";
    if (this.#state === "given-up") return;
    if (this.#decoder === null) this.#state = this.#bytes === this.#length ? "reached" : "more";
    else this.#decode(this.#decoder, bytes);
  }

  #decode(decoder: ChunkDecoder, bytes: Buffer): void {
    for (const { kind } of decoder.push(bytes)) {
      if (kind === "bad") this.#state = "given-up";
      if (kind === "bad") return;
      if (kind === "trailers-end") this.#state = "reached";
    }
  }
}
