/** The API on a port: who may read, who may order, what an order is signed with, and what is answered to everybody else. */
import { connect } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TlsConfig } from "../../../src/config/config.ts";
import { Secret } from "../../../src/config/secret.ts";
import { operations } from "../../../src/server/api/operations.ts";
import { makeCa, makeCertificate, type Credentials } from "../probes/certificates.ts";
import { secrets, TcpStage, tokens } from "./tcp-stage.ts";

const given = { reason: "upgrade", for: "1h" };
const plain = { tokens, tls: null };
const readings = operations.filter(({ scope }) => scope === "read").map(({ name }) => name);
const orders = operations.filter(({ scope }) => scope === "operate").map(({ name }) => name);

describe("the API on a port, without a token in the config", () => {
  let stage: TcpStage;
  beforeAll(async () => {
    stage = await TcpStage.start({ tokens: [], tls: null });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test("lets everybody read", async () => {
    expect(await stage.send("status")).toMatchObject({ status: 200, json: { version: "1.2.3" } });
  });

  test.each(orders)("lets nobody %s, and says why", async (name) => {
    const answer = await stage.post(name, { group: "g", by: "ann", ...given }, secrets.ops);
    expect(answer).toMatchObject({
      status: 403,
      json: { rule: "forbidden", error: expect.stringContaining("the config has no token") },
    });
    expect((await stage.send("status")).json).toMatchObject({ orders: [] });
  });
});

describe("the API on a port, with tokens", () => {
  let stage: TcpStage;
  beforeAll(async () => {
    stage = await TcpStage.start(plain);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test.each([
    ["no token", {}],
    ["a token that is none", { token: "read-0123456789abd" }],
    ["the beginning of a token", { token: secrets.ops.slice(0, -1) }],
    ["another scheme", { headers: { authorization: `Basic ${secrets.ops}` } }],
    ["the token without its scheme", { headers: { authorization: secrets.ops } }],
    ["an empty token", { headers: { authorization: "Bearer " } }],
  ])("answers 401 to %s, to readings and to orders", async (_, sent) => {
    for (const [path, method] of [...readings.map((name) => [name, "GET"]), ["pause", "POST"]] as const) {
      const answer = await stage.send(path, { method, ...sent });
      expect(answer).toMatchObject({
        status: 401,
        headers: { "www-authenticate": 'Bearer realm="failoverd"' },
        json: { rule: "unauthorised" },
      });
      for (const secret of Object.values(secrets)) expect(answer.text).not.toContain(secret);
    }
  });

  test("takes no token from the query", async () => {
    expect((await stage.send(`status?token=${secrets.ops}`)).status).toBe(401);
  });

  test("lets a token of scope read read", async () => {
    expect((await stage.send("status", { token: secrets.grafana })).status).toBe(200);
  });

  test.each(orders)("lets a token of scope read not %s", async (name) => {
    const body = { group: "g", member: "b", health: "healthy", ...given };
    expect(await stage.post(name, body, secrets.grafana)).toMatchObject({
      status: 403,
      json: { rule: "forbidden", error: "The token grafana may read and not give orders: its scope is read" },
    });
    expect((await stage.control.status()).orders).toEqual([]);
  });

  test("signs an order with the token and where it came from, and with who they say that they are", async () => {
    const body = { group: "g", ...given };
    expect((await stage.post("pause", body, secrets.ops)).json).toMatchObject({
      text: "token ops from 127.0.0.1 pauses g for 1h: upgrade",
    });
    expect((await stage.post("resume", { group: "g", by: "ann" }, secrets.ops)).json).toMatchObject({
      text: expect.stringContaining("ann (token ops from 127.0.0.1) resumes g"),
    });
    expect((await stage.post("pause", { ...body, by: "a\nb" }, secrets.ops)).status).toBe(400);
  });

  test("asks for no token where Prometheus and the platform look", async () => {
    for (const path of ["/metrics", "/livez", "/readyz", "/"])
      expect((await stage.send(path)).status).toBe(200);
  });

  test("lets no page of another origin in", async () => {
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const preflight = await stage.send("pause", { method: "OPTIONS", headers });
    expect(preflight.status).toBe(404);
    const read = await stage.send("status", { token: secrets.grafana, headers });
    for (const answer of [preflight, read])
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(read.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
  });

  test("takes other tokens over", async () => {
    const other = "operate-of-tomorrow";
    stage.server.reload({ tokens: [{ name: "ops", scope: "operate", token: new Secret(other) }], tls: null });
    expect((await stage.send("status", { token: secrets.ops })).status).toBe(401);
    expect((await stage.send("status", { token: other })).status).toBe(200);
    stage.server.reload(plain);
    expect((await stage.send("status", { token: secrets.ops })).status).toBe(200);
  });

  test("refuses a body that is too large", async () => {
    const body = { group: "g", ...given, reason: "x".repeat(70_000) };
    expect(await stage.post("pause", body, secrets.ops)).toMatchObject({ status: 413 });
  });
});

describe("the API on a port, over TLS", () => {
  const tlsOf = ({ cert, key }: Credentials, clientCaPem: string | null = null): TlsConfig => ({
    certPem: cert,
    key: new Secret(key),
    clientCaPem,
  });

  test("serves it all, and takes other certificates over", async () => {
    const [ours, theirs] = [await makeCa(), await makeCa()];
    const tls = tlsOf(await makeCertificate({ ip: "127.0.0.1", ca: ours }));
    await using stage = await TcpStage.start({ tokens, tls }, { connect: { ca: ours.cert } });
    expect(stage.server.url).toMatch(/^https:/);
    expect((await stage.send("status", { token: secrets.grafana })).status).toBe(200);
    expect((await stage.send("/livez")).status).toBe(200);
    expect(await firstLine(stage, { ca: theirs.cert })).toMatch(/certificate/);

    stage.server.reload({ tokens, tls: tlsOf(await makeCertificate({ ip: "127.0.0.1", ca: theirs })) });
    expect(await firstLine(stage, { ca: theirs.cert })).toBe("HTTP/1.1 200 OK");
    expect(await firstLine(stage, { ca: ours.cert })).toMatch(/certificate/);
  });

  test("lets nobody in without a certificate of the client CA", async () => {
    const [ours, theirs] = [await makeCa(), await makeCa()];
    const tls = tlsOf(await makeCertificate({ ip: "127.0.0.1", ca: ours }), ours.cert);
    const known = { ca: ours.cert, ...(await makeCertificate({ ca: ours })) };
    const stranger = { ca: ours.cert, ...(await makeCertificate({ ca: theirs })) };
    await using stage = await TcpStage.start({ tokens, tls }, { connect: known });
    expect((await stage.send("status")).status).toBe(401);
    expect(await firstLine(stage, known)).toBe("HTTP/1.1 200 OK");
    expect(await firstLine(stage, stranger)).not.toContain("HTTP");
    expect(await firstLine(stage, { ca: ours.cert })).not.toContain("HTTP");
  });
});

describe("the API on a port, when somebody asks too often", () => {
  test("answers 429 and says when to come back", async () => {
    await using stage = await TcpStage.start(plain, { rate: { requests: 5, windowMs: 3_600_000 } });
    for (let i = 0; i < 5; i++)
      expect((await stage.send("status", { token: secrets.grafana })).status).toBe(200);
    const answer = await stage.send("status", { token: secrets.grafana });
    expect(answer).toMatchObject({ status: 429, json: { rule: "too-many" } });
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(3_000);
  });
});

describe("the API on a port, whatever is sent to it", () => {
  let stage: TcpStage;
  beforeAll(async () => {
    stage = await TcpStage.start(plain, { rate: { requests: 1_000_000, windowMs: 1_000 } });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test(
    "answers each of 10,000 malformed requests with a status of 400 to 499, and does nothing",
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(malformedRequest(), async ({ path, ...sent }) => {
          const { status } = await stage.send(path, sent);
          expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
        }),
        { numRuns: 10_000 },
      );
      expect((await stage.control.status()).orders).toEqual([]);
      expect(stage.control.bugs).toEqual([]);
      expect((await stage.send("status", { token: secrets.grafana })).status).toBe(200);
    },
  );

  test("answers bytes that are no request with 400, or ends the connection", async () => {
    const { port } = new URL(stage.server.url);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const said = await rawAnswer(Number(port), Buffer.concat([bytes, Buffer.from("\r\n\r\n")]));
        expect(said === "" || /^HTTP\/1\.1 4\d\d /.test(said)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(stage.control.bugs).toEqual([]);
  });
});

/** @returns the first line that is answered to a new connection, or what is wrong with it. */
function firstLine({ server }: TcpStage, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ ...options, host: "127.0.0.1", port: Number(new URL(server.url).port) }, () =>
      socket.write("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    );
    socket.setEncoding("latin1").once("data", (text: string) => {
      resolve(text.split("\r\n")[0] ?? "");
      socket.destroy();
    });
    socket.on("error", (error) => resolve(error.message));
    socket.on("close", () => resolve("closed"));
  });
}

/** Wrong in at least one place: its path, method, token, form or values. */
function malformedRequest(): fc.Arbitrary<{ path: string; method: string; token?: string; body?: string }> {
  const name = fc.constantFrom(...readings, ...orders);
  const word = fc.oneof(fc.string(), fc.constantFrom("g", "a", "1h", "__proto__", "\u0000", "../x", "null"));
  const elsewhere = fc.record({
    path: fc.oneof(
      fc.webPath().map((path) => `/api/v1${path}/x`),
      fc.constantFrom("/api", "/api/v1", "/api/v1/", "/api/v2/status", "/api/v1/%00", "/api/v1/%zz"),
    ),
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"),
    token: fc.constantFrom(secrets.ops, secrets.grafana),
  });
  const wrongMethod = fc.record({
    path: name,
    method: fc.constantFrom("PUT", "DELETE", "PATCH"),
    token: fc.constant(secrets.ops),
  });
  const wrongToken = fc.record({
    path: fc.constantFrom(...orders),
    method: fc.constant("POST"),
    token: fc.oneof(fc.constant(secrets.grafana), fc.stringMatching(/^[a-z0-9]{1,40}$/)),
    body: fc.constant('{"group":"g","reason":"r","for":"1h"}'),
  });
  const wrongQuery = fc.record({
    path: fc
      .tuple(fc.constantFrom(...readings), fc.webQueryParameters({ size: "small" }))
      .map(([reading, query]) => `${reading}?zz${query}`),
    method: fc.constant("GET"),
    token: fc.constant(secrets.ops),
  });
  const wrongBody = fc.record({
    path: fc.constantFrom(...orders),
    method: fc.constant("POST"),
    token: fc.constant(secrets.ops),
    body: fc.oneof(
      word,
      fc
        .oneof(fc.double(), fc.boolean(), fc.constant(null), fc.array(fc.jsonValue()))
        .map((value) => JSON.stringify(value)),
      fc.dictionary(word, fc.jsonValue()).map((fields) => JSON.stringify({ ...fields, x: 1 })),
    ),
  });
  return fc.oneof(elsewhere, wrongMethod, wrongToken, wrongQuery, wrongBody);
}

function rawAnswer(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.setEncoding("latin1").on("data", (text: string) => (said += text));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(said));
  });
}
