import { describe, expect, test } from "vitest";
import { probe } from "../../../src/probes/probe.ts";
import type { HttpCheck } from "../../../src/core/target.ts";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import {
  blackhole,
  closedPort,
  drip,
  httpTarget,
  rawHttpServer,
  services,
  SHORT_MS,
  tcpServer,
} from "./world.ts";

/** Probes a server that sends `response` to any request and then closes, or stays open. */
async function probeResponse(
  response: string | Buffer,
  check: Partial<HttpCheck> = {},
  close: "close" | "stay" = "close",
): Promise<ProbeResult> {
  await using server = await rawHttpServer((socket) => {
    socket.write(response);
    if (close === "close") socket.end();
  });
  return await probe(httpTarget(server.port, check), services());
}

describe("probe() sends", () => {
  async function requestOf(check: Partial<HttpCheck>, host = "127.0.0.1"): Promise<string> {
    const seen = Promise.withResolvers<string>();
    await using server = await rawHttpServer((socket, request) => {
      seen.resolve(request.replaceAll(String(server.port), "PORT"));
      socket.end("HTTP/1.1 204 No Content\r\n\r\n");
    });
    const resolve = async (): Promise<{ address: string }> => ({ address: "127.0.0.1" });
    await probe(httpTarget(server.port, check, { host }), services({ version: "1.2.3", resolve }));
    return await seen.promise;
  }

  test("one request that asks for the end of the connection", async () => {
    expect(await requestOf({}, "app.test")).toBe(
      "GET /healthz HTTP/1.1\r\nHost: app.test:PORT\r\nUser-Agent: failoverd/1.2.3\r\nAccept: */*\r\nConnection: close\r\n\r\n",
    );
  });

  test("the target's own headers instead of ours, and one Host", async () => {
    const headers = { host: "ignored.test", "user-agent": "check", "x-token": "s3cret" };
    expect(await requestOf({ headers, hostHeader: "shop.test", method: "OPTIONS", uri: "/a?b=c" })).toBe(
      "OPTIONS /a?b=c HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: check\r\nAccept: */*\r\nConnection: close\r\nX-Token: s3cret\r\n\r\n",
    );
  });

  test("nothing when a header would smuggle in a line, and does not tell its value", async () => {
    const result = await probe(
      httpTarget(await closedPort(), { headers: { "x-token": "s3cret\r\nX: y" } }),
      services(),
    );
    expect(result).toMatchObject({ outcome: "inconclusive", cause: "internal" });
    expect(result.detail).toContain("x-token");
    expect(result.detail).not.toContain("s3cret");
  });
});

