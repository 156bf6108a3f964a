import type { TLSSocket } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { probe } from "../../../src/probes/probe.ts";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import type { TlsCheck } from "../../../src/core/target.ts";
import {
  type CertificateOptions,
  type Credentials,
  makeCa,
  makeCertificate,
  tlsServer,
} from "./certificates.ts";
import { httpsTarget, services, SHORT_MS, tcpServer } from "./world.ts";

let ca: Credentials;
beforeAll(async () => {
  ca = await makeCa();
});

/** Probes 127.0.0.1 as `host`, where a server shows a certificate of our CA. */
async function probeCertificate(
  certificate: CertificateOptions,
  check: Partial<TlsCheck> = {},
  host = "app.test",
): Promise<ProbeResult> {
  await using server = await tlsServer(await makeCertificate({ ca, ...certificate }));
  const resolve = async (): Promise<{ address: string }> => ({ address: "127.0.0.1" });
  return await probe(httpsTarget(server.port, { caPem: ca.cert, ...check }, { host }), services({ resolve }));
}

describe("probe() over TLS accepts a certificate", () => {
  test("of a given authority for the host's name, and times the handshake", async () => {
    const result = await probeCertificate({});
    expect(result).toMatchObject({ outcome: "pass", cause: "ok", status: 200, detail: "200 OK" });
    expect(result.phases.resolveMs).toBeGreaterThanOrEqual(0);
    expect(result.phases.tlsMs).toBeGreaterThan(0);
  });

  test("and resets the connection afterwards, so that nothing of it lingers on either side", async () => {
    const closed = Promise.withResolvers<string>();
    const own = await makeCertificate({ ip: "127.0.0.1" });
    await using server = await tlsServer(own, (socket) => {
      socket.on("error", (error) => closed.resolve(error.message));
      socket.on("close", () => closed.resolve("close"));
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    });
    const result = await probe(httpsTarget(server.port, { caPem: own.cert }), services());
    expect(result).toMatchObject({ cause: "ok", status: 200 });
    expect(await closed.promise).toBe("read ECONNRESET");
  });

  test("for the server name that is set, whatever the host is", async () => {
    const result = await probeCertificate({ name: "shop.test" }, { sni: "shop.test" }, "127.0.0.1");
    expect(result).toMatchObject({ cause: "ok" });
  });

  test("for the address, when the host is one", async () => {
    expect(await probeCertificate({ ip: "127.0.0.1" }, {}, "127.0.0.1")).toMatchObject({ cause: "ok" });
  });

  test("for the name without the dot at its end", async () => {
    expect(await probeCertificate({}, {}, "app.test.")).toMatchObject({ cause: "ok" });
  });

  test.each<[string, CertificateOptions]>([
    ["expired", { fromDay: -3, toDay: -2 }],
    ["for another name", { name: "other.test" }],
  ])("that is %s when verification is off", async (_title, certificate) => {
    expect(await probeCertificate(certificate, { skipVerify: true })).toMatchObject({ cause: "ok" });
  });

  test("that signed itself when it is the given authority", async () => {
    const own = await makeCertificate({ ip: "127.0.0.1" });
    await using server = await tlsServer(own);
    expect(await probe(httpsTarget(server.port, { caPem: own.cert }), services())).toMatchObject({
      cause: "ok",
    });
  });
});

describe("probe() over TLS fails as tls-cert on a certificate that", () => {
  test.each<[string, CertificateOptions, Partial<TlsCheck>, RegExp]>([
    ["is expired", { fromDay: -3, toDay: -2 }, {}, /^CERT_HAS_EXPIRED: /],
    ["is not valid yet", { fromDay: 2, toDay: 3 }, {}, /^CERT_NOT_YET_VALID: /],
    ["is for another name", { name: "other.test" }, {}, /^ERR_TLS_CERT_ALTNAME_INVALID: .*app\.test/],
    [
      "is for the host but not for the name that is set",
      {},
      { sni: "shop.test" },
      /^ERR_TLS_CERT_ALTNAME_INVALID/,
    ],
    ["comes from an authority that nobody knows", {}, { caPem: null }, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE: /],
  ])("%s", async (_title, certificate, check, detail) => {
    const result = await probeCertificate(certificate, check);
    expect(result).toMatchObject({
      outcome: "fail",
      cause: "tls-cert",
      status: null,
      phases: { tlsMs: null },
    });
    expect(result.detail).toMatch(detail);
  });

  test("has a name only, when the host is an address", async () => {
    expect(await probeCertificate({}, {}, "127.0.0.1")).toMatchObject({ cause: "tls-cert" });
  });

  test("signed itself", async () => {
    await using server = await tlsServer(await makeCertificate({ ip: "127.0.0.1" }));
    const result = await probe(httpsTarget(server.port), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "tls-cert" });
    expect(result.detail).toMatch(/^DEPTH_ZERO_SELF_SIGNED_CERT: /);
  });
});

