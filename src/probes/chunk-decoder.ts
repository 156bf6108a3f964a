/**
 * Takes the chunked transfer coding off a stream of bytes: RFC 9112, section 7.1.
 *
 * A machine with five states. The body ends with the last chunk; trailers only matter to who wants another answer.
 *
 *   size      a line with a size     → data, or trailers when it is 0
 *   data      that many bytes        → data-end
 *   data-end  an empty line          → size
 *   trailers  a line                 → trailers, or over when it is empty
 *   over      anything               → it is bad
 */

/** A line with a size and its extensions, or a trailer, in bytes. Real ones have a dozen. */
const lineBytesMax = 1024;

export type ChunkPart =
  | { readonly kind: "data"; readonly data: Buffer }
  | { readonly kind: "end" }
  | { readonly kind: "trailers-end" }
  | { readonly kind: "bad"; readonly detail: string };

type State =
  | { readonly name: "size"; readonly line: string }
  | { readonly name: "data"; readonly bytesLeft: number }
  | { readonly name: "data-end"; readonly line: string }
  | { readonly name: "trailers"; readonly line: string }
  | { readonly name: "over"; readonly line: string };

const lineFeed = 0x0a;
const sizePattern = /^([0-9a-fA-F]{1,12})[\t ]*(?:;.*)?\r?$/;

export class ChunkDecoder {
  #state: State = { name: "size", line: "" };

  /** Yields what `bytes` hold, in order. The caller stops at the first `bad`, and at `end` unless it wants the trailers read. */
  *push(bytes: Buffer): Generator<ChunkPart, void> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state.name === "data") {
        const data = bytes.subarray(at, at + this.#state.bytesLeft);
        at += data.length;
        const bytesLeft = this.#state.bytesLeft - data.length;
        this.#state = bytesLeft === 0 ? { name: "data-end", line: "" } : { name: "data", bytesLeft };
        yield { kind: "data", data };
        continue;
      }
      const lf = bytes.indexOf(lineFeed, at);
      const line = this.#state.line + bytes.toString("latin1", at, lf === -1 ? bytes.length : lf);
      at = lf === -1 ? bytes.length : lf + 1;
      if (line.length > lineBytesMax) yield bad(`a chunk size line of more than ${lineBytesMax} bytes`);
      if (this.#state.name === "over") yield bad("more than the body");
      if (lf === -1) this.#state = { ...this.#state, line };
      else if (this.#state.name === "size") yield* this.#takeSize(line);
      else if (this.#state.name === "trailers") yield* this.#takeTrailer(line);
      else if (line === "\r" || line === "") this.#state = { name: "size", line: "" };
      else yield bad("a chunk that is longer than its size");
    }
  }

  *#takeSize(line: string): Generator<ChunkPart, void> {
    const [, size] = sizePattern.exec(line) ?? [];
    if (size === undefined) yield bad("a chunk size that is not a number");
    else if (Number.parseInt(size, 16) === 0) {
      this.#state = { name: "trailers", line: "" };
      yield { kind: "end" };
    } else this.#state = { name: "data", bytesLeft: Number.parseInt(size, 16) };
  }

  *#takeTrailer(line: string): Generator<ChunkPart, void> {
    const isLast = line === "\r" || line === "";
    this.#state = { name: isLast ? "over" : "trailers", line: "" };
    if (isLast) yield { kind: "trailers-end" };
  }
}

function bad(detail: string): ChunkPart {
  return { kind: "bad", detail };
}
