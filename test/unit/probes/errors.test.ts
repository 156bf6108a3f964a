import { describe, expect, test } from "vitest";
import { outcomeOf } from "../../../src/core/cause.ts";
import { endingOfBug, endingOfSocketError } from "../../../src/probes/errors.ts";
import { clip } from "../../../src/probes/text.ts";

function errorOf(code: string, more: object = { syscall: "connect" }): Error {
  return Object.assign(new Error(`connect ${code} 192.0.2.1:80`), { code, ...more });
}

describe("endingOfSocketError()", () => {
  test.each([
    ["ECONNREFUSED", "refused", "fail"],
    ["ECONNRESET", "reset", "fail"],
    ["EPIPE", "reset", "fail"],
    ["EHOSTUNREACH", "unreachable", "fail"],
    ["EHOSTDOWN", "unreachable", "fail"],
    ["ETIMEDOUT", "connect-timeout", "fail"],
    ["CERT_HAS_EXPIRED", "tls-cert", "fail"],
    ["UNSPECIFIED", "tls-cert", "fail"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls-handshake", "fail"],
    ["ERR_TLS_DH_PARAM_SIZE", "tls-handshake", "fail"],
    ["EPROTO", "tls-handshake", "fail"],
    ["ENETUNREACH", "local-network", "inconclusive"],
    ["ENETDOWN", "local-network", "inconclusive"],
    ["EACCES", "local-network", "inconclusive"],
    ["EPERM", "local-network", "inconclusive"],
    ["EINVAL", "local-network", "inconclusive"],
    ["EAFNOSUPPORT", "local-network", "inconclusive"],
    ["EADDRNOTAVAIL", "local-sockets", "inconclusive"],
    ["EADDRINUSE", "local-sockets", "inconclusive"],
    ["EMFILE", "local-sockets", "inconclusive"],
    ["ENFILE", "local-sockets", "inconclusive"],
    ["ENOBUFS", "local-sockets", "inconclusive"],
    ["ENOMEM", "local-sockets", "inconclusive"],
    ["EAGAIN", "local-sockets", "inconclusive"],
    ["OUT_OF_MEM", "local-sockets", "inconclusive"],
    ["ESOMETHINGNEW", "internal", "inconclusive"],
    ["constructor", "internal", "inconclusive"],
  ] as const)("turns %s into %s, which is %s", (code, cause, outcome) => {
    expect(endingOfSocketError(errorOf(code), "connect").cause).toBe(cause);
    expect(outcomeOf(cause)).toBe(outcome);
  });

  test.each([
    ["connect", "connect-timeout"],
    ["tls", "tls-timeout"],
    ["headers", "response-timeout"],
    ["body", "body-timeout"],
  ] as const)("blames a timeout of the kernel on the phase %s", (phase, cause) => {
    expect(endingOfSocketError(errorOf("ETIMEDOUT"), phase).cause).toBe(cause);
  });

  test("tells an orderly close in the handshake from a reset", () => {
    expect(endingOfSocketError(errorOf("ECONNRESET", {}), "tls").cause).toBe("closed");
    expect(endingOfSocketError(errorOf("ECONNRESET", { syscall: "read" }), "tls").cause).toBe("reset");
  });

  test("shows OpenSSL's reason and not its line of source code", () => {
    const error = errorOf("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", { reason: "tlsv1 alert protocol version" });
    expect(endingOfSocketError(error, "tls").detail).toBe(
      "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: tlsv1 alert protocol version",
    );
  });

  test("calls an error without a code a bug of ours", () => {
    expect(endingOfSocketError(new TypeError("x is not a function"), "body")).toEqual({
      cause: "internal",
      detail: "TypeError: x is not a function",
    });
    expect(endingOfBug("thrown text")).toEqual({ cause: "internal", detail: "thrown text" });
  });
});

describe("clip()", () => {
  test("leaves one short line of printable characters", () => {
    expect(clip("a\r\n\tb\u001b[31m\u0000é")).toBe("a\\r\\n\\tb\\u001b[31m\\u0000\\u00e9");
    expect(clip("x".repeat(300))).toBe(`${"x".repeat(199)}…`);
    expect(clip("x".repeat(200))).toHaveLength(200);
    expect(clip("\n".repeat(80), 60).length).toBeLessThanOrEqual(60);
  });
});
