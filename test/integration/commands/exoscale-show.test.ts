import { expect, test } from "vitest";

import { showOperation } from "../../../src/cli/exoscale/operation.ts";
import {
  listElasticIps,
  listInstances,
  showElasticIp,
  showInstance,
} from "../../../src/cli/exoscale/show.ts";
import { listZones } from "../../../src/cli/exoscale/zones.ts";
import { asks, check, configOf, exoscaleStage, ids, instance, moves, operation } from "./exoscale-world.ts";
import { key, secret } from "./stage.ts";

test("elastic-ip list shows who holds each, in 80 columns", async () => {
  await using it = await exoscaleStage();
  const { code, out, err } = await it.run((context) => listElasticIps(asks, context));
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.split("\n")).toEqual([
    "ADDRESS       KIND     HELD BY          DESCRIPTION",
    "198.51.100.7  manual   web-a            www",
    "198.51.100.8  manual   nobody",
    "2001:db8::1   managed  web-b (stopped)",
    "",
  ]);
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("elastic-ip list --json has everything, the healthcheck with the API's keys", async () => {
  await using it = await exoscaleStage();
  const { out } = await it.run((context) => listElasticIps({ ...asks, json: true }, context));
  const [first, free, six] = JSON.parse(out) as Record<string, unknown>[];
  expect(first).toEqual({
    id: ids.eip,
    ip: "198.51.100.7",
    cidr: null,
    addressFamily: "inet4",
    description: "www",
    labels: { team: "web" },
    managed: false,
    healthcheck: null,
    holders: [{ id: ids.a, name: "web-a", state: "running" }],
    unasked: [],
  });
  expect(free).toMatchObject({ holders: [] });
  expect(six).toMatchObject({
    managed: true,
    healthcheck: { ...check, timeout: 2, "strikes-ok": 2, "strikes-fail": 3 },
  });
});

test("elastic-ip list --no-holders asks no instance, and does not call them held by nobody", async () => {
  await using it = await exoscaleStage();
  const { out } = await it.run((context) => listElasticIps({ ...asks, holders: false }, context));
  expect(out).toContain("not asked");
  expect(out).not.toContain("nobody");
  expect(it.server.requests.map(({ path }) => path)).toEqual(["/v2/elastic-ip"]);
  const { out: json } = await it.run((context) =>
    listElasticIps({ ...asks, json: true, holders: false }, context),
  );
  expect(JSON.parse(json)).toMatchObject([{ holders: null }, { holders: null }, { holders: null }]);
});

test("an instance that cannot be asked may hold any of them, one that has gone holds none", async () => {
  await using it = await exoscaleStage();
  it.server.on(`GET /v2/instance/${ids.a}`, { status: 404, json: { message: "Not Found" } });
  it.server.on(`GET /v2/instance/${ids.b}`, { status: 501, json: { message: "Oops" } });
  const { code, out, err } = await it.run((context) => listElasticIps(asks, context));
  expect(code).toBe(0);
  expect(out).toContain("198.51.100.7  manual   1 not asked");
  expect(err).toMatch(/^Warning: cannot ask whether web-b holds an Elastic IP: HTTP 501/);
  const { out: json } = await it.run((context) => listElasticIps({ ...asks, json: true }, context));
  expect((JSON.parse(json) as unknown[])[0]).toMatchObject({
    holders: [],
    unasked: [{ id: ids.b, name: "web-b" }],
  });
});

test("an empty zone and an empty account are said in words", async () => {
  await using it = await exoscaleStage();
  it.server.on("GET /v2/elastic-ip", { json: { "elastic-ips": [] } });
  it.server.on("GET /v2/instance", { json: { instances: [] } });
  expect((await it.run((context) => listElasticIps(asks, context))).out).toBe(
    "Zone ch-gva-2 has no Elastic IP of this account\n",
  );
  expect((await it.run((context) => listInstances(asks, context))).out).toBe(
    "Zone ch-gva-2 has no instance of this account\n",
  );
});

test.each(["198.51.100.7", ids.eip])("elastic-ip show %s", async (name) => {
  await using it = await exoscaleStage();
  const { out } = await it.run((context) => showElasticIp(name, asks, context), {
    env: { FAILOVERD_CONFIG: configOf(it) },
  });
  expect(out).toContain(`id           ${ids.eip}\n`);
  expect(out).toContain("held by      web-a\n");
  expect(out).toContain("labels       team=web\n");
  expect(out).toMatch(/moved by +group web of .*\n? *.*failoverd\.yaml\n/);
});

test("elastic-ip show of a managed one tells its healthcheck", async () => {
  await using it = await exoscaleStage();
  const { out } = await it.run((context) => showElasticIp("2001:DB8:0::/96", asks, context));
  expect(out).toContain("kind         managed: it has a healthcheck");
  expect(out).toContain("http on port 80, /status, every 30 s within 2 s, healthy after 2");
});

test.each([
  ["foo", 2, 'An Elastic IP is named by its address or its id: "foo"'],
  ["198.51.100.9", 1, "There is no Elastic IP 198.51.100.9 in zone ch-gva-2"],
  [ids.a, 1, `There is no Elastic IP ${ids.a} in zone ch-gva-2`],
])("elastic-ip show %s exits %i", async (name, code, message) => {
  await using it = await exoscaleStage();
  const ended = await it.run((context) => showElasticIp(name, asks, context));
  expect(ended).toMatchObject({ code, out: "", err: expect.stringContaining(message) });
});

test("instance list and show, by name and by id, with the addresses that they hold", async () => {
  await using it = await exoscaleStage();
  const list = await it.run((context) => listInstances(asks, context));
  expect(list.out.split("\n").slice(0, 3)).toEqual([
    "NAME   STATE    PUBLIC IP   ID",
    `web-a  running  192.0.2.11  ${ids.a}`,
    `web-b  stopped              ${ids.b}`,
  ]);
  for (const name of ["web-a", ids.a]) {
    const { out } = await it.run((context) => showInstance(name, asks, context));
    expect(out).toContain("holds      198.51.100.7\n");
  }
  const { out } = await it.run((context) => showInstance("web-a", { ...asks, json: true }, context));
  expect(JSON.parse(out)).toMatchObject({ id: ids.a, elasticIps: [{ id: ids.eip, ip: "198.51.100.7" }] });
});

test("an instance's name that is not there, or there twice, is refused", async () => {
  await using it = await exoscaleStage();
  expect(await it.run((context) => showInstance("web-c", asks, context))).toMatchObject({
    code: 1,
    err: expect.stringContaining(
      "There is no instance named web-c in zone ch-gva-2\nFix: failoverd exoscale instance list",
    ),
  });
  const twins = [ids.a, ids.b].map((id) => ({ id, name: "twin" }));
  it.server.on("GET /v2/instance", { json: { instances: twins } });
  expect(await it.run((context) => showInstance("twin", asks, context))).toMatchObject({
    code: 1,
    err: `Several instances are named twin\nFix: Name the one that you mean by its id: ${ids.a}, ${ids.b}`,
  });
  it.server.on(`GET /v2/instance/${ids.eip}`, instance(ids.a, "web-a", []));
  expect(await it.run((context) => showInstance(ids.eip, asks, context))).toMatchObject({
    code: 1,
    err: expect.stringContaining(`the answer is about ${ids.a}`),
  });
});

test("zone list needs no credentials, and sends none", async () => {
  await using it = await exoscaleStage();
  it.server.on("GET /v2/zone", {
    json: { zones: [{ name: "ch-gva-2", "api-endpoint": "https://x.example/v2" }] },
  });
  const env = { EXOSCALE_API_KEY: "", EXOSCALE_API_SECRET: "" };
  const { code, out } = await it.run((context) => listZones({ json: false }, context), { env });
  expect({ code, out }).toEqual({ code: 0, out: "ZONE      API\nch-gva-2  https://x.example/v2\n" });
  expect((await it.run((context) => listZones({ json: false, config: configOf(it) }, context))).out).toBe(
    out,
  );
  expect(it.server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  const { out: json } = await it.run((context) => listZones({ json: true }, context), { env });
  expect(JSON.parse(json)).toEqual([{ name: "ch-gva-2", apiEndpoint: "https://x.example/v2" }]);
});

test.each([
  ["success", {}, "success: carried out", 0],
  ["pending", {}, "pending: under way", 0],
  [
    "failure",
    { reason: "busy", message: "m" },
    "failure, busy: the resource is busy with another operation",
    1,
  ],
  ["timeout", {}, "timeout: Exoscale stopped waiting for it, it may still happen", 1],
  ["resting", {}, "resting: new to this version", 0],
] as const)("operation show of state %s", async (state, more, text, codeIfWaited) => {
  await using it = await exoscaleStage();
  const reference = { id: ids.eip, link: `/v2/elastic-ip/${ids.eip}`, command: "attach" };
  it.server.on(`GET /v2/operation/${ids.operation}`, operation(state, { ...more, reference }));
  const shown = await it.run((context) => showOperation(ids.operation, { ...moves, wait: false }, context));
  expect(shown.code).toBe(0);
  expect(shown.out.replaceAll(/\s+/g, " ")).toContain(text);
  expect(shown.out).toContain(`works on   /v2/elastic-ip/${ids.eip}`);
  it.server.on(
    `GET /v2/operation/${ids.operation}`,
    operation(state, more),
    ...(codeIfWaited === 0 ? [operation("pending"), operation("pending"), operation("success")] : []),
  );
  const waited = await it.run((context) => showOperation(ids.operation, { ...moves, json: true }, context));
  expect(waited.code).toBe(codeIfWaited);
  expect(JSON.parse(waited.out)).toMatchObject({ state: codeIfWaited === 0 ? "success" : state });
});

test("operation show --wait tells on stderr that it is under way, and gives up after its time", async () => {
  await using it = await exoscaleStage();
  it.server.on(`GET /v2/operation/${ids.operation}`, operation("pending"));
  const ended = await it.run((context) =>
    showOperation(ids.operation, { ...moves, timeout: "20s" }, context),
  );
  expect(ended).toMatchObject({ code: 1, out: expect.stringContaining("pending: under way") });
  const told = ended.err.split("\n");
  expect(told.slice(0, -1).every((line) => /^operation \S+ is pending, \d+s$/.test(line))).toBe(true);
  expect(told.length).toBeGreaterThan(3);
  expect(told.length).toBeLessThan(7);
  expect(told.at(-1)).toContain("has not ended within the deadline");
});

test("an operation that is not there, or no UUID, is refused", async () => {
  await using it = await exoscaleStage();
  expect(await it.run((context) => showOperation(ids.operation, moves, context))).toMatchObject({
    code: 1,
    err: expect.stringContaining("or Exoscale has forgotten it"),
  });
  expect(await it.run((context) => showOperation("x", moves, context))).toMatchObject({ code: 2 });
});

const listing = (status: number, message: string) => ({
  status,
  json: { message },
  headers: { "x-request-id": "req-7" },
});

test.each([
  [
    listing(403, "Invalid request signature"),
    "the signature is not accepted",
    "Check the API key and its secret",
  ],
  [
    listing(403, "Forbidden by role policy"),
    "do not allow this",
    "Allow the operation list-elastic-ips of the service",
  ],
  [listing(404, "Not Found"), "not found", "Check the endpoint"],
  [listing(429, "Slow down"), "too many requests", "Too many requests: wait"],
  [listing(500, "Oops"), "trouble of its own", "look at its status page"],
  [{ status: 200, text: "<title>Welcome</title>" }, "an HTML page", "whether a proxy answers"],
  [{ text: '{"elastic-ips":[{' }, "truncated or broken JSON", "whether a proxy answers"],
  ["lost" as const, "no answer (no-connection)", "Check the network"],
])("trouble %# is told with its cause, the request's id and the fix", async (reply, cause, fix) => {
  await using it = await exoscaleStage();
  it.server.on("GET /v2/elastic-ip", reply);
  const { code, out, err } = await it.run((context) => listElasticIps({ ...asks, json: true }, context));
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(`Cannot list the Elastic IPs: `);
  expect(err).toContain(cause);
  expect(err).toContain(`Fix: `);
  expect(err).toContain(fix);
  if (typeof reply === "object" && "headers" in reply) expect(err).toContain("(request req-7)");
});

test("a clock that is wrong is named", async () => {
  await using it = await exoscaleStage();
  const date = new Date(Date.now() - 3_600_000).toUTCString();
  const json = { message: "Invalid request signature" };
  it.server.on("GET /v2/elastic-ip", { status: 403, json, headers: { date } });
  const { err } = await it.run((context) => listElasticIps(asks, context));
  expect(err).toMatch(/This machine's clock is 360\d s ahead of the provider's\nFix: Set the clock/);
});

test("no secret is ever printed, whatever the server echoes", async () => {
  await using it = await exoscaleStage();
  it.server.on("GET /v2/elastic-ip", (response) => {
    const { authorization } = response.req.headers;
    response.writeHead(400).end(JSON.stringify({ message: `${authorization} ${key} ${secret}` }));
  });
  const { out, err } = await it.run((context) => listElasticIps(asks, context));
  expect(err).toContain("[secret]");
  for (const hidden of [key, secret, "signature="]) expect(out + err).not.toContain(hidden);
});
