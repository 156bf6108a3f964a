/** Probes of a target with `resume`: real handshakes, of which the server tells whether they were full. */
import { constants } from "node:crypto";
import { connect } from "node:net";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { distrustMs, sessionMaxMs } from "../../../src/core/kept.ts";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import type { Target } from "../../../src/core/target.ts";
import { PreparedProbe } from "../../../src/probes/prepared-probe.ts";
import { type Credentials, makeCa, makeCertificate } from "./certificates.ts";
import { httpsTarget, listening, onRequest, type Running, services, SHORT_MS, tcpServer } from "./world.ts";

const HOUR_MS = 3_600_000;

let ca: Credentials;
let credentials: Credentials;
beforeAll(async () => {
  ca = await makeCa();
  credentials = await makeCertificate({ ca, ip: "127.0.0.1" });
});

/** A server that answers 200, or as it is told, and notes of each handshake whether it was a short one. */
interface Counting extends Running {
  readonly resumed: boolean[];
  readonly server: Server;
  answer: (socket: TLSSocket) => void;
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

async function counting(options: TlsOptions = {}, host?: string): Promise<Counting> {
  const resumed: boolean[] = [];
  const server = createServer({ ...credentials, ...options }, (socket) => {
    socket.on("error", () => socket.destroy());
    resumed.push(socket.isSessionReused());
    onRequest(socket, () => running.answer(socket));
  });
  server.on("tlsClientError", () => undefined);
  const running: Counting = {
    ...(await listening(server, host)),
    resumed,
    server,
    answer: (socket) => socket.write(ok),
  };
  return running;
}

function prepare(
  port: number,
  changes: Partial<Target> = {},
  given: Parameters<typeof services>[0] = {},
): () => Promise<ProbeResult> {
  const target = httpsTarget(port, { caPem: ca.cert, resume: true }, changes);
  const prepared = new PreparedProbe(target, services(given));
  return () => new Promise((resolve) => prepared.start(resolve));
}

describe.each(["TLSv1.3", "TLSv1.2"] as const)("a target with resume, over %s", (maxVersion) => {
  test("shakes hands in full once, and then for short, again and again", async () => {
    await using server = await counting({ maxVersion });
    const probe = prepare(server.port);
    for (let i = 0; i < 4; i += 1) expect(await probe()).toMatchObject({ cause: "ok", status: 200 });
    expect(server.resumed).toEqual([false, true, true, true]);
  });

  test("shakes hands in full after each probe that did not pass", async () => {
    await using server = await counting({ maxVersion });
    const probe = prepare(server.port);
    await probe();
    server.answer = (socket) => socket.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    expect(await probe()).toMatchObject({ cause: "http-status" });
    expect(await probe()).toMatchObject({ cause: "http-status" });
    server.answer = (socket) => socket.write(ok);
    await probe();
    await probe();
    expect(server.resumed).toEqual([false, true, false, false, true]);
  });

  test("sees another certificate an hour after the last full handshake, though a session was used since", async () => {
    const ticketKeys = Buffer.alloc(48, 1);
    await using server = await counting({ maxVersion, ticketKeys });
    let now = 0;
    const probe = prepare(server.port, { timeoutMs: 10 * HOUR_MS }, { now: () => now });
    await probe();
    const other = await makeCertificate({ ca, name: "other.test" });
    server.server.setSecureContext({ ...other, maxVersion, ticketKeys });
    now = sessionMaxMs / 2;
    expect(await probe()).toMatchObject({ cause: "ok" });
    now = sessionMaxMs - 1;
    expect(await probe()).toMatchObject({ cause: "ok" });
    now = sessionMaxMs;
    expect(await probe()).toMatchObject({ cause: "tls-cert" });
    expect(await probe()).toMatchObject({ cause: "tls-cert" });
    expect(server.resumed.slice(0, 3)).toEqual([false, true, true]);
  });

  test.each([
    ["the certificate", 1 / 48, 1],
    ["one between it and its authority", 1, 1 / 48],
  ])("shakes hands in full once %s has expired", async (_title, toDay, betweenToDay) => {
    const between = await makeCa({ name: "Between", ca, toDay: betweenToDay });
    const { cert, key } = await makeCertificate({ ca: between, ip: "127.0.0.1", toDay });
    await using server = await counting({ maxVersion, key, cert: `${cert}\n${between.cert}` });
    let now = 0;
    const probe = prepare(server.port, { timeoutMs: 10 * HOUR_MS }, { now: () => now });
    await probe();
    now = HOUR_MS / 4;
    await probe();
    now = HOUR_MS / 2;
    await probe();
    expect(server.resumed).toEqual([false, true, false]);
  });
});

describe("a target with resume", () => {
  test("shakes hands in full with a server that has forgotten its sessions, and the probe passes", async () => {
    await using server = await counting({ maxVersion: "TLSv1.3" });
    const probe = prepare(server.port);
    await probe();
    server.server.setTicketKeys(Buffer.alloc(48, 7));
    expect(await probe()).toMatchObject({ cause: "ok" });
    await probe();
    expect(server.resumed).toEqual([false, false, true]);
  });

  test("offers nothing to another address", async () => {
    await using server = await counting({}, "0.0.0.0");
    const addresses = ["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.1"];
    const left = [...addresses];
    const resolve = async (): Promise<{ address: string }> => ({ address: left.shift() ?? "" });
    const probe = prepare(server.port, { host: "app.test" }, { resolve });
    for (const address of addresses) expect(await probe()).toMatchObject({ cause: "ok", address });
    expect(server.resumed).toEqual([false, true, false, false]);
  });

  test("never shares a session with another target of the same server", async () => {
    await using server = await counting();
    await prepare(server.port)();
    await prepare(server.port)();
    expect(server.resumed).toEqual([false, false]);
  });

  test("keeps none of a server that gives none, nor of one whose certificate was not accepted", async () => {
    await using none = await counting({ secureOptions: constants.SSL_OP_NO_TICKET, maxVersion: "TLSv1.2" });
    const probe = prepare(none.port);
    await probe();
    expect(await probe()).toMatchObject({ cause: "ok" });

    const stranger = await makeCertificate({ ip: "127.0.0.1" });
    await using server = await counting({ ...stranger, maxVersion: "TLSv1.2" });
    const refused = prepare(server.port);
    expect(await refused()).toMatchObject({ cause: "tls-cert" });
    expect(await refused()).toMatchObject({ cause: "tls-cert" });
  });

  test("gives a session back when it is aborted", async () => {
    await using server = await counting();
    const prepared = new PreparedProbe(
      httpsTarget(server.port, { caPem: ca.cert, resume: true }),
      services(),
    );
    const probe = (): Promise<ProbeResult> => new Promise((resolve) => prepared.start(resolve));
    await probe();
    prepared.abort();
    await probe();
    expect(server.resumed).toEqual([false, false]);
  });
});

describe("a handshake in which a session was offered, and that", () => {
  type Manner = "sound" | "reset" | "garbage" | "end" | "silence";

  /** Leads the n-th connection to `port` in the n-th manner. */
  async function badly(port: number, manners: readonly Manner[]): Promise<Running> {
    const left = [...manners];
    return tcpServer((socket) => {
      const manner = left.shift();
      if (manner === "sound")
        socket.pipe(connect(port, "127.0.0.1").on("error", () => undefined)).pipe(socket);
      else
        socket.once("data", () => {
          if (manner === "reset") socket.resetAndDestroy();
          else if (manner === "end") socket.end();
          else if (manner === "garbage") socket.end("garbage in the place of a handshake");
        });
    });
  }

  test.each(["reset", "garbage", "end"] as const)(
    "ends by %s, counts for nothing, and no session is used for an hour",
    async (manner) => {
      await using server = await counting();
      await using way = await badly(server.port, ["sound", manner, "sound", "sound", "sound", "sound"]);
      let now = 0;
      const probe = prepare(way.port, { timeoutMs: 10 * HOUR_MS }, { now: () => now });
      for (let i = 0; i < 3; i += 1) expect(await probe()).toMatchObject({ cause: "ok" });
      now = distrustMs;
      await probe();
      await probe();
      expect(server.resumed).toEqual([false, false, false, false, true]);
    },
  );

  test("ends by silence, is a fail, and no session is used for an hour", async () => {
    await using server = await counting();
    await using way = await badly(server.port, ["sound", "silence", "sound", "sound"]);
    const probe = prepare(way.port, { timeoutMs: 10 * SHORT_MS });
    const causes = [await probe(), await probe(), await probe(), await probe()].map(({ cause }) => cause);
    expect(causes).toEqual(["ok", "tls-timeout", "ok", "ok"]);
    expect(server.resumed).toEqual([false, false, false]);
  });

  test("fails in full too, is a fail", async () => {
    await using server = await counting();
    await using way = await badly(server.port, ["sound", "reset", "reset", "sound"]);
    const probe = prepare(way.port);
    await probe();
    expect(await probe()).toMatchObject({ outcome: "fail", cause: "reset" });
    expect(await probe()).toMatchObject({ cause: "ok" });
  });

  test("is aborted, leaves nothing behind", async () => {
    await using server = await counting();
    await using way = await badly(server.port, ["sound", "silence", "sound"]);
    const prepared = new PreparedProbe(httpsTarget(way.port, { caPem: ca.cert, resume: true }), services());
    const probe = (): Promise<ProbeResult> => new Promise((resolve) => prepared.start(resolve));
    await probe();
    const result = probe();
    prepared.abort();
    expect(await result).toMatchObject({ cause: "aborted" });
  });
});
