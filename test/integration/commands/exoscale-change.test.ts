/** Every operation that changes an Elastic IP, with each state, reason and status that its answer may have. */
import { expect, test } from "vitest";

import { attach } from "../../../src/cli/exoscale/move.ts";
import { failureReasons } from "../../../src/providers/exoscale/outcome.ts";
import type { Reply } from "../providers/scripted-server.ts";
import { keyOf, named } from "./exoscale-cases.ts";
import { exoscaleStage, ids, moves, operation } from "./exoscale-world.ts";
import { isSigned } from "./stage.ts";

const created = { reference: { id: ids.free } };

test.each(named)("%s sends its request and follows the operation to success", async (name, each) => {
  await using it = await exoscaleStage();
  it.server.on(keyOf(each), operation("pending"));
  it.server.on(`GET /v2/operation/${ids.operation}`, operation("pending"), operation("success", created));
  const { code, out } = await it.run((context) => each.run(context));
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`^${name}: the operation succeeded\\n`));
  expect(it.changes).toEqual([each.request]);
  expect(it.server.requests.filter((seen) => !isSigned(seen))).toEqual([]);
  if (name !== "delete") expect(out).toContain("held by");
});

test.each(named)("%s --json prints one document, of what is there now", async (name, each) => {
  await using it = await exoscaleStage();
  it.server.on(keyOf(each), operation("success", created));
  const { code, out } = await it.run((context) => each.run(context, { json: true }));
  expect(code).toBe(0);
  const json: unknown = JSON.parse(out);
  expect(json).toMatchObject(
    name === "delete"
      ? { deleted: ids.free, operation: { id: ids.operation } }
      : { holders: expect.anything() },
  );
});

test.each(named)("%s --no-wait only sends, and names the operation to follow", async (name, each) => {
  await using it = await exoscaleStage();
  it.server.on(keyOf(each), operation("pending"));
  const { code, out } = await it.run((context) => each.run(context, { wait: false }));
  expect(code).toBe(0);
  expect(out).toBe(
    `${name}: operation ${ids.operation} is pending; to follow it: failoverd exoscale operation show ${ids.operation} --wait\n`,
  );
  expect(it.server.count(`GET /v2/operation/${ids.operation}`)).toBe(0);
  const { out: json } = await it.run((context) => each.run(context, { wait: false, json: true }));
  expect(JSON.parse(json)).toMatchObject({ operation: { id: ids.operation, state: "pending" } });
});

test.each(named)("%s --no-wait that has failed at once exits 1", async (_, each) => {
  await using it = await exoscaleStage();
  it.server.on(keyOf(each), operation("failure", { reason: "conflict", message: "why" }));
  const { code, err } = await it.run((context) => each.run(context, { wait: false }));
  expect(code).toBe(1);
  expect(err).toContain("conflict: it is in conflict with the present state (why)");
});

const everyReason = named.flatMap(([name, each]) =>
  Object.entries(failureReasons).map(([reason, row]) => [name, reason, each, row] as const),
);

test.each(everyReason)(
  "%s whose operation fails with %s says so in words, and what to do",
  async (name, reason, each, row) => {
    await using it = await exoscaleStage();
    it.server.on(keyOf(each), operation("failure", { reason, message: "the message" }));
    const { code, err } = await it.run((context) => each.run(context));
    expect(code).toBe(1);
    expect(err).toContain(`${name}: the operation failed, ${reason}: ${row.sentence} (the message)`);
    expect(err).toMatch(/\nFix: \S/);
    if (reason === "forbidden" && name !== "create")
      expect(err).toContain(`Allow the operation ${each.operation}`);
    if (each.wanted === null) return;
    each.wanted(it);
    expect((await it.run((context) => each.run(context))).code).toBe(0);
  },
);

test.each(named)("%s whose operation times out at Exoscale may have been done", async (_, each) => {
  await using it = await exoscaleStage();
  it.server.on(keyOf(each), operation("timeout"));
  const { code, err } = await it.run((context) => each.run(context));
  expect(code).toBe(1);
  expect(err).toContain("timed out at Exoscale");
  expect(err).toContain(
    "It may have been done all the same. Look before you try again: failoverd exoscale elastic-ip",
  );
});

