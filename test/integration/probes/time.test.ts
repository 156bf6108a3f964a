/** Whose time was it? Late timers, a stuck event loop, answers that lie in the kernel, and being told to stop. */
import type { Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import { probe } from "../../../src/probes/probe.ts";
import { createResolver, type Resolution } from "../../../src/probes/resolve.ts";
import { makeCertificate, tlsServer } from "./certificates.ts";
import { dnsServer } from "./dns-server.ts";
import {
  httpsTarget,
  httpTarget,
  rawHttpServer,
  services,
  strictServices,
  tcpServer,
  tcpTarget,
} from "./world.ts";

/** Stops this whole process from doing anything, as a long garbage collection or a paused machine does. */
function blockMs(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe("a passed deadline is inconclusive", () => {
  test("when the timer fires late because the loop was stuck", async () => {
    const connected = Promise.withResolvers<void>();
    await using server = await tcpServer(() => connected.resolve());
    const result = probe(httpTarget(server.port, {}, { timeoutMs: 200 }), strictServices());
    await connected.promise;
    blockMs(400);
    expect(await result).toMatchObject({ outcome: "inconclusive", cause: "late" });
    expect((await result).detail).toMatch(/^no .* after 200 ms, but this process was late by \d+ ms$/);
  });

  test("when the loop was stuck in the middle and the timer fires in time", async () => {
    const connected = Promise.withResolvers<void>();
    await using server = await tcpServer(() => connected.resolve());
    const result = probe(httpTarget(server.port, {}, { timeoutMs: 500 }), strictServices());
    await connected.promise;
    blockMs(200);
    expect(await result).toMatchObject({ outcome: "inconclusive", cause: "late" });
  });

  test("when the clock says that it fired late", async () => {
    await using server = await tcpServer(() => undefined);
    let calls = 0;
    const now = (): number => (calls++ < 3 ? 0 : 10_000);
    const result = await probe(httpTarget(server.port, {}, { timeoutMs: 50 }), {
      ...services({ now }),
      lateLimitMs: 50,
    });
    expect(result).toMatchObject({ outcome: "inconclusive", cause: "late" });
  });

  test("when the answer already lay in the kernel", async () => {
    await using server = await rawHttpServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      blockMs(250);
    });
    const result = await probe(httpTarget(server.port, {}, { timeoutMs: 100 }), services());
    expect(result).toMatchObject({ outcome: "inconclusive", cause: "late", status: 200 });
    expect(result.detail).toBe("seen only after the deadline of 100 ms");
  });
});

test("an answer that is seen before the timer but after the deadline is inconclusive", async () => {
  await using server = await rawHttpServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  const clock = { ms: 0 };
  const now = (): number => (clock.ms += 100);
  const result = await probe(httpTarget(server.port, {}, { timeoutMs: 500 }), services({ now }));
  expect(result).toMatchObject({ outcome: "inconclusive", cause: "late", status: 200 });
});

describe("a passed deadline counts", () => {
  test("when the process was awake all the time, and the result says so at once", async () => {
    await using server = await tcpServer(() => undefined);
    const result = await probe(httpTarget(server.port, {}, { timeoutMs: 100 }), {
      ...services(),
      lateLimitMs: 5_000,
    });
    expect(result).toMatchObject({ outcome: "fail", cause: "response-timeout" });
    expect(result.durationMs).toBeGreaterThan(98);
  });

  test("not against an answer that other trouble of the target has given", async () => {
    await using server = await rawHttpServer((socket) => {
      socket.write("HTTP/1.1 500 Oops\r\n\r\n");
      blockMs(250);
    });
    const result = await probe(httpTarget(server.port, {}, { timeoutMs: 100 }), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "http-status", status: 500 });
  });
});

describe("a resolver that takes much of the timeout takes none of the target's", () => {
  /** A name that takes `resolveMs`, and a server that does `answer` at the end of a request, on timers that only the test moves. */
  async function probeSlowName(resolveMs: number, answer: (socket: Socket) => void): Promise<ProbeResult> {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    await using server = await rawHttpServer(answer);
    const resolve = async (): Promise<Resolution> => {
      vi.advanceTimersByTime(resolveMs);
      return { address: "127.0.0.1" };
    };
    const target = httpTarget(server.port, {}, { host: "app.test", timeoutMs: 2_000 });
    return await probe(target, strictServices({ resolve }));
  }
  const answerAfter = (ms: number) => (socket: Socket) => {
    vi.advanceTimersByTime(ms);
    socket.end("HTTP/1.1 200 OK\r\n\r\n");
  };
  const stayOpenFor = (ms: number) => (): void => {
    vi.advanceTimersByTime(ms);
  };

  test("an answer within the timeout of the end of the resolution passes", async () => {
    expect(await probeSlowName(1_002, answerAfter(1_100))).toMatchObject({
      outcome: "pass",
      durationMs: 2_102,
      phases: { resolveMs: 1_002 },
    });
  });

  test("a target that stays silent for the whole of it fails all the same", async () => {
    expect(await probeSlowName(1_002, stayOpenFor(2_010))).toMatchObject({
      outcome: "fail",
      cause: "response-timeout",
      detail: "no complete response header after 2000 ms, not counting the 1002 ms that our resolver took",
    });
  });

  test("a resolution of a tenth of the timeout is part of it", async () => {
    expect(await probeSlowName(200, stayOpenFor(1_810))).toMatchObject({
      outcome: "fail",
      cause: "response-timeout",
      detail: "no complete response header after 2000 ms",
    });
  });
});

describe("abort ends a probe at once as inconclusive", () => {
  const aborted = { outcome: "inconclusive", cause: "aborted", detail: null };

  test("before it has started", async () => {
    expect(await probe(tcpTarget(1), services({ signal: AbortSignal.abort() }))).toMatchObject(aborted);
  });

  test("while it resolves", async () => {
    await using dns = await dnsServer({ "app.test": "silence" });
    const stop = new AbortController();
    const resolver = createResolver({ servers: [dns.address], hostsFile: "/nonexistent" });
    const cancelled = Promise.withResolvers<unknown>();
    const result = probe(
      tcpTarget(1, { host: "app.test" }),
      services({
        signal: stop.signal,
        resolve: (host, signal) => {
          const resolution = resolver(host, signal);
          cancelled.resolve(resolution);
          return resolution;
        },
      }),
    );
    stop.abort();
    expect(await result).toMatchObject(aborted);
    expect(await cancelled.promise).toMatchObject({ detail: expect.stringContaining("ECANCELLED") });
  });

  test("in the TLS handshake", async () => {
    const stop = new AbortController();
    await using server = await tcpServer((socket) => socket.once("data", () => stop.abort()));
    expect(await probe(httpsTarget(server.port), services({ signal: stop.signal }))).toMatchObject(aborted);
  });

  test("while it waits for the answer", async () => {
    const stop = new AbortController();
    await using server = await tlsServer(await makeCertificate(), () => stop.abort());
    const target = httpsTarget(server.port, { skipVerify: true });
    expect(await probe(target, services({ signal: stop.signal }))).toMatchObject(aborted);
  });
});