describe("probe() over TLS sends", () => {
  test.each<[string, string, string | null, string | false]>([
    ["the host's name", "app.test", null, "app.test"],
    ["the server name that is set", "app.test", "shop.test", "shop.test"],
    ["no server name for an address", "127.0.0.1", null, false],
    ["no server name that is an address", "app.test", "10.0.0.1", false],
  ])("%s", async (_title, host, sni, wanted) => {
    const seen = Promise.withResolvers<string | false | null>();
    await using server = await tlsServer(await makeCertificate({ ca }), (socket) =>
      seen.resolve(socket.servername),
    );
    const resolve = async (): Promise<{ address: string }> => ({ address: "127.0.0.1" });
    const stop = new AbortController();
    const target = httpsTarget(server.port, { sni, skipVerify: true }, { host });
    const result = probe(target, services({ resolve, signal: stop.signal }));
    expect(await seen.promise).toBe(wanted);
    stop.abort();
    await result;
  });

  test("a full handshake every time, though server and context are the same", async () => {
    const resumed: boolean[] = [];
    await using server = await tlsServer(
      await makeCertificate({ ca, ip: "127.0.0.1" }),
      (socket: TLSSocket) => {
        resumed.push(socket.isSessionReused());
        socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
      },
    );
    for (let i = 0; i < 3; i += 1) {
      const result = await probe(httpsTarget(server.port, { caPem: ca.cert }), services());
      expect(result).toMatchObject({ cause: "ok" });
    }
    expect(resumed).toEqual([false, false, false]);
  });
});

describe("probe() over TLS fails when the server", () => {
  test("accepts the connection and never shakes hands", async () => {
    await using server = await tcpServer((socket) => socket.resume());
    const result = await probe(httpsTarget(server.port, {}, { timeoutMs: SHORT_MS }), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "tls-timeout", phases: { tlsMs: null } });
    expect(result.phases.connectMs).toBeGreaterThan(0);
  });

  test("shakes hands and then swallows everything: a TLS blackhole ends at the deadline", async () => {
    await using server = await tlsServer(await makeCertificate({ ca }), () => undefined);
    const target = httpsTarget(server.port, { skipVerify: true }, { timeoutMs: 2 * SHORT_MS });
    const result = await probe(target, services());
    expect(result).toMatchObject({ outcome: "fail", cause: "response-timeout" });
    expect(result.phases.tlsMs).toBeGreaterThan(0);
  });

  test("speaks plain HTTP", async () => {
    await using server = await tcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const result = await probe(httpsTarget(server.port), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "tls-handshake" });
    expect(result.detail).toMatch(/^ERR_SSL_/);
  });

  test("speaks only an old version of TLS", async () => {
    const credentials = await makeCertificate({ ca });
    const options = {
      ...credentials,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    } as const;
    await using server = await tlsServer(options);
    const result = await probe(httpsTarget(server.port, { skipVerify: true }), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "tls-handshake" });
  });

  test("wants a certificate of ours", async () => {
    const credentials = await makeCertificate({ ca });
    await using server = await tlsServer({
      ...credentials,
      ca: ca.cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const result = await probe(httpsTarget(server.port, { skipVerify: true }), services());
    expect(result).toMatchObject({ outcome: "fail", cause: "tls-handshake" });
  });

  test("closes in the handshake", async () => {
    await using server = await tcpServer((socket) => {
      socket.once("data", () => socket.end());
    });
    const result = await probe(httpsTarget(server.port), services());
    expect(result).toMatchObject({ cause: "closed", detail: "closed during the TLS handshake" });
  });

  test("resets in the handshake", async () => {
    await using server = await tcpServer((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    expect(await probe(httpsTarget(server.port), services())).toMatchObject({ cause: "reset" });
  });
});

describe("probe() over TLS is inconclusive when", () => {
  test.each(["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])(
    "the authorities that we were given are %j",
    async (caPem) => {
      let connections = 0;
      await using server = await tcpServer(() => {
        connections += 1;
      });
      const result = await probe(httpsTarget(server.port, { caPem }), services());
      expect(result).toMatchObject({ outcome: "inconclusive", cause: "local-tls", address: null });
      expect(result.detail).toMatch(/^Cannot read the CA: /);
      expect(connections).toBe(0);
    },
  );
});