test.each(named)(
  "%s that is stuck ends after --timeout, with progress, and names the operation",
  async (name, each) => {
    await using it = await exoscaleStage();
    it.server.on(keyOf(each), operation("pending"));
    it.server.on(`GET /v2/operation/${ids.operation}`, operation("pending"));
    const { code, out, err } = await it.run((context) => each.run(context, { timeout: "20s", json: true }));
    expect(code).toBe(1);
    expect(err).toContain(`${name}: operation ${ids.operation} is pending, `);
    expect(err).toContain("has not ended within the deadline");
    expect(err).toContain(`failoverd exoscale operation show ${ids.operation} --wait follows it`);
    expect(JSON.parse(out)).toMatchObject({
      effect: { kind: "uncertain" },
      operation: { id: ids.operation },
    });
    expect(it.changes).toHaveLength(1);
  },
);

test.each(named)("%s that a person interrupts says that it is under way", async (_, each) => {
  await using it = await exoscaleStage();
  const interrupted = new AbortController();
  it.server.on(keyOf(each), operation("pending"));
  it.server.on(`GET /v2/operation/${ids.operation}`, (response) => {
    interrupted.abort();
    response.end("{}");
  });
  const { code, err } = await it.run((context) => each.run(context), { signal: interrupted.signal });
  expect(code).toBe(1);
  expect(err).toContain("was still under way when we stopped waiting");
});

const refusals: readonly (readonly [string, Reply, RegExp])[] = [
  ["400", { status: 400, json: { message: "Bad" } }, /the request is not valid: Bad/],
  ["403 of the role", { status: 403, json: { message: "Forbidden by role policy" } }, /Allow the operation/],
  [
    "403 of the signature",
    { status: 403, json: { message: "Invalid request signature" } },
    /Check the API key and its secret/,
  ],
  ["404", { status: 404, json: { message: "None" } }, /not found: None/],
  ["409", { status: 409, json: { message: "Held" } }, /in conflict with the present state: Held/],
  ["412", { status: 412, json: { message: "No" } }, /a precondition does not hold: No/],
  ["429", { status: 429, json: { message: "Slow" } }, /too many requests: Slow/],
  ["501", { status: 501, json: { message: "No" } }, /does not implement this: No/],
  [
    "RFC 9457",
    { status: 409, json: { type: "x", title: "Conflict", status: 409, detail: "Held" } },
    /Conflict; Held/,
  ],
  ["500", { status: 500, json: { message: "Oops" } }, /It may have been done all the same/],
  ["HTML", { status: 502, text: "<title>Bad gateway</title>" }, /an HTML page: "Bad gateway"/],
  ["truncated JSON", { text: '{"id":' }, /It may have been done all the same/],
  ["a lost reply", "lost", /It may have been done all the same/],
];
const everyRefusal = named.flatMap(([name, each]) =>
  refusals.map(([title, reply, pattern]) => [name, title, each, reply, pattern] as const),
);

test.each(everyRefusal)(
  "%s answered with %s exits 1 and was sent once",
  async (_, __, each, reply, pattern) => {
    await using it = await exoscaleStage();
    const withId = typeof reply === "object" ? { ...reply, headers: { "x-request-id": "req-9" } } : reply;
    it.server.on(keyOf(each), withId);
    const { code, err } = await it.run((context) => each.run(context));
    expect(code).toBe(1);
    expect(err).toMatch(pattern);
    expect(err).toMatch(/\nFix: \S/);
    if (typeof reply === "object") expect(err).toContain("(request req-9)");
    expect(it.changes).toHaveLength(1);
  },
);

test.each(everyRefusal)(
  "%s --no-wait answered with %s says the same",
  async (_, __, each, reply, pattern) => {
    await using it = await exoscaleStage();
    it.server.on(keyOf(each), reply);
    const { code, err } = await it.run((context) => each.run(context, { wait: false }));
    expect(code).toBe(1);
    expect(err).toMatch(pattern);
    expect(err).toMatch(/\nFix: \S/);
    expect(it.changes).toHaveLength(1);
  },
);

test.each(named)("%s that is refused although it is so already is done", async (_, each) => {
  if (each.wanted === null) return;
  await using it = await exoscaleStage();
  it.server.on(keyOf(each), { status: 409, json: { message: "Already" } });
  each.wanted(it);
  const { code, out } = await it.run((context) => each.run(context));
  expect(code).toBe(0);
  expect(out).toContain("already so");
});

test("what was done and cannot be shown is done all the same", async () => {
  await using it = await exoscaleStage();
  it.server.on(`PUT /v2/elastic-ip/${ids.free}:attach`, operation("success"));
  it.server.on(`GET /v2/elastic-ip/${ids.free}`, { status: 501 });
  const { code, err } = await it.run((context) => attach("198.51.100.8", "web-a", moves, context));
  expect(code).toBe(0);
  expect(err).toContain("Warning: it was done, but cannot be shown. Cannot read the Elastic IP: HTTP 501");
});
