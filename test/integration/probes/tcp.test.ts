import { describe, expect, test } from "vitest";
import { probe } from "../../../src/probes/probe.ts";
import { blackhole, closedPort, services, SHORT_MS, tcpServer, tcpTarget } from "./world.ts";

describe("probe() over TCP", () => {
  test("passes when the connection is accepted, and names the address and the time", async () => {
    await using server = await tcpServer(() => undefined);
    const result = await probe(tcpTarget(server.port), services());
    expect(result).toMatchObject({
      outcome: "pass",
      cause: "ok",
      detail: null,
      address: "127.0.0.1",
      status: null,
    });
    expect(result.phases).toMatchObject({ resolveMs: null, tlsMs: null, headersMs: null, bodyMs: null });
    expect(result.phases.connectMs).toBeGreaterThan(0);
    expect(result.durationMs).toBeGreaterThanOrEqual(result.phases.connectMs ?? Infinity);
  });

  test("resets its connection, so that nothing of it lingers on either side", async () => {
    const closed = Promise.withResolvers<string>();
    await using server = await tcpServer((socket) => {
      socket.on("end", () => closed.resolve("end"));
      socket.on("error", (error) => closed.resolve(error.message));
      socket.resume();
    });
    await probe(tcpTarget(server.port), services());
    expect(await closed.promise).toBe("read ECONNRESET");
  });

  test("passes also when the server closes at once", async () => {
    await using server = await tcpServer((socket) => socket.destroy());
    expect(await probe(tcpTarget(server.port), services())).toMatchObject({ outcome: "pass" });
  });

  test("fails as refused when nothing listens", async () => {
    const port = await closedPort();
    expect(await probe(tcpTarget(port), services())).toMatchObject({
      outcome: "fail",
      cause: "refused",
      detail: `connect ECONNREFUSED 127.0.0.1:${port}`,
      address: "127.0.0.1",
      phases: { connectMs: null },
    });
  });

  test("fails as connect-timeout when the network swallows the connection", async () => {
    await using hole = await blackhole();
    const result = await probe(tcpTarget(hole.port, { timeoutMs: SHORT_MS }), services());
    expect(result).toMatchObject({
      outcome: "fail",
      cause: "connect-timeout",
      detail: `no connection after ${SHORT_MS} ms`,
      phases: { connectMs: null },
    });
    expect(result.durationMs).toBeGreaterThan(SHORT_MS - 2);
  });

  test("reaches an IPv6 address, also in brackets", async ({ skip }) => {
    const server = await tcpServer(() => undefined, "::1").catch(() => null);
    if (server === null) return skip("this machine has no IPv6 loopback");
    await using running = server;
    for (const host of ["::1", "[::1]"]) {
      const result = await probe(tcpTarget(running.port, { host }), services());
      expect(result).toMatchObject({ outcome: "pass", address: "::1" });
    }
  });
});
