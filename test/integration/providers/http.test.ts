import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { ServerResponse } from "node:http";
import { generate } from "selfsigned";
import { expect, test } from "vitest";

import {
  createHttpClient,
  type Budget,
  type HttpCall,
  type HttpOptions,
} from "../../../src/providers/http.ts";
import type { ProviderServices } from "../../../src/providers/provider.ts";
import { leapServices, never, scriptedServer, type Reply } from "./scripted-server.ts";

const get: HttpCall = { operation: "get-thing", method: "GET", path: "/thing", body: null, authorize: null };
const put: HttpCall = { ...get, operation: "put-thing", method: "PUT", body: '{"a": 1}' };

async function world(replies: Reply[], options: Partial<HttpOptions> = {}) {
  const server = await scriptedServer();
  server.on("GET /thing", ...replies);
  server.on("PUT /thing", ...replies);
  const services = leapServices();
  const client = createHttpClient({ origin: server.origin, ...options }, services);
  return {
    server,
    services,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

function within(services: ProviderServices, ms = 5_000, signal: AbortSignal = never): Budget {
  return { signal, deadlineAt: services.now() + ms, group: "web" };
}

test("call() sends exactly the bytes of the body and reports the request", async () => {
  await using it = await world([{ json: { ok: 1 }, headers: { "x-request-id": "r-1" } }]);
  expect(await it.client.call(put, within(it.services))).toMatchObject({
    kind: "answer",
    status: 200,
    json: { ok: 1 },
  });
  expect(it.server.requests[0]).toMatchObject({
    body: '{"a": 1}',
    headers: { "content-type": "application/json" },
  });
  expect(it.services.records).toMatchObject([
    { operation: "put-thing", code: "200", id: "r-1", changes: true, group: "web" },
  ]);
});

test("call() keeps connections for later calls", async () => {
  const ports = new Set<number | undefined>();
  const note = (response: ServerResponse) => {
    ports.add(response.socket?.remotePort);
    response.end("{}");
  };
  await using it = await world([note]);
  for (let i = 0; i < 6; i++) await it.client.call(get, within(it.services));
  // Two, because a connection is free again only a moment after its answer was handed out.
  expect(ports.size).toBeLessThanOrEqual(2);
});

test("a lost reply to a change is no answer to a request that was sent, and is not repeated", async () => {
  await using it = await world(["lost"]);
  const result = await it.client.call(put, within(it.services));
  expect(result).toMatchObject({ kind: "no-answer", reason: "no-connection", sent: true });
  expect(it.server.count("PUT /thing")).toBe(1);
});

test("a lost reply to a question is asked again", async () => {
  await using it = await world(["lost", { json: 1 }]);
  expect(await it.client.call(get, within(it.services))).toMatchObject({ kind: "answer", json: 1 });
  expect(it.services.records.map(({ code }) => code)).toEqual(["no-connection", "200"]);
});

test("a connection that breaks in the middle of the body is no answer", async () => {
  const half = (response: ServerResponse) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"id":', () => response.destroy());
  };
  await using it = await world([half]);
  const result = await it.client.call(put, within(it.services));
  expect(result).toMatchObject({ kind: "no-answer", reason: "no-connection", sent: true });
});

test("a refused connection was not sent", async () => {
  const gone = await scriptedServer();
  await gone[Symbol.asyncDispose]();
  const services = leapServices();
  const client = createHttpClient({ origin: gone.origin }, services);
  const result = await client.call(put, within(services));
  expect(result).toMatchObject({ kind: "no-answer", reason: "no-connection", sent: false });
  expect(result).toMatchObject({ detail: expect.stringContaining("ECONNREFUSED") });
  await client.close();
});

test("503 and then 200 is 200, after one wait with jitter", async () => {
  await using it = await world([{ status: 503 }, { json: 2 }]);
  expect(await it.client.call(get, within(it.services))).toMatchObject({ status: 200 });
  expect(it.services.slept).toEqual([125]);
});

test("429 waits as long as Retry-After says", async () => {
  await using it = await world([{ status: 429, headers: { "retry-after": "2" } }, { json: 2 }]);
  expect(await it.client.call(get, within(it.services))).toMatchObject({ status: 200 });
  expect(it.services.slept).toEqual([2_000]);
});

test("429 whose Retry-After goes past the deadline stands", async () => {
  await using it = await world([{ status: 429, headers: { "retry-after": "600" } }]);
  expect(await it.client.call(get, within(it.services))).toMatchObject({
    status: 429,
    retryAfterMs: 600_000,
  });
  expect(it.services.slept).toEqual([]);
});

test("trouble that stays is asked for four times, 501 and changes once", async () => {
  await using it = await world([{ status: 500 }]);
  expect(await it.client.call(get, within(it.services))).toMatchObject({ status: 500 });
  expect(it.server.count("GET /thing")).toBe(4);
  expect(await it.client.call(put, within(it.services))).toMatchObject({ status: 500 });
  expect(it.server.count("PUT /thing")).toBe(1);
  it.server.on("GET /thing", { status: 501 });
  await it.client.call(get, within(it.services));
  expect(it.server.count("GET /thing")).toBe(5);
});

test("a server that never answers costs the deadline and no more", async () => {
  await using it = await world(["hang"], { callDeadlineMs: 100 });
  const startedAt = performance.now();
  const result = await it.client.call(put, within(it.services));
  expect(result).toMatchObject({ kind: "no-answer", reason: "timeout", sent: true });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(it.services.records).toMatchObject([{ code: "timeout" }]);
});

test("a body that drips without end costs the deadline and no more", async () => {
  const drip = (response: ServerResponse) => {
    const timer = setInterval(() => response.write(" "), 10);
    response.on("close", () => clearInterval(timer));
  };
  await using it = await world([drip], { callDeadlineMs: 150 });
  expect(await it.client.call(get, within(it.services))).toMatchObject({ reason: "timeout", sent: true });
});

test("the budget's deadline counts when it is shorter than the call's", async () => {
  await using it = await world(["hang"]);
  expect(await it.client.call(get, within(it.services, 80))).toMatchObject({ reason: "timeout" });
  expect(await it.client.call(get, within(it.services, 0))).toMatchObject({ reason: "timeout", sent: false });
});

test("an abort ends the call at once", async () => {
  await using it = await world(["hang"]);
  const abort = new AbortController();
  const call = it.client.call(put, within(it.services, 5_000, abort.signal));
  await expect.poll(() => it.server.count("PUT /thing")).toBe(1);
  abort.abort();
  expect(await call).toMatchObject({ reason: "aborted", sent: true });
  expect(await it.client.call(put, within(it.services, 5_000, abort.signal))).toMatchObject({
    reason: "aborted",
    sent: false,
  });
  expect(it.server.count("PUT /thing")).toBe(1);
});

test("a change that is given up while it waits for its connection is never sent", async () => {
  // A server whose backlog accepts, and that reads nothing, cannot be told from a slow one: TLS makes the wait visible.
  const silent = createServer((socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has a port
  const { port } = silent.address() as AddressInfo;
  const services = leapServices();
  const client = createHttpClient({ origin: `https://127.0.0.1:${port}`, callDeadlineMs: 100 }, services);
  expect(await client.call(put, within(services))).toMatchObject({ reason: "timeout", sent: false });
  await client.close();
  silent.close();
});

test("a body of 100 MB is cut at the bound", async () => {
  let sentBytes = 0;
  const flood = (response: ServerResponse) => {
    const chunk = Buffer.alloc(256 * 1024, 0x20);
    const more = () => {
      while (sentBytes < 100 * 1024 * 1024) {
        sentBytes += chunk.length;
        if (!response.write(chunk)) return;
      }
      response.end();
    };
    response.on("drain", more);
    more();
  };
  await using it = await world([flood]);
  expect(await it.client.call(get, within(it.services))).toMatchObject({ reason: "too-large", sent: true });
  expect(sentBytes).toBeLessThan(60 * 1024 * 1024);
});

test("a body that announces more than the bound is not read at all", async () => {
  const announce = (response: ServerResponse) => {
    response.writeHead(200, { "content-length": String(100 * 1024 * 1024) });
    response.flushHeaders();
  };
  await using it = await world([announce]);
  expect(await it.client.call(get, within(it.services))).toMatchObject({
    reason: "too-large",
    detail: "HTTP 200 with a body that is too large: 104857600 bytes, 8388608 bytes are the limit",
  });
});

test("a redirect is not followed", async () => {
  await using it = await world([{ status: 307, headers: { location: "/elsewhere" }, text: "" }]);
  expect(await it.client.call(get, within(it.services))).toMatchObject({
    status: 307,
    location: "/elsewhere",
  });
  expect(it.server.requests).toHaveLength(1);
});

test("garbage instead of HTTP is said so", async () => {
  const rude = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
  });
  await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has a port
  const { port } = rude.address() as AddressInfo;
  const services = leapServices();
  const client = createHttpClient({ origin: `http://127.0.0.1:${port}` }, services);
  expect(await client.call(get, within(services))).toMatchObject({ reason: "not-http", sent: true });
  await client.close();
  rude.close();
});

test("a certificate that nobody vouches for is a TLS failure, and nothing was sent", async () => {
  const pem = await generate([{ name: "commonName", value: "127.0.0.1" }]);
  await using server = await scriptedServer({ key: pem.private, cert: pem.cert });
  const services = leapServices();
  const client = createHttpClient({ origin: server.origin }, services);
  expect(await client.call(get, within(services))).toMatchObject({ reason: "tls", sent: false });
  expect(server.requests).toHaveLength(0);
  expect(services.records).toMatchObject([{ code: "tls" }]);
  await client.close();
});

test("no credential comes back in an error, echoed or not", async () => {
  const secret = "s3cret-token-0001";
  const echo = { status: 403, text: `<title>Bad header Bearer ${secret}</title>` };
  await using it = await world([echo]);
  const authorize = () => ({ headers: { authorization: `Bearer ${secret}` }, secrets: [secret] });
  const result = await it.client.call({ ...get, authorize }, within(it.services));
  expect(it.server.requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  expect(result).toMatchObject({ problem: 'an HTML page: "Bad header Bearer [secret]"' });
  expect(JSON.stringify([result, it.services.records])).not.toContain(secret);
});

test("a credential with a line break is not sent, and not shown", async () => {
  await using it = await world([{}]);
  const authorize = () => ({ headers: { authorization: "Bearer first\nsecond" }, secrets: [] });
  const result = await it.client.call({ ...put, authorize }, within(it.services));
  expect(result).toMatchObject({ reason: "not-sendable", sent: false });
  expect(JSON.stringify(result)).not.toContain("second");
});
