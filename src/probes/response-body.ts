/**
 * Looks for a text in the body of an HTTP/1.x response, as it streams in.
 *
 * At most the first 64 KiB of the body, framing not counted, are looked at, and of these never more than one read and a
 * text's length are kept. The verdict depends on the bytes alone, never on how they were cut into reads.
 */
import { ChunkDecoder } from "./chunk-decoder.ts";
import type { Framing } from "./response-head.ts";

/** How much of the body is looked at, in bytes. */
export const bodyBytesMax: number = 64 * 1024;

/** `absent`: the body, or what is looked at of it, is complete and the text is not in it. */
export type BodyProgress =
  | { readonly kind: "more" }
  | { readonly kind: "found" }
  | { readonly kind: "absent" }
  | { readonly kind: "bad"; readonly detail: string };

const more = { kind: "more" } as const;
const found = { kind: "found" } as const;
const absent = { kind: "absent" } as const;

export class BodySearch {
  readonly #text: Buffer;
  readonly #framing: Framing;
  readonly #decoder = new ChunkDecoder();
  /** What may be the start of the text, from the reads before. */
  #tail: Buffer = Buffer.alloc(0);
  #bytesSeen = 0;

  /** @param text compared as UTF-8 bytes; the empty text is in every body. */
  constructor(text: string, framing: Framing) {
    this.#text = Buffer.from(text);
    this.#framing = framing;
  }

  /** Bytes of the body looked at so far. */
  get bytesSeen(): number {
    return this.#bytesSeen;
  }

  /** Called first with what came with the head, also when that is empty, and never again after anything but `more`. */
  push(chunk: Buffer): BodyProgress {
    if (this.#text.length === 0) return found;
    switch (this.#framing.kind) {
      case "none":
        return absent;
      case "length":
        return this.#lookAtLength(chunk, this.#framing.bytes);
      case "chunked":
        return this.#lookAtChunks(chunk);
      case "until-close":
        return this.#lookAt(chunk);
    }
  }

  /** The peer has closed. @returns `absent` when that is the end of the body; `more` when something is missing. */
  end(): BodyProgress {
    return this.#framing.kind === "until-close" ? absent : more;
  }

  #lookAtLength(chunk: Buffer, length: number): BodyProgress {
    const progress = this.#lookAt(chunk.subarray(0, length - this.#bytesSeen));
    return progress.kind === "more" && this.#bytesSeen === length ? absent : progress;
  }

  #lookAtChunks(chunk: Buffer): BodyProgress {
    for (const part of this.#decoder.push(chunk)) {
      const progress = part.kind === "data" ? this.#lookAt(part.data) : part.kind === "bad" ? part : absent;
      if (progress.kind !== "more") return progress;
    }
    return more;
  }

  #lookAt(data: Buffer): BodyProgress {
    const fresh = data.subarray(0, bodyBytesMax - this.#bytesSeen);
    this.#bytesSeen += fresh.length;
    const window = this.#tail.length === 0 ? fresh : Buffer.concat([this.#tail, fresh]);
    if (window.includes(this.#text)) return found;
    if (this.#bytesSeen >= bodyBytesMax) return absent;
    this.#tail = Buffer.from(window.subarray(Math.max(0, window.length - this.#text.length + 1)));
    return more;
  }
}
