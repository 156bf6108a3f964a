import { createHmac } from "node:crypto";
import { expect, test } from "vitest";

import { createExoscaleClient } from "../../../src/providers/exoscale/client.ts";
import { failureReasons } from "../../../src/providers/exoscale/outcome.ts";
import { createExoscaleProvider } from "../../../src/providers/exoscale/provider.ts";
import { credential, leapServices, never, scriptedServer, type Reply } from "./scripted-server.ts";

const key = "EXOtestkey0000000000000000000";
const secret = "test-secret_ABCdef0123456789";
const eip = "9237ef31-854f-4143-b015-5eb714a76f72";
const a = "0b12cb6b-7e3e-4c0e-9e10-000000000001";
const b = "0b12cb6b-7e3e-4c0e-9e10-000000000002";
const op = "5a0b1c2d-7e3e-4c0e-9e10-1e5d8a7c4b2a";

const attachB = { kind: "attach", member: "web-b" } as const;
const detachA = { kind: "detach", member: "web-a" } as const;
const putAttach = `PUT /v2/elastic-ip/${eip}:attach`;
const putDetach = `PUT /v2/elastic-ip/${eip}:detach`;
const getOperation = `GET /v2/operation/${op}`;
const getA = `GET /v2/instance/${a}`;
const getB = `GET /v2/instance/${b}`;

function operation(state: string, more: object = {}): Reply {
  return { json: { id: op, state, reference: null, "new-field": [], ...more } };
}
function instance(id: string, holds: boolean): Reply {
  return {
    json: { id, state: "running", name: "x", "elastic-ips": holds ? [{ id: eip, ip: "198.51.100.7" }] : [] },
  };
}

