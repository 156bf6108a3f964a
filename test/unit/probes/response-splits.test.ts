/** What a response means depends on its bytes alone, never on how the network cut them into reads. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bodyBytesMax, type BodyProgress, BodySearch } from "../../../src/probes/response-body.ts";
import {
  fieldOf,
  HeadReader,
  type HeadProgress,
  type ResponseHead,
} from "../../../src/probes/response-head.ts";

interface Reading {
  readonly head: Omit<ResponseHead, "fieldText"> | null;
  /** Of the fields that matter to somebody. */
  readonly values: readonly (string | null)[] | null;
  readonly end: string;
  readonly bodyBytes: number | null;
}

/** Reads `pieces` as a probe does that looks for `text`, and then the end of the connection. */
function readAll(pieces: Iterable<Buffer>, text: string): Reading {
  const reader = new HeadReader("GET");
  let head: ResponseHead | null = null;
  let body: BodySearch | null = null;
  for (const piece of pieces) {
    let progress: HeadProgress | BodyProgress = body === null ? reader.push(piece) : body.push(piece);
    if (progress.kind === "head") {
      head = progress.head;
      body = new BodySearch(text, head.framing);
      progress = body.push(progress.rest);
    }
    if (progress.kind !== "more")
      return { ...told(head), end: nameOf(progress), bodyBytes: seenBy(body, progress) };
  }
  const progress = body?.end() ?? { kind: "more" };
  return { ...told(head), end: `closed, ${progress.kind}`, bodyBytes: body?.bytesSeen ?? null };
}

function told(head: ResponseHead | null): Pick<Reading, "head" | "values"> {
  if (head === null) return { head: null, values: null };
  const { minorVersion, status, reason, framing } = head;
  const values = ["x", "content-length", "transfer-encoding"].map((name) => fieldOf(head, name));
  return { head: { minorVersion, status, reason, framing }, values };
}

function nameOf(progress: HeadProgress | BodyProgress): string {
  return "cause" in progress ? progress.cause : progress.kind;
}

/** Once the text is found nobody counts, so that figure may depend on the reads. */
function seenBy(body: BodySearch | null, progress: HeadProgress | BodyProgress): number | null {
  return progress.kind === "found" ? null : (body?.bytesSeen ?? null);
}

/** @returns `bytes` cut at the given places, which are fractions of its length. */
function cut(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const places = [...fractions.map((fraction) => Math.floor(fraction * bytes.length)), 0, bytes.length];
  places.sort((a, b) => a - b);
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place));
}

const eol = fc.constantFrom("\r\n", "\r\n", "\r\n", "\n", "\r");
const statusLine = fc.constantFrom(
  "HTTP/1.1 200 OK",
  "HTTP/1.1 100 x",
  "HTTP/1.0 204",
  "HTTP/1.1 999",
  "HTTP/9",
  "",
);
const field = fc.oneof(
  fc.constantFrom("Content-Length: 7", "Transfer-Encoding: chunked", "X: y", " folded", "no colon", ""),
  fc.constantFrom(
    "content-length:007\t",
    "Content-Length: 7, 7",
    "Content-Length: 7 \u00a0",
    "x:  z , ",
    "X:",
  ),
  fc.integer({ min: 0, max: 17_000 }).map((length) => `X: ${"y".repeat(length)}`),
);
const chunk = fc.constantFrom(
  "3\r\nfin\r\n",
  "3\r\nine\r\n",
  "1;a=b\r\nf\r\n",
  "0\r\n\r\n",
  "z\r\n",
  "2\r\nfine\r\n",
  "4\nfine\n",
);
const filler = fc
  .integer({ min: bodyBytesMax - 8, max: bodyBytesMax + 8 })
  .map((length) => "f".repeat(length));
const body = fc.oneof(
  fc.array(chunk).map((chunks) => chunks.join("")),
  fc.string({ unit: fc.constantFrom("f", "i", "n", "e") }),
  fc.tuple(filler, fc.constantFrom("fine", "ine", "")).map((parts) => parts.join("")),
);
const response = fc
  .record({ statusLine, fields: fc.array(fc.tuple(field, eol), { maxLength: 4 }), eol, body })
  .map(({ statusLine, fields, eol, body }) =>
    Buffer.from(`${statusLine}${eol}${fields.map((pair) => pair.join("")).join("")}${eol}${body}`),
  );
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

test("reading a response gives the same result however its bytes are cut", () => {
  fc.assert(
    fc.property(response, places, (bytes, fractions) => {
      expect(readAll(cut(bytes, fractions), "fine")).toEqual(readAll([bytes], "fine"));
    }),
    { numRuns: 400 },
  );
});

test("reading a response in one go gives the same result as reading it byte by byte", () => {
  fc.assert(
    fc.property(response, (bytes) => {
      const head = bytes.subarray(0, 2_000);
      const single = Array.from(head, (byte) => Buffer.from([byte]));
      expect(readAll(single, "fine")).toEqual(readAll([head], "fine"));
    }),
    { numRuns: 200 },
  );
});

test("reading a response does not depend on bytes that are overwritten once they were read", () => {
  const bytes = Buffer.from("HTTP/1.1 200 OK\r\nX: y\r\n\r\nI am fine");
  const shared = Buffer.alloc(bytes.length);
  function* pieces(): Generator<Buffer> {
    for (const byte of bytes) {
      shared.fill("-");
      shared[0] = byte;
      yield shared.subarray(0, 1);
    }
  }
  expect(readAll(pieces(), "fine")).toMatchObject({ end: "found", values: ["y", null, null] });
});

test("reading a response gives the same result when every byte comes alone", () => {
  const body = "5\r\nI am \r\n3;x\r\nfin\r\n1\r\ne\r\n0\r\n\r\n";
  const bytes = Buffer.from(
    `HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
  );
  const single = Array.from(bytes, (byte) => Buffer.from([byte]));
  expect(readAll(single, "fine")).toMatchObject({ end: "found", head: { status: 200 } });
  expect(readAll([bytes], "fine")).toMatchObject({ end: "found", head: { status: 200 } });
});
