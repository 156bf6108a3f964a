/** What the commands that only ask Cloud 66 say, in each dialect of the API. */
import { expect, test } from "vitest";

import { listElasticAddresses, ping, showElasticAddress, showStack } from "../../../src/cli/cloud66/show.ts";
import { asks, dialects, modelPages, stageOf, uid } from "./cloud66-world.ts";
import { Stage, token } from "./stage.ts";

test.each(dialects)("list and show in the dialect %s", async (_, dialect) => {
  await using it = await stageOf(dialect);
  const shown = await it.run((context) => listElasticAddresses(asks, context));
  expect(shown.out.split("\n")[0]).toMatch(/^UID +CURRENT +STATE +ADDRESS$/);
  expect(shown.out.split("\n")[1]).toMatch(/^fg-abc123 +primary +(active|idle) +\S+$/);
  const { out } = await it.run((context) => showElasticAddress(uid, asks, context));
  expect(out).toMatch(/primary +(shop-eu, )?p-uid: has the address\n/);
  expect(out).toMatch(/secondary +(shop-us, )?s-uid\n/);
  const { out: json } = await it.run((context) => listElasticAddresses({ json: true }, context));
  expect(JSON.parse(json)).toMatchObject([
    { uid, current: "primary", currentStack: dialect.primary, stacks: { secondary: { uid: "s-uid" } } },
  ]);
  expect(it.server.requests.at(-1)?.headers.authorization).toBe(`Bearer ${token}`);
});

test("an address that is not there: those that are", async () => {
  await using it = await stageOf(modelPages);
  expect(await it.run((context) => showElasticAddress("fg-x", asks, context))).toMatchObject({
    code: 1,
    err: "The account has no elastic address fg-x\nFix: It has: fg-abc123",
  });
});

test("an address that cannot be understood: the list shows it beside the others, and show says what is wrong", async () => {
  await using it = await Stage.open();
  const response = [
    { uid: "odd", current_stack: [1] },
    { uid, current_stack: 1 },
  ];
  it.server.on("GET /api/3/elastic_addresses", { json: { response } });
  const { out } = await it.run((context) => listElasticAddresses(asks, context));
  expect(out).toMatch(/\nodd +not known +cannot be understood: current_stack: Invalid input\s*\n/);
  expect(out).toMatch(/\nfg-abc123 +primary +idle/);
  const { out: json } = await it.run((context) => listElasticAddresses({ json: true }, context));
  expect(JSON.parse(json)).toMatchObject([
    { uid: "odd", problem: "current_stack: Invalid input" },
    { uid, current: "primary" },
  ]);
  expect(await it.run((context) => showElasticAddress("odd", asks, context))).toMatchObject({
    code: 1,
    err: expect.stringContaining("Failover group odd cannot be understood: current_stack"),
  });
});

test("stack show puts the numbers in words, and names trouble", async () => {
  await using it = await Stage.open();
  const stack = {
    uid: "p-uid",
    name: "shop-eu",
    environment: "production",
    fqdn: "eu.c66.me",
    status: 6,
    health: 4,
    maintenance_mode: true,
    is_busy: true,
  };
  it.server.on("GET /api/3/stacks/p-uid", { json: { response: stack } });
  const { out } = await it.run((context) => showStack("p-uid", asks, context));
  expect(out.split("\n")).toEqual([
    "stack        shop-eu",
    "uid          p-uid",
    "environment  production",
    "host         eu.c66.me",
    "status       deploying",
    "health       failed",
    "maintenance  yes",
    "busy         yes",
    "trouble      it is deploying, failed, in maintenance mode, busy",
    "",
  ]);
  const { out: json } = await it.run((context) => showStack("p-uid", { json: true }, context));
  expect(JSON.parse(json)).toMatchObject({
    uid: "p-uid",
    status: 6,
    troubles: ["deploying", "failed", "in maintenance mode", "busy"],
  });
  it.server.on("GET /api/3/stacks/p-uid", { json: { response: { uid: "p-uid" } } });
  expect((await it.run((context) => showStack("p-uid", asks, context))).out).toContain(
    "trouble      none that it says",
  );
  expect(await it.run((context) => showStack("x", asks, context))).toMatchObject({
    code: 1,
    err: expect.stringContaining("There is no stack x"),
  });
});

test("ping tells a good token from a bad one, with and without the wrapper", async () => {
  await using it = await Stage.open();
  const run = (json = false) => it.run((context) => ping({ json }, context));
  for (const json of [{ ok: true }, { response: { ok: true } }]) {
    it.server.on("GET /api/3/ping/auth", { json });
    expect(await run()).toMatchObject({ code: 0, out: "Cloud 66 answers, and the token is valid\n" });
  }
  it.server.on("GET /api/3/ping/auth", { json: { ok: false, message: "Expired" } });
  const refused = await run(true);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining("The token is not accepted: Expired\nFix: Check the token"),
  });
  expect(JSON.parse(refused.out)).toEqual({ ok: false, message: "Expired" });
  it.server.on("GET /api/3/ping/auth", { status: 401, json: { error_description: "Bad token" } });
  expect(await run()).toMatchObject({
    code: 1,
    err: expect.stringContaining("not the base64 of a cx.json file"),
  });
});

test("no token is ever printed, whatever the server echoes", async () => {
  await using it = await Stage.open();
  it.server.on("GET /api/3/elastic_addresses", (response) => {
    response.writeHead(400).end(JSON.stringify({ details: response.req.headers.authorization }));
  });
  const { out, err } = await it.run((context) => listElasticAddresses(asks, context));
  expect(err).toContain("Bearer [secret]");
  expect(out + err).not.toContain(token);
});