/** An account where web-a holds the address, all in order. */
async function world() {
  const server = await scriptedServer();
  const services = leapServices();
  const account = { endpoint: `${server.origin}/v2`, apiKey: credential(key), apiSecret: credential(secret) };
  const client = createExoscaleClient(account, services);
  const members = [
    { name: "web-a", instance: a },
    { name: "web-b", instance: b },
  ];
  const provider = createExoscaleProvider(
    { name: "web", client, elasticIp: "198.51.100.7", members },
    services,
  );
  server.on("GET /v2/elastic-ip", {
    json: { "elastic-ips": [{ id: eip, ip: "198.51.100.7", addressfamily: "inet4" }] },
  });
  server.on(`GET /v2/elastic-ip/${eip}`, { json: { id: eip, ip: "198.51.100.7" } });
  server.on("GET /v2/instance", { json: { instances: [{ id: a, name: "x" }] } });
  server.on(getA, instance(a, true));
  server.on(getB, instance(b, false));
  return {
    server,
    services,
    client,
    provider,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Not the moment in which others may join a question. */
const isPoll = (ms: number): boolean => ms > 5;

test("every request is signed over what is on the wire", async () => {
  await using it = await world();
  it.server.on(putAttach, operation("success"));
  await it.provider.read(never);
  await it.provider.execute(attachB, never);
  expect(it.server.requests).toHaveLength(5);
  for (const { method, path, body, headers } of it.server.requests) {
    const [bare, query] = path.split("?");
    const value = query === undefined ? "" : decodeURIComponent(query.split("=")[1] ?? "");
    const expires = /expires=(\d+)/.exec(headers.authorization ?? "")?.[1] ?? "";
    const message = [`${method} ${bare}`, body, value, "", expires].join("\n");
    const signature = createHmac("sha256", secret).update(message).digest("base64");
    const args = query === undefined ? "" : ",signed-query-args=ip-address";
    const wanted = `EXO2-HMAC-SHA256 credential=${key}${args},expires=${expires},signature=${signature}`;
    expect(headers.authorization).toBe(wanted);
    expect(Number(expires)).toBeCloseTo(Date.now() / 1_000 + 600, -1);
  }
});

test("listZones() is not signed", async () => {
  await using it = await world();
  const endpoint = "https://api-ch-gva-2.exoscale.com/v2";
  const zones = [{ name: "ch-gva-2", "api-endpoint": endpoint }, { name: "at-vie-1" }];
  it.server.on("GET /v2/zone", { json: { zones } });
  const budget = { signal: never, deadlineAt: it.services.now() + 1_000, group: null };
  expect(await it.client.listZones(budget)).toMatchObject({
    kind: "ok",
    value: [
      { name: "ch-gva-2", apiEndpoint: endpoint },
      { name: "at-vie-1", apiEndpoint: null },
    ],
  });
  expect(it.server.requests[0]?.headers.authorization).toBeUndefined();
});

test("read() asks each member and the filter, and names the operations", async () => {
  await using it = await world();
  expect(await it.provider.read(never)).toEqual({
    kind: "known",
    holders: ["web-a"],
    foreign: [],
    busy: null,
  });
  expect(it.services.records.map((record) => record.operation).sort()).toEqual([
    "get-instance",
    "get-instance",
    "list-elastic-ips",
    "list-instances",
  ]);
  expect(it.server.requests.map(({ path }) => path)).toContain("/v2/instance?ip-address=198.51.100.7");
});

test.each<[string, Reply, RegExp]>([
  ["HTML", { status: 200, text: "<title>Welcome</title>" }, /an HTML page: "Welcome"/],
  ["truncated JSON", { text: '{"id":"0b12' }, /truncated or broken JSON/],
  ["an empty body", { text: "" }, /empty body/],
  ["an object that is no instance", { json: {} }, /HTTP 200, the answer cannot be understood: id/],
  [
    "a redirect",
    { status: 302, headers: { location: "https://login.example/" } },
    /a redirect, .*: to https:\/\/login/,
  ],
  ["503", { status: 503, json: { message: "Down" } }, /HTTP 503, the provider has trouble of its own: Down/],
  ["lost replies", "lost", /no answer \(no-connection\)/],
])("read() is unknown when a member answers %s", async (_, reply, detail) => {
  await using it = await world();
  it.server.on(getB, reply);
  const reading = await it.provider.read(never);
  expect(reading).toEqual({ kind: "unknown", detail: expect.stringMatching(detail) });
  expect(reading).toEqual({ kind: "unknown", detail: expect.stringContaining("web-b") });
});

test("read() is unknown when the Elastic IP is not in this zone", async () => {
  await using it = await world();
  it.server.on("GET /v2/elastic-ip", { json: { "elastic-ips": [] } });
  expect(await it.provider.read(never)).toEqual({
    kind: "unknown",
    detail: "Cannot find Elastic IP 198.51.100.7: none of the 0 Elastic IPs of this zone is 198.51.100.7",
  });
});

test("attach follows its operation from pending to success", async () => {
  await using it = await world();
  it.server.on(putAttach, operation("pending"));
  it.server.on(getOperation, operation("pending"), operation("success"));
  expect(await it.provider.execute(attachB, never)).toEqual({
    kind: "applied",
    detail: "attach: the operation succeeded",
  });
  expect(it.server.requests[1]?.body).toBe(`{"instance":{"id":"${b}"}}`);
  expect(it.services.slept.filter(isPoll)).toEqual([500, 750]);
});

test("attach with a lost reply is uncertain, sent once, and leaves the provider busy", async () => {
  await using it = await world();
  it.server.on(putAttach, "lost");
  expect(await it.provider.execute(attachB, never)).toMatchObject({ kind: "uncertain" });
  expect(it.server.count(putAttach)).toBe(1);
  expect(await it.provider.read(never)).toMatchObject({
    kind: "known",
    busy: expect.stringContaining("attach"),
  });
});

test("attach that hangs until the caller gives up is uncertain", async () => {
  await using it = await world();
  const abort = new AbortController();
  it.server.on(putAttach, () => abort.abort());
  expect(await it.provider.execute(attachB, abort.signal)).toMatchObject({ kind: "uncertain" });
});

test("attach when nothing can be sent is rejected", async () => {
  await using it = await world();
  await it.provider.read(never);
  await it.server[Symbol.asyncDispose]();
  expect(await it.provider.execute(attachB, never)).toMatchObject({ kind: "rejected" });
});

test("attach when attached is applied, whatever the API says", async () => {
  await using it = await world();
  it.server.on(getB, instance(b, true));
  it.server.on(putAttach, { status: 409, json: { message: "Already attached" } });
  expect(await it.provider.execute(attachB, never)).toEqual({
    kind: "applied",
    detail: expect.stringContaining("Already attached; already so, the instance has the address"),
  });
});

test("detach when not attached (404) is applied", async () => {
  await using it = await world();
  it.server.on(getA, instance(a, false));
  it.server.on(putDetach, { status: 404, json: { message: "Not attached" } });
  expect(await it.provider.execute(detachA, never)).toMatchObject({ kind: "applied" });
});

test("detach of an instance that is deleted is applied", async () => {
  await using it = await world();
  it.server.on(getA, { status: 404, json: { message: "Not Found" } });
  it.server.on(putDetach, { status: 404, json: { message: "Not Found" } });
  expect(await it.provider.execute(detachA, never)).toMatchObject({ kind: "applied" });
});

test.each<[string, Reply, string, RegExp]>([
  ["400", { status: 400, json: { message: "Bad id" } }, "rejected", /the request is not valid: Bad id/],
  ["404", { status: 404, json: { message: "No such" } }, "rejected", /not found: No such/],
  ["409", { status: 409, json: { message: "Busy" } }, "rejected", /in conflict/],
  ["412", { status: 412, json: { message: "Not now" } }, "rejected", /a precondition/],
  ["429", { status: 429, text: "slow down" }, "rejected", /too many requests/],
  ["501", { status: 501 }, "rejected", /does not implement/],
  [
    "403 of a bad signature",
    { status: 403, json: { message: "Invalid request signature" } },
    "rejected",
    /the signature is not accepted: Invalid request signature/,
  ],
  [
    "403 of the role",
    { status: 403, json: { message: "Forbidden by role policy for compute" } },
    "rejected",
    /the credentials do not allow this: Forbidden by role/,
  ],
  ["500", { status: 500, json: { message: "Oops" } }, "uncertain", /trouble of its own: Oops/],
  ["504 in HTML", { status: 504, text: "<h1>Gateway</h1>" }, "uncertain", /an HTML page/],
  ["200 in HTML", { status: 200, text: "<h1>Hi</h1>" }, "uncertain", /cannot be understood: an HTML page/],
  ["200 in broken JSON", { status: 200, text: '{"id":' }, "uncertain", /truncated/],
  ["a redirect", { status: 308, headers: { location: "/x" } }, "uncertain", /a redirect/],
])("attach answered with %s is decided by a look at the instance", async (_, reply, unchanged, detail) => {
  await using it = await world();
  it.server.on(putAttach, reply);
  const effect = await it.provider.execute(attachB, never);
  expect(effect).toMatchObject({ kind: unchanged, detail: expect.stringMatching(detail) });
  // What would meet any other member just as well says nothing about this one.
  const aboutTheCall = effect.kind === "rejected" && effect.about === "call";
  expect(aboutTheCall).toBe(/too many|implement|signature|do not allow/.test(effect.detail));
  expect(effect.detail).toContain("the instance does not have the address");
  expect(it.server.count(putAttach)).toBe(1);

  it.server.on(getB, instance(b, true));
  expect(await it.provider.execute(attachB, never)).toMatchObject({ kind: "applied" });
});

test.each(Object.entries(failureReasons))(
  "an operation that fails with %s is decided by a look",
  async (reason, row) => {
    await using it = await world();
    it.server.on(putAttach, operation("failure", { reason, message: "the message" }));
    expect(await it.provider.execute(attachB, never)).toEqual({
      kind: "rejected",
      detail: `attach: the operation failed, ${reason}: ${row.sentence} (the message); the instance does not have the address`,
    });
    it.server.on(getB, { status: 501 });
    expect(await it.provider.execute(attachB, never)).toMatchObject({ kind: row.ifUnseen });
    it.server.on(getB, instance(b, true));
    expect(await it.provider.execute(attachB, never)).toMatchObject({ kind: "applied" });
  },
);

test("an operation that answers 404 later is done when the instance shows it", async () => {
  await using it = await world();
  it.server.on(putAttach, operation("pending"));
  it.server.on(getB, instance(b, false), instance(b, true));
  expect(await it.provider.execute(attachB, never)).toMatchObject({ kind: "applied" });
  expect(it.server.count(getOperation)).toBe(2);
});

test("an operation that timed out at Exoscale is uncertain", async () => {
  await using it = await world();
  it.server.on(putAttach, operation("timeout"));
  expect(await it.provider.execute(attachB, never)).toMatchObject({ kind: "uncertain" });
});

test("an operation that is stuck is uncertain after the step deadline, and busy until it ends", async () => {
  await using it = await world();
  it.server.on(putAttach, operation("pending"));
  it.server.on(getOperation, operation("pending"));
  expect(await it.provider.execute(attachB, never)).toMatchObject({ kind: "uncertain" });
  expect(await it.provider.read(never)).toMatchObject({ busy: expect.stringContaining(op) });
  it.server.on(getOperation, operation("success"));
  expect(await it.provider.read(never)).toMatchObject({ busy: null });
});

test("an operation that cannot be asked for a while is followed to its end", async () => {
  await using it = await world();
  it.server.on(putAttach, operation("pending"));
  it.server.on(getOperation, { status: 501 }, { text: "<html>" }, operation("success"));
  expect(await it.provider.execute(attachB, never)).toMatchObject({ kind: "applied" });
});

test("check() tells a wrong signature from a wrong clock", async () => {
  await using it = await world();
  const forbidden = { status: 403, json: { message: "Invalid request signature" } };
  it.server.on("GET /v2/elastic-ip", forbidden);
  expect(await it.provider.check(never)).toMatchObject([
    { severity: "error", fix: expect.stringContaining("api-secret") },
  ]);

  const date = new Date(Date.now() - 3_600_000).toUTCString();
  it.server.on("GET /v2/elastic-ip", { ...forbidden, headers: { date } });
  expect(await it.provider.check(never)).toMatchObject([
    {
      severity: "error",
      text: expect.stringMatching(/clock is 360\d s ahead of/),
      fix: expect.stringContaining("NTP"),
    },
  ]);
});

test("check() finds an account in order", async () => {
  await using it = await world();
  const findings = await it.provider.check(never);
  expect(findings.map(({ severity }) => severity)).toEqual(["ok", "ok", "ok", "ok", "ok", "warning"]);
  expect(findings.map(({ text }) => text).join("\n")).toContain("web-a holds 198.51.100.7");
});

test("nothing that is reported has a credential in it", async () => {
  await using it = await world();
  it.server.on(putAttach, (response) => {
    const { authorization } = response.req.headers;
    response
      .writeHead(403)
      .end(JSON.stringify({ message: `Bad ${authorization} for ${key} with ${secret}` }));
  });
  const effect = await it.provider.execute(attachB, never);
  expect(effect.kind).toBe("rejected");
  const text = JSON.stringify([effect, it.services.records]);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(key);
  expect(text).not.toContain("signature=");
});
