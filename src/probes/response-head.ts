/**
 * Reads the head of an HTTP/1.x response out of a stream of bytes: RFC 9112, sections 2 to 6.
 *
 * Exact where a mistake could turn one answer into another (status line, framing of the body), tolerant where the RFC
 * allows it (a bare LF ends a line, a reason may be missing). The verdict depends on the bytes alone, never on how they
 * were cut into reads: only whole lines are judged, and the limit counts bytes.
 */
import { plainHead } from "./plain-head.ts";
import { excerpt } from "./text.ts";

/** Of all heads together, interim ones included, in bytes. Node's and Apache's own limits are of this size. */
export const headBytesMax: number = 16 * 1024;

/** How the end of the body is found: RFC 9112, section 6.3. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

export interface ResponseHead {
  /** Of HTTP/1.x: 0 to 9. */
  readonly minorVersion: number;
  readonly status: number;
  /** As sent, not escaped. May be empty. */
  readonly reason: string;
  readonly framing: Framing;
  /** All fields, one a line, in the order of their coming; see `fieldOf`. */
  readonly fieldText: string;
}

/** `more`: not complete yet. `rest`: what was read beyond the head. */
export type HeadProgress =
  | { readonly kind: "more" }
  | { readonly kind: "head"; readonly head: ResponseHead; readonly rest: Buffer }
  | { readonly kind: "bad"; readonly cause: "http-protocol" | "http-header"; readonly detail: string };

interface StatusLine {
  readonly minorVersion: number;
  readonly code: number;
  readonly reason: string;
}

const lineFeed = 0x0a;
const nothing = Buffer.alloc(0);
const more = { kind: "more" } as const;

const versionStart = "HTTP/1.";
const statusLinePattern = /^HTTP\/1\.([0-9]) ([1-9][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const fieldPattern = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/;
const foldedPattern = /^[\t ][\t\x20-\x7e\x80-\xff]*$/;

export class HeadReader {
  readonly #method: string;
  #bytes: Buffer = nothing;
  /** Bytes of `#bytes` that are judged already. */
  #read = 0;
  #status: StatusLine | null = null;
  #fields: { name: string; value: string }[] = [];

  /** @param method of the request: an answer to `HEAD` has no body. */
  constructor(method: string) {
    this.#method = method;
  }

  /** True once any byte has come. */
  get started(): boolean {
    return this.#bytes.length > 0;
  }

  /**
   * Must not be called again after anything but `more`.
   *
   * @param chunk not kept: it may be overwritten afterwards.
   */
  push(chunk: Buffer): HeadProgress {
    if (!this.started) {
      const plain = plainHead(chunk.toString("latin1", 0, headBytesMax), this.#method);
      if (plain !== null) return { kind: "head", head: plain.head, rest: chunk.subarray(plain.bytes) };
    }
    this.#bytes = this.started ? Buffer.concat([this.#bytes, chunk]) : Buffer.from(chunk);
    const start = this.#bytes.toString("latin1", 0, versionStart.length);
    if (!versionStart.startsWith(start)) {
      return bad(`not HTTP: ${excerpt(this.#bytes.toString("latin1", 0, 100))}`);
    }
    while (true) {
      const end = this.#bytes.indexOf(lineFeed, this.#read);
      const upTo = end === -1 ? this.#bytes.length : end + 1;
      if (upTo > headBytesMax) {
        return { kind: "bad", cause: "http-header", detail: `more than ${headBytesMax} header bytes` };
      }
      if (end === -1) return more;
      const line = this.#bytes.toString("latin1", this.#read, end).replace(/\r$/, "");
      this.#read = upTo;
      const progress = this.#takeLine(line);
      if (progress.kind !== "more") return progress;
    }
  }

  #takeLine(line: string): HeadProgress {
    if (this.#status === null) {
      const [, minorVersion, code, reason = ""] = statusLinePattern.exec(line) ?? [];
      if (code === undefined) return bad(`not a status line: ${excerpt(line)}`);
      this.#status = { minorVersion: Number(minorVersion), code: Number(code), reason };
      return more;
    }
    if (line === "") return this.#finish(this.#status);

    // RFC 9112, section 5.2: a line that starts with white space continues the value before.
    const last = this.#fields.at(-1);
    if (last !== undefined && foldedPattern.test(line)) {
      last.value += ` ${line.trim()}`;
      return more;
    }
    const [, name, value] = fieldPattern.exec(line) ?? [];
    if (name === undefined || value === undefined) return bad(`not a header field: ${excerpt(line)}`);
    this.#fields.push({ name: name.toLowerCase(), value: value.trim() });
    return more;
  }

  #finish(status: StatusLine): HeadProgress {
    // RFC 9110, section 15.2: any number of interim answers may precede the final one. After a 101 nothing more of
    // HTTP follows, so that one is final.
    if (status.code < 200 && status.code !== 101) {
      this.#status = null;
      this.#fields = [];
      return more;
    }
    const framing = this.#framing(status.code);
    if (framing === null) return bad("a Content-Length that makes no sense");
    const head: ResponseHead = {
      minorVersion: status.minorVersion,
      status: status.code,
      reason: status.reason,
      framing,
      fieldText: this.#fields.map(({ name, value }) => `${name}:${value}\n`).join(""),
    };
    return { kind: "head", head, rest: this.#bytes.subarray(this.#read) };
  }

  #framing(status: number): Framing | null {
    const lengths = this.#values("content-length");
    const [length = null] = lengths;
    const valid = lengths.every((value) => value === length && /^[0-9]{1,15}$/.test(value));
    if (!valid) return null;
    if (this.#method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "none" };

    const coding = this.#values("transfer-encoding").at(-1);
    if (coding !== undefined) return { kind: coding.toLowerCase() === "chunked" ? "chunked" : "until-close" };
    return length === null ? { kind: "until-close" } : { kind: "length", bytes: Number(length) };
  }

  /** Elements of all fields with that name: RFC 9110, section 5.6.1. */
  #values(name: string): string[] {
    return this.#fields
      .filter((field) => field.name === name)
      .flatMap((field) => field.value.split(","))
      .map((value) => value.trim());
  }
}

/**
 * @param name in lower case.
 * @returns the value of that field, or null when there is none. RFC 9110, section 5.3: several fields of one name mean the
 *   same as their values in a list.
 */
export function fieldOf({ fieldText }: ResponseHead, name: string): string | null {
  const values = fieldText
    .split("\n")
    .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)] as const)
    .filter(([fieldName]) => fieldName.toLowerCase() === name)
    .map(([, value]) => value.trim());
  return values.length === 0 ? null : values.join(", ");
}

/** @returns true when nothing follows this answer on its connection. RFC 9112, section 9.6. */
export function saysClose({ fieldText }: ResponseHead): boolean {
  return /^connection:.*\bclose\b/im.test(fieldText);
}

function bad(detail: string): HeadProgress {
  return { kind: "bad", cause: "http-protocol", detail };
}
