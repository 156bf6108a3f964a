/** Probes of a target with `reuse`, against a server that tells which request came over which connection. */
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, test } from "vitest";
import { connectionMaxMs, distrustMs } from "../../../src/core/kept.ts";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import type { HttpCheck } from "../../../src/core/target.ts";
import { PreparedProbe } from "../../../src/probes/prepared-probe.ts";
import { makeCertificate } from "./certificates.ts";
import { runElsewhere } from "./elsewhere.ts";
import {
  type Answer,
  counting,
  gone,
  ok,
  preparedFor,
  resets,
  resultOf,
  results,
  says,
  settled,
} from "./reuse-world.ts";
import { httpsTarget, httpTarget, services, SHORT_MS, tcpServer } from "./world.ts";

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";

describe("after an answer a connection is used again", () => {
  test.each<[string, string, Partial<HttpCheck>?]>([
    ["without a body", "HTTP/1.1 204 No Content\r\n\r\n"],
    ["with an empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["with a body that nobody looks at", ok],
    ["with a body that is looked at", ok, { expectBody: "o" }],
    ["in chunks", `${chunked}\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n`],
    ["in chunks that are looked at", `${chunked}\r\n2\r\nok\r\n0\r\n\r\n`, { expectBody: "o" }],
    ["in chunks with trailers", `${chunked}\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n`],
    ["after interim ones", `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${ok}`],
    ["to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", { method: "HEAD" }],
    ["that promises patience", ok.replace("\r\n\r\n", "\r\nKeep-Alive: timeout=11, max=9\r\n\r\n")],
  ])("%s", async (_title, text, check) => {
    await using server = await counting(Array.from({ length: 4 }, () => says(text)));
    const prepared = preparedFor(server.port, check);
    const all = await results(prepared, 4);
    prepared.abort();
    expect(all.map(({ cause }) => cause)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(all.map(({ phases }) => phases.connectMs === null)).toEqual([false, true, true, true]);
    expect(server.served).toEqual([0, 0, 0, 0]);
  });

  test("once the rest of its body has come", async () => {
    await using server = await counting([
      says("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nok, more"),
      says(`${chunked}\r\n2\r\nok\r\n`),
    ]);
    const prepared = preparedFor(server.port, { expectBody: "ok" });
    for (const rest of [" ...", "0\r\nX: y\r\n\r\n"]) {
      expect(await resultOf(prepared)).toMatchObject({ cause: "ok" });
      server.sockets[0]?.write(rest);
      await settled();
    }
    await resultOf(prepared);
    prepared.abort();
    expect(server.served).toEqual([0, 0, 0]);
  });
});

describe("after an answer a connection is not used again", () => {
  const withField = (field: string): string => ok.replace("\r\n\r\n", `\r\n${field}\r\n\r\n`);

  test.each<[string, string]>([
    ["that ends with the connection", "HTTP/1.1 200 OK\r\n\r\nok"],
    ["of HTTP/1.0", withField("Connection: keep-alive").replace("1.1", "1.0")],
    ["that says so", withField("Connection: close")],
    ["that says so among other things", withField("connection: Keep-Alive, CLOSE")],
    ["that is less patient than the interval", withField("Keep-Alive: timeout=10")],
    ["that is too long", "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\nok"],
    ["that is too long in chunks", `${chunked}\r\nfffff\r\n${"x".repeat(70_000)}`],
    ["whose body does not end", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"],
    ["whose chunks do not end", `${chunked}\r\n2\r\nok\r\n`],
    ["whose trailers do not end", `${chunked}\r\n2\r\nok\r\n0\r\nX: y\r\n`],
    ["whose chunks make no sense", `${chunked}\r\nxyz\r\nok\r\n0\r\n\r\n`],
    ["that says its length in two ways", `${chunked}Content-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ["that has more than its body", `${ok}.`],
    ["that has more than its chunks", `${chunked}\r\n0\r\n\r\n.`],
    ["that has more than no body", "HTTP/1.1 204 No Content\r\n\r\nok"],
    ["that changes the protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
  ])("%s", async (_title, text) => {
    await using server = await counting([says(text), says(text)]);
    const prepared = preparedFor(server.port);
    const all = await results(prepared, 2);
    prepared.abort();
    expect(all.map(({ cause }) => cause)).toEqual(["ok", "ok"]);
    expect(server.served).toEqual([0, 1]);
  });

  test("when the next probe begins at once, before the body has been read", async () => {
    await using server = await counting([says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok")]);
    const prepared = preparedFor(server.port);
    const second = await new Promise<ProbeResult>((resolve) => {
      prepared.start(() => prepared.start(resolve));
    });
    prepared.abort();
    expect(second).toMatchObject({ cause: "ok" });
    expect(server.served).toEqual([0, 1]);
  });
});

describe("a connection that waits", () => {
  test.each<[string, Answer]>([
    ["is closed by the server", (socket) => socket.end()],
    ["is reset by the server", resets],
    ["gets what nobody asked for", says("HTTP/1.1 408 Request Timeout\r\n\r\n")],
  ])("and %s is given up, and nothing counts", async (_title, act) => {
    await using server = await counting();
    const prepared = preparedFor(server.port);
    await resultOf(prepared);
    const [socket] = server.sockets;
    if (socket !== undefined) act(socket);
    await gone(socket);
    await settled();
    const result = await resultOf(prepared);
    prepared.abort();
    expect(result).toMatchObject({ cause: "ok" });
    expect(server.served).toEqual([0, 1]);
  });

  test("is closed when the probe is aborted, and also while a probe is under way on it", async () => {
    await using server = await counting([says(ok), says(ok), () => undefined]);
    const prepared = preparedFor(server.port);
    await resultOf(prepared);
    await settled();
    prepared.abort();
    await gone(server.sockets[0]);

    await resultOf(prepared);
    await settled();
    const result = resultOf(prepared);
    prepared.abort();
    await gone(server.sockets[1]);
    expect(await result).toMatchObject({ cause: "aborted" });
  });

  test("is closed a minute after it was opened, and no sooner", async () => {
    await using server = await counting();
    let now = 0;
    const prepared = preparedFor(server.port, {}, { intervalMs: 30_000 }, { now: () => now });
    for (now of [0, 29_999, connectionMaxMs, connectionMaxMs + 1]) await results(prepared, 1);
    prepared.abort();
    expect(server.served).toEqual([0, 0, 1, 1]);
  });

  test("is none when the next probe would come too late for it", async () => {
    await using server = await counting();
    const prepared = preparedFor(server.port, {}, { intervalMs: connectionMaxMs });
    await resultOf(prepared);
    await gone(server.sockets[0]);
    await resultOf(prepared);
    expect(server.served).toEqual([0, 1]);
  });

  test("does not serve another address", async () => {
    await using server = await counting([], { host: "0.0.0.0" });
    const addresses = ["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.1"];
    const resolve = async (): Promise<{ address: string }> => ({ address: addresses.shift() ?? "" });
    const prepared = preparedFor(server.port, {}, { host: "app.test" }, { resolve });
    const all = await results(prepared, 4);
    prepared.abort();
    expect(all.map(({ address }) => address)).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.1"]);
    expect(server.served).toEqual([0, 0, 1, 2]);
  });
});

describe("over a connection that was there before", () => {
  test.each<[string, Answer]>([
    ["an end", (socket) => socket.end()],
    ["a reset", resets],
    ["an end within the header", (socket) => socket.end("HTTP/1.1 200 OK\r\nConte")],
    ["what is no HTTP", says("the rest of the body before\r\n\r\n")],
    ["a header without end", says(`HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(4_000)}`)],
    ["a 408", (socket) => socket.end("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")],
    ["a farewell", (socket) => socket.end("HTTP/1.1 503 Shutting down\r\nConnection: close\r\n\r\n")],
  ])("%s is no answer: the same probe asks over a fresh one", async (_title, answer) => {
    await using server = await counting([says(ok), answer]);
    const prepared = preparedFor(server.port);
    const all = await results(prepared, 3);
    prepared.abort();
    expect(all.map(({ cause, status }) => [cause, status])).toEqual([
      ["ok", 200],
      ["ok", 200],
      ["ok", 200],
    ]);
    expect(all[1]?.phases.connectMs).not.toBeNull();
    expect(server.served).toEqual([0, 0, 1, 1]);
  });

  test("a reset is a fail once a fresh one has failed, and that one is not kept", async () => {
    await using server = await counting([says(ok), resets, resets]);
    const all = await results(preparedFor(server.port), 2);
    expect(all.map(({ cause }) => cause)).toEqual(["ok", "reset"]);
    expect(server.served).toEqual([0, 0, 1]);
  });

  test("a fail in its place: none is kept for an hour, since the time that it took was missing", async () => {
    await using server = await counting([says(ok), resets, () => undefined]);
    const prepared = preparedFor(server.port, {}, { timeoutMs: SHORT_MS });
    const all = await results(prepared, 4);
    prepared.abort();
    expect(all.map(({ cause }) => cause)).toEqual(["ok", "response-timeout", "ok", "ok"]);
    expect(server.served).toEqual([0, 0, 1, 2, 3]);
  });

  test("a farewell that a fresh one says too is an answer", async () => {
    const farewell = says("HTTP/1.1 503 Shutting down\r\nConnection: close\r\n\r\n");
    await using server = await counting([says(ok), farewell, farewell]);
    const all = await results(preparedFor(server.port), 2);
    expect(all.map(({ cause }) => cause)).toEqual(["ok", "http-status"]);
    expect(server.served).toEqual([0, 0, 1]);
  });

  test("a reset is a fail when nobody listens any more", async () => {
    const last: Answer = (socket) => {
      server.server.close();
      socket.resetAndDestroy();
    };
    const server = await counting([says(ok), last]);
    const all = await results(preparedFor(server.port), 2);
    expect(all.map(({ cause }) => cause)).toEqual(["ok", "refused"]);
  });

  test.each<[string, Answer, Partial<HttpCheck>, string]>([
    ["a wrong status", says("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), {}, "http-status"],
    ["a wrong body", says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"), { expectBody: "ok" }, "body"],
    [
      "a body that is cut short",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
      { expectBody: "ok" },
      "closed",
    ],
  ])("%s is an answer, and the next probe is over a fresh one", async (_title, answer, check, cause) => {
    await using server = await counting([says(ok), answer]);
    const prepared = preparedFor(server.port, check);
    const all = await results(prepared, 4);
    prepared.abort();
    expect(all.map((result) => result.cause)).toEqual(["ok", cause, "ok", "ok"]);
    expect(server.served).toEqual([0, 0, 1, 1]);
  });

  test("silence is a fail, the next probe is over a fresh one, and none is kept for an hour", async () => {
    await using server = await counting([says(ok), () => undefined]);
    let now = 0;
    const changes = { timeoutMs: SHORT_MS };
    const prepared = preparedFor(server.port, {}, changes, { now: () => now });
    const all = await results(prepared, 4);
    now = distrustMs;
    all.push(...(await results(prepared, 2)));
    prepared.abort();
    expect(all.map(({ cause }) => cause)).toEqual(["ok", "response-timeout", "ok", "ok", "ok", "ok"]);
    expect(server.served).toEqual([0, 0, 1, 2, 3, 3]);
  });
});

describe("over TLS", () => {
  test("a connection is used again without a handshake, and without waiting for a turn at one", async () => {
    const own = await makeCertificate({ ip: "127.0.0.1" });
    await using server = await counting([], { make: (serve) => createTlsServer(own, serve) });
    const target = httpsTarget(server.port, { caPem: own.cert }, { intervalMs: 10_000 });
    const http = target.http && { ...target.http, reuse: true };
    const prepared = new PreparedProbe({ ...target, http }, services());
    await results(prepared, 2);

    await using silent = await tcpServer((socket) => socket.resume());
    const waiting = Array.from({ length: 20 }, () => new PreparedProbe(httpsTarget(silent.port), services()));
    const others = waiting.map(resultOf);
    const third = resultOf(prepared);
    for (const each of waiting) each.abort();
    await Promise.all(others);
    expect(await third).toMatchObject({ cause: "ok", queuedMs: 0, phases: { tlsMs: null } });
    prepared.abort();
    expect(server.served).toEqual([0, 0, 0]);
  });

  test("a reset over a connection that was there before leads to a fresh handshake", async () => {
    const own = await makeCertificate({ ip: "127.0.0.1" });
    const closes: Answer = (socket) => socket.destroy();
    await using server = await counting([says(ok), closes], { make: (serve) => createTlsServer(own, serve) });
    const target = httpsTarget(server.port, { caPem: own.cert, resume: true }, { intervalMs: 10_000 });
    const http = target.http && { ...target.http, reuse: true };
    const prepared = new PreparedProbe({ ...target, http }, services());
    const all = await results(prepared, 3);
    prepared.abort();
    expect(all.map(({ cause }) => cause)).toEqual(["ok", "ok", "ok"]);
    expect(all[1]?.phases.tlsMs).not.toBeNull();
    expect(server.served).toEqual([0, 0, 1, 1]);
  });
});

test("probe() of a target with reuse keeps nothing, and its process ends by itself", async () => {
  await using server = await counting();
  const target = httpTarget(server.port, { reuse: true }, { intervalMs: 10_000 });
  const body = `const { cause } = await probe(${JSON.stringify(target)}, services); answer(cause);`;
  expect(await runElsewhere(body)).toBe("ok");
});
