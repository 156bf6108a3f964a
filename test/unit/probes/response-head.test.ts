import { describe, expect, test } from "vitest";
import { headBytesMax, HeadReader, type HeadProgress } from "../../../src/probes/response-head.ts";

function read(text: string, method = "GET"): HeadProgress {
  return new HeadReader(method).push(Buffer.from(text, "latin1"));
}

/** A response whose head has exactly `bytes` bytes. */
function headOf(bytes: number): string {
  const start = "HTTP/1.1 200 OK\r\nX-Long: ";
  return `${start}${"x".repeat(bytes - start.length - 4)}\r\n\r\n`;
}

describe("HeadReader reads a status line", () => {
  test.each([
    ["HTTP/1.1 200 OK", 200, "OK"],
    ["HTTP/1.0 404 Not Found", 404, "Not Found"],
    ["HTTP/1.1 204 ", 204, ""],
    ["HTTP/1.1 200", 200, ""],
    ["HTTP/1.1 599 caf\u00e9", 599, "caf\u00e9"],
  ])("%j", (line, status, reason) => {
    expect(read(`${line}\r\n\r\n`)).toMatchObject({ kind: "head", head: { status, reason } });
  });

  test.each([
    "SSH-2.0-OpenSSH_9.2",
    "http/1.1 200 OK",
    "HTTP/2 200",
    "HTTP/1.1  200 OK",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 099 Low",
    "HTTP/1.1 200OK",
    "HTTP/1.1 200 O\u0000K",
    "",
    " HTTP/1.1 200 OK",
  ])("and refuses %j", (line) => {
    expect(read(`${line}\r\n\r\n`)).toMatchObject({ kind: "bad", cause: "http-protocol" });
  });

  test("and refuses what cannot become one before its line is complete", () => {
    expect(read("HTTP/")).toEqual({ kind: "more" });
    expect(read("HTTQ")).toMatchObject({ kind: "bad", cause: "http-protocol" });
  });
});

describe("HeadReader reads the framing", () => {
  const length = (bytes: number): object => ({ kind: "length", bytes });
  test.each([
    ["Content-Length: 12", length(12)],
    ["content-length:12\t", length(12)],
    ["Content-Length: 5, 5", length(5)],
    ["Content-Length: 5\r\nContent-Length: 5", length(5)],
    ["Transfer-Encoding: chunked", { kind: "chunked" }],
    ["Transfer-Encoding: gzip, Chunked", { kind: "chunked" }],
    ["Transfer-Encoding: gzip,\r\n chunked", { kind: "chunked" }],
    ["Transfer-Encoding: chunked\r\nContent-Length: 3", { kind: "chunked" }],
    ["Transfer-Encoding: gzip", { kind: "until-close" }],
    ["Server: x", { kind: "until-close" }],
  ])("of %j", (fields, framing) => {
    expect(read(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`)).toMatchObject({ kind: "head", head: { framing } });
  });

  test.each([
    ["HEAD", 200],
    ["GET", 204],
    ["GET", 304],
    ["GET", 101],
  ])("as none for %s and %i, whatever the fields say", (method, status) => {
    const text = `HTTP/1.1 ${status} x\r\nContent-Length: 5\r\n\r\n`;
    expect(read(text, method)).toMatchObject({ head: { status, framing: { kind: "none" } } });
  });

  test.each([
    "Content-Length: 5, 6",
    "Content-Length: -1",
    "Content-Length: 0x5",
    "Content-Length:",
    "Content-Length: 5\r\nContent-Length: 6",
    "No colon",
    "Bad name: x",
    "Name : x",
    ": x",
    " Folded: before any field",
    "X: a\u0000b",
    "X: a\rb",
  ])("and refuses %j", (fields) => {
    expect(read(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`)).toMatchObject({
      kind: "bad",
      cause: "http-protocol",
    });
  });
});

describe("HeadReader", () => {
  test("gives back what follows the head", () => {
    const progress = read("HTTP/1.1 200 OK\r\n\r\nbody");
    expect(progress.kind === "head" && progress.rest.toString()).toBe("body");
  });

  test("accepts lines that end in a bare LF", () => {
    expect(read("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc")).toMatchObject({
      head: { framing: { bytes: 3 } },
    });
  });

  test("skips interim answers with all their fields", () => {
    const text =
      "HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\nHTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
    expect(read(text)).toMatchObject({ head: { status: 200, framing: { kind: "until-close" } } });
  });

  test("accepts a head of the limit, and none that is longer by a byte", () => {
    expect(read(headOf(headBytesMax))).toMatchObject({ kind: "head" });
    expect(read(headOf(headBytesMax + 1))).toMatchObject({ kind: "bad", cause: "http-header" });
    expect(read(headOf(headBytesMax + 1).slice(0, headBytesMax + 1))).toMatchObject({
      cause: "http-header",
    });
  });
});
