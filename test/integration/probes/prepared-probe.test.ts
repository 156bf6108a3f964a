/** What a prepared probe adds to `probe()`: it is used again and again, and it may wait for its turn. */
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import { PreparedProbe } from "../../../src/probes/prepared-probe.ts";
import { httpsTarget, rawHttpServer, httpTarget, services, tcpServer, tcpTarget } from "./world.ts";

const resultOf = (prepared: PreparedProbe): Promise<ProbeResult> =>
  new Promise((resolve) => prepared.start(resolve));

test("PreparedProbe probes again over a fresh connection, also from within its result", async () => {
  let connections = 0;
  await using server = await rawHttpServer((socket) => {
    connections += 1;
    socket.end(`HTTP/1.1 ${connections === 2 ? 503 : 200} x\r\n\r\n`);
  });
  const prepared = new PreparedProbe(httpTarget(server.port), services());
  const statuses: (number | null)[] = [];
  await new Promise<void>((resolve) => {
    const again = ({ status }: ProbeResult): void => {
      statuses.push(status);
      if (statuses.length < 3) prepared.start(again);
      else resolve();
    };
    prepared.start(again);
  });
  expect(statuses).toEqual([200, 503, 200]);
  expect(connections).toBe(3);
});

test("PreparedProbe never overlaps itself", async () => {
  await using server = await tcpServer(() => undefined);
  const prepared = new PreparedProbe(tcpTarget(server.port), services());
  const first = resultOf(prepared);
  expect(() => prepared.start(() => undefined)).toThrow(/still under way/);
  expect(await first).toMatchObject({ cause: "ok" });
});

test("PreparedProbe.abort() ends the probe under way, and does nothing when there is none", async () => {
  await using server = await tcpServer(() => undefined);
  const prepared = new PreparedProbe(tcpTarget(server.port), services());
  prepared.abort();
  const result = resultOf(prepared);
  prepared.abort();
  prepared.abort();
  expect(await result).toMatchObject({ outcome: "inconclusive", cause: "aborted" });
  expect(await resultOf(prepared)).toMatchObject({ cause: "ok" });
});

test("a handshake that waits for its turn has no connection and no running clock", async () => {
  const sockets: Socket[] = [];
  const sixteen = Promise.withResolvers<void>();
  await using server = await tcpServer((socket) => {
    sockets.push(socket.resume());
    if (sockets.length === 16) sixteen.resolve();
  });
  const all = Array.from({ length: 17 }, () => new PreparedProbe(httpsTarget(server.port), services()));
  const results = all.map(resultOf);
  const last = all.at(-1);
  last?.abort();
  expect(await results.at(-1)).toMatchObject({ cause: "aborted", address: null });
  await sixteen.promise;
  expect(sockets).toHaveLength(16);
  for (const prepared of all) prepared.abort();
  for (const { cause } of await Promise.all(results)) expect(cause).toBe("aborted");
});

test("the time that a handshake waited is told apart from the time that it took", async () => {
  await using server = await tcpServer((socket) => socket.once("data", () => socket.destroy()));
  const all = Array.from({ length: 40 }, () => new PreparedProbe(httpsTarget(server.port), services()));
  const results = await Promise.all(all.map(resultOf));
  expect(results.at(-1)?.queuedMs).toBeGreaterThan(results[0]?.queuedMs ?? Infinity);
  expect(results.every(({ outcome }) => outcome === "fail")).toBe(true);
});