describe("probe() judges the status", () => {
  test.each([
    ["200 OK", "ok"],
    ["204 No Content", "ok"],
    ["302 Found", "ok"],
    ["304 Not Modified", "ok"],
    ["399 Odd", "ok"],
    ["400 Bad Request", "http-status"],
    ["503 Service Unavailable", "http-status"],
    ["101 Switching Protocols", "ok"],
  ])("%s as %s by Exoscale's rule", async (status, cause) => {
    const result = await probeResponse(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`, {}, "stay");
    expect(result).toMatchObject({ cause, detail: status, status: Number.parseInt(status, 10) });
    expect(result.phases.headersMs).toBeGreaterThanOrEqual(0);
  });

  test("by the target's own rule, and does not follow a redirect that leads back to itself", async () => {
    const requests: string[] = [];
    await using server = await rawHttpServer((socket, request) => {
      requests.push(request);
      socket.end("HTTP/1.1 302 Found\r\nLocation: /healthz\r\nContent-Length: 0\r\n\r\n");
    });
    const expectStatus = [{ from: 200, to: 200 }];
    const result = await probe(httpTarget(server.port, { expectStatus }), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "http-status", status: 302, detail: "302 Found" });
    expect(requests).toHaveLength(1);
  });

  test("of the final answer, after interim ones", async () => {
    const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    const result = await probeResponse(`${interim}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`);
    expect(result).toMatchObject({ cause: "ok", status: 200 });
  });

  test("of an answer to HEAD, whose Content-Length announces no body", async () => {
    const result = await probeResponse(
      "HTTP/1.1 200 OK\r\nContent-Length: 512\r\n\r\n",
      { method: "HEAD" },
      "stay",
    );
    expect(result).toMatchObject({ cause: "ok", phases: { bodyMs: null } });
  });
});

describe("probe() finds the text in a body", () => {
  const ok = "HTTP/1.1 200 OK\r\n";
  test.each([
    [
      "of a known length, on a connection that stays open",
      `${ok}Content-Length: 9\r\n\r\nI am fine`,
      "stay",
      "ok",
    ],
    ["of a known length, which lacks it", `${ok}Content-Length: 9\r\n\r\nI am tire`, "stay", "body"],
    ["behind its end only, which does not count", `${ok}Content-Length: 5\r\n\r\nI am fine`, "stay", "body"],
    [
      "in chunks, across their border",
      `${ok}Transfer-Encoding: chunked\r\n\r\n7\r\nI am fi\r\n2\r\nne\r\n0\r\n\r\n`,
      "stay",
      "ok",
    ],
    [
      "in chunks, which lack it",
      `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nI am\r\n0\r\n\r\n`,
      "stay",
      "body",
    ],
    ["that ends with the connection", `${ok}\r\nI am fine`, "close", "ok"],
    ["that ends with the connection and lacks it", `${ok}\r\nI am tired`, "close", "body"],
    ["that never ends, once it is there", `${ok}\r\nI am fine`, "stay", "ok"],
    ["that a 204 does not have", "HTTP/1.1 204 No Content\r\n\r\n", "stay", "body"],
    ["that is cut off", `${ok}Content-Length: 900\r\n\r\nI am`, "close", "closed"],
    ["in chunks that are cut off", `${ok}Transfer-Encoding: chunked\r\n\r\n7\r\nI am`, "close", "closed"],
    [
      "in chunks that are garbage",
      `${ok}Transfer-Encoding: chunked\r\n\r\nxyz\r\nI am`,
      "stay",
      "http-protocol",
    ],
  ] as const)("%s", async (_title, response, close, cause) => {
    const result = await probeResponse(response, { expectBody: "fine" }, close);
    expect(result).toMatchObject({ cause, status: Number(response.slice(9, 12)) });
  });

  test("that arrives in two reads", async () => {
    await using server = await rawHttpServer((socket) => {
      socket.setNoDelay(true);
      socket.write(`${ok}Content-Length: 9\r\n\r\nI am fi`, () => setImmediate(() => socket.write("ne")));
    });
    expect(await probe(httpTarget(server.port, { expectBody: "fine" }), services())).toMatchObject({
      cause: "ok",
    });
  });

  test("and gives up after 64 KiB of a body without it", async () => {
    const body = Buffer.alloc(2 * 1024 * 1024, "x");
    const result = await probeResponse(
      Buffer.concat([Buffer.from(`${ok}\r\n`), body]),
      { expectBody: "fine" },
      "stay",
    );
    expect(result).toMatchObject({ cause: "body", detail: '200 OK, without "fine" in 65536 bytes of body' });
    expect(result.phases.bodyMs).toBeGreaterThanOrEqual(0);
  });
});

describe("probe() fails when the server", () => {
  test("refuses", async () => {
    expect(await probe(httpTarget(await closedPort()), services())).toMatchObject({ cause: "refused" });
  });

  test("cannot be reached", async () => {
    await using hole = await blackhole();
    const result = await probe(httpTarget(hole.port, {}, { timeoutMs: SHORT_MS }), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "connect-timeout" });
  });

  test("closes at once", async () => {
    await using server = await rawHttpServer((socket) => socket.end());
    const result = await probe(httpTarget(server.port), services());
    expect(result).toMatchObject({
      outcome: "fail",
      cause: "closed",
      detail: "closed before any byte",
      status: null,
    });
  });

  test("closes in the header", async () => {
    expect(await probeResponse("HTTP/1.1 200 OK\r\nServer: x")).toMatchObject({
      cause: "closed",
      detail: "closed in the header",
    });
  });

  test("resets in the header", async () => {
    await using server = await rawHttpServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n", () => socket.resetAndDestroy());
    });
    const result = await probe(httpTarget(server.port), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "reset", detail: "read ECONNRESET" });
  });

  test("accepts and never answers", async () => {
    await using server = await tcpServer((socket) => socket.resume());
    const result = await probe(httpTarget(server.port, {}, { timeoutMs: SHORT_MS }), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "response-timeout", phases: { headersMs: null } });
    expect(result.phases.connectMs).toBeGreaterThan(0);
  });

  test("drips its header", async () => {
    await using server = await rawHttpServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nX-Slow: ");
      drip(socket, "x");
    });
    const result = await probe(httpTarget(server.port, {}, { timeoutMs: SHORT_MS }), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "response-timeout", status: null });
  });

  test("drips its body", async () => {
    await using server = await rawHttpServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      drip(socket, "x");
    });
    const target = httpTarget(server.port, { expectBody: "fine" }, { timeoutMs: SHORT_MS });
    const result = await probe(target, services());
    expect(result).toMatchObject({
      outcome: "fail",
      cause: "body-timeout",
      status: 200,
      phases: { bodyMs: null },
    });
  });

  test("sends a header without end", async () => {
    const endless = `HTTP/1.1 200 OK\r\n${"X-More: and more\r\n".repeat(100_000)}`;
    expect(await probeResponse(endless, {}, "stay")).toMatchObject({
      outcome: "fail",
      cause: "http-header",
      detail: "more than 16384 header bytes",
    });
  });

  test("sends interim answers without end", async () => {
    const endless = "HTTP/1.1 100 Continue\r\n\r\n".repeat(100_000);
    expect(await probeResponse(endless, {}, "stay")).toMatchObject({ cause: "http-header" });
  });

  test("speaks something else, which is quoted harmlessly", async () => {
    expect(await probeResponse("SSH-2.0-OpenSSH_9.2\u001b[31m\r\n", {}, "stay")).toMatchObject({
      outcome: "fail",
      cause: "http-protocol",
      detail: 'not HTTP: "SSH-2.0-OpenSSH_9.2\\u001b[31m\\r\\n"',
    });
  });
});
