/** Every operation that changes an Elastic IP, with each state, reason and status that its answer may have. */
import { expect, test } from "vitest";

import type { CloudContext } from "../../../src/cli/clouds/context.ts";
import {
  createElasticIp,
  deleteElasticIp,
  resetElasticIp,
  updateElasticIp,
} from "../../../src/cli/exoscale/change.ts";
import { attach, detach } from "../../../src/cli/exoscale/move.ts";
import { failureReasons } from "../../../src/providers/exoscale/outcome.ts";
import type { Reply } from "../providers/scripted-server.ts";
import {
  check,
  configOf,
  eip,
  exoscaleStage,
  fields,
  ids,
  instance,
  moves,
  operation,
  sends,
  six,
} from "./exoscale-world.ts";
import { isSigned, type Stage } from "./stage.ts";

interface ChangeCase {
  readonly name: string;
  run(context: CloudContext, options?: object): Promise<void>;
  /** What arrives at Exoscale. */
  readonly request: string;
  /** Makes the wanted state to be seen. */
  readonly wanted: ((stage: Stage) => void) | null;
  readonly operation: string;
}

const hc = { ...check, port: 8080, timeout: 2, "strikes-ok": 2, "strikes-fail": 3 };

const cases: readonly ChangeCase[] = [
  {
    name: "create",
    run: (context, options) =>
      createElasticIp({ ...fields, description: "new", label: ["a=b=c", "d="], ...options }, context),
    request: 'POST /v2/elastic-ip {"description":"new","labels":{"a":"b=c","d":""}}',
    wanted: null,
    operation: "create-elastic-ip",
  },
  {
    name: "update",
    run: (context, options) =>
      updateElasticIp("198.51.100.7", { ...fields, description: "new", ...options }, context),
    request: `PUT /v2/elastic-ip/${ids.eip} {"description":"new"}`,
    wanted: (stage) =>
      stage.server.on(`GET /v2/elastic-ip/${ids.eip}`, { json: { ...eip, description: "new" } }),
    operation: "update-elastic-ip",
  },
  {
    name: "delete",
    run: (context, options) => deleteElasticIp("198.51.100.8", { ...sends, ...options }, context),
    request: `DELETE /v2/elastic-ip/${ids.free}`,
    wanted: (stage) => stage.server.on(`GET /v2/elastic-ip/${ids.free}`, { status: 404 }),
    operation: "delete-elastic-ip",
  },
  {
    name: "reset",
    run: (context, options) =>
      resetElasticIp("198.51.100.7", "description", { ...sends, ...options }, context),
    request: `DELETE /v2/elastic-ip/${ids.eip}/description`,
    wanted: (stage) =>
      stage.server.on(`GET /v2/elastic-ip/${ids.eip}`, { json: { ...eip, description: "" } }),
    operation: "reset-elastic-ip-field",
  },
  {
    name: "attach",
    run: (context, options) => attach("198.51.100.8", "web-a", { ...moves, ...options }, context),
    request: `PUT /v2/elastic-ip/${ids.free}:attach {"instance":{"id":"${ids.a}"}}`,
    wanted: (stage) => stage.server.on(`GET /v2/instance/${ids.a}`, instance(ids.a, "web-a", [ids.free])),
    operation: "attach-instance-to-elastic-ip",
  },
  {
    name: "detach",
    run: (context, options) => detach("198.51.100.7", "web-a", { ...sends, ...options }, context),
    request: `PUT /v2/elastic-ip/${ids.eip}:detach {"instance":{"id":"${ids.a}"}}`,
    // The first answer is for the command itself, which looks up whom it is to detach.
    wanted: (stage) =>
      stage.server.on(
        `GET /v2/instance/${ids.a}`,
        instance(ids.a, "web-a", [ids.eip]),
        instance(ids.a, "web-a", [ids.eip]),
        instance(ids.a, "web-a", []),
      ),
    operation: "detach-instance-from-elastic-ip",
  },
];
const named = cases.map((each) => [each.name, each] as const);

/** The key of the script for the change. */
const keyOf = ({ request }: ChangeCase) => request.split(" ").slice(0, 2).join(" ");
const created = { reference: { id: ids.free } };

test.each(named)("%s sends its request and follows the operation to success", async (name, each) => {
  await using it = await exoscaleStage();
  it.server.on(keyOf(each), operation("pending"));
  it.server.on(`GET /v2/operation/${ids.operation}`, operation("pending"), operation("success", created));
  const { code, out, err } = await it.run((context) => each.run(context));
  expect({ code, err }).toEqual({ code: 0, err: "" });
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

test("create with every field", async () => {
  await using it = await exoscaleStage();
  it.server.on("POST /v2/elastic-ip", operation("success", { reference: { id: ids.six } }));
  const options = {
    ...fields,
    addressFamily: "inet6",
    healthcheckMode: "https",
    healthcheckPort: "8443",
    healthcheckInterval: "30s",
    healthcheckTimeout: "5",
    healthcheckStrikesOk: "4",
    healthcheckStrikesFail: "6",
    healthcheckUri: "/up",
    healthcheckTlsSni: "www.example.com",
    healthcheckTlsSkipVerify: true,
  };
  const { code, out } = await it.run((context) => createElasticIp(options, context));
  expect(code).toBe(0);
  expect(out).toContain("Elastic IP   2001:db8::1\n");
  expect(JSON.parse(it.server.requests[0]?.body ?? "")).toEqual({
    addressfamily: "inet6",
    healthcheck: {
      mode: "https",
      port: 8443,
      interval: 30,
      timeout: 5,
      "strikes-ok": 4,
      "strikes-fail": 6,
      uri: "/up",
      "tls-sni": "www.example.com",
      "tls-skip-verify": true,
    },
  });
});

test("update changes what is named of a healthcheck and of labels, and sends the rest again", async () => {
  await using it = await exoscaleStage();
  it.server.on(`PUT /v2/elastic-ip/${ids.six}`, operation("success"));
  await it.run((context) => updateElasticIp(ids.six, { ...fields, healthcheckPort: "8080" }, context));
  expect(JSON.parse(it.changes[0]?.split(" ").slice(2).join(" ") ?? "")).toEqual({ healthcheck: hc });
  // Another mode has no use for what is stored of the old one.
  await it.run((context) => updateElasticIp(ids.six, { ...fields, healthcheckMode: "tcp" }, context));
  expect(it.changes[1]).not.toContain("uri");

  it.server.on(`PUT /v2/elastic-ip/${ids.eip}`, operation("success"));
  const labels = { ...fields, label: ["x=y"], removeLabel: ["team"] };
  await it.run((context) => updateElasticIp("198.51.100.7", labels, context));
  expect(it.changes[2]).toBe(`PUT /v2/elastic-ip/${ids.eip} {"labels":{"x":"y"}}`);
});

test("a manual Elastic IP that is refused a healthcheck: why", async () => {
  await using it = await exoscaleStage();
  it.server.on(`PUT /v2/elastic-ip/${ids.eip}`, { status: 400, json: { message: "No" } });
  const options = { ...fields, healthcheckMode: "tcp", healthcheckPort: "80" };
  const { code, err } = await it.run((context) => updateElasticIp("198.51.100.7", options, context));
  expect(code).toBe(1);
  expect(err).toContain("Fix: A manual Elastic IP cannot be given a healthcheck: create another one with it");
});

test.each<[string, object, string]>([
  ["nothing", {}, "Nothing to update"],
  [
    "a port of 0",
    { healthcheckPort: "0", healthcheckMode: "tcp" },
    "port must be a whole number from 1 to 65535 (Health check port): got 0",
  ],
  [
    "a mode without a port",
    { healthcheckMode: "tcp" },
    "A healthcheck needs --healthcheck-mode and --healthcheck-port",
  ],
  [
    "an unknown mode",
    { healthcheckMode: "icmp", healthcheckPort: "1" },
    '--healthcheck-mode must be tcp, http or https: "icmp"',
  ],
  [
    "a port in words",
    { healthcheckMode: "tcp", healthcheckPort: "http" },
    '--healthcheck-port must be a whole number: "http"',
  ],
  [
    "half a second",
    { healthcheckMode: "tcp", healthcheckPort: "1", healthcheckTimeout: "2500ms" },
    "timeout must be a whole number from 2 to 60",
  ],
  [
    "no duration",
    { healthcheckMode: "tcp", healthcheckPort: "1", healthcheckInterval: "soon" },
    "--healthcheck-interval must be seconds or a duration",
  ],
  [
    "a uri with tcp",
    { healthcheckMode: "tcp", healthcheckPort: "1", healthcheckUri: "/" },
    "uri needs mode http or https",
  ],
  [
    "TLS with http",
    { healthcheckMode: "http", healthcheckPort: "1", healthcheckTlsSni: "x" },
    "need mode https: mode is http",
  ],
  ["a long description", { description: "x".repeat(256) }, "description must have at most 255 characters"],
  ["a label without =", { label: ["x"] }, '--label must be KEY=VALUE: "x"'],
  [
    "a label that is not there",
    { removeLabel: ["x"] },
    '--remove-label must name a label that there is (team): "x"',
  ],
  [
    "a timeout of a day",
    { timeout: "24h", description: "x" },
    '--timeout must be a duration from 1s to 15m: "24h"',
  ],
])("update with %s is refused before anything is sent", async (_, options, message) => {
  await using it = await exoscaleStage();
  const ended = await it.run((context) =>
    updateElasticIp("198.51.100.7", { ...fields, ...options }, context),
  );
  expect(ended).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  expect(it.changes).toEqual([]);
});

test("reset of another field, and another address family, are refused", async () => {
  await using it = await exoscaleStage();
  expect(await it.run((context) => resetElasticIp("198.51.100.7", "labels", sends, context))).toMatchObject({
    code: 2,
    err: 'The field must be description: "labels"',
  });
  expect(
    await it.run((context) => createElasticIp({ ...fields, addressFamily: "ipv4" }, context)),
  ).toMatchObject({ code: 2 });
});

const destructive = named.filter(([name]) => ["delete", "reset", "detach"].includes(name));

test.each(destructive)("%s asks on a terminal, and does nothing without a yes", async (name, each) => {
  await using it = await exoscaleStage();
  it.server.on(keyOf(each), operation("success"));
  const unsure = { yes: false };
  const refused = await it.run((context) => each.run(context, unsure), { answer: false });
  expect(refused).toMatchObject({ code: 1, err: "Nothing was changed" });
  expect(refused.asked[0]).toMatch(
    { delete: /Its address is lost for good/, reset: /It is now "www"/ }[name] ?? /Nobody holds it then/,
  );
  const nobody = await it.run((context) => each.run(context, unsure));
  expect(nobody).toMatchObject({ code: 2, err: expect.stringContaining("add --yes if you are sure") });
  expect(it.changes).toEqual([]);
  expect((await it.run((context) => each.run(context, unsure), { answer: true })).code).toBe(0);
  expect((await it.run((context) => each.run(context))).asked).toEqual([]);
  expect(it.changes).toHaveLength(2);
});

test("an Elastic IP that is held is not deleted: its holders and the way are named", async () => {
  await using it = await exoscaleStage();
  const ended = await it.run((context) => deleteElasticIp("198.51.100.7", sends, context));
  expect(ended).toMatchObject({
    code: 1,
    err: "Elastic IP 198.51.100.7 is held by web-a, and Exoscale deletes none that is held\nFix: failoverd exoscale elastic-ip detach 198.51.100.7 web-a",
  });
  expect(it.changes).toEqual([]);
});

test("whoever changes an address that a group moves is warned, with the command that does it properly", async () => {
  await using it = await exoscaleStage();
  const config = configOf(it);
  it.server.on(`PUT /v2/elastic-ip/${ids.eip}:attach`, operation("success"));
  it.server.on(`PUT /v2/elastic-ip/${ids.eip}:detach`, operation("success"));
  const given = { ...sends, config };
  const attached = await it.run((context) => attach("198.51.100.7", "web-b", given, context));
  expect(attached.err).toContain("Warning: web-b is stopped, so it answers nobody\n");
  expect(attached.err).toContain(
    `Warning: the daemon moves 198.51.100.7 for group web of ${config}; it will take this for a change by hand and hold. To let it move the address itself: failoverd switchover web right --reason "…"\n`,
  );
  const detached = await it.run((context) => detach(ids.eip, "web-a", given, context));
  expect(detached.err).toContain("failoverd switchover web --reason");
  const other = await it.run((context) => attach("198.51.100.8", "web-a", given, context));
  expect(other.err).not.toContain("Warning: the daemon");
});

test("a group that names its address by its id is recognised as well", async () => {
  await using it = await exoscaleStage();
  it.server.on(`PUT /v2/elastic-ip/${ids.six}`, operation("success"));
  const config = configOf(it, `elastic-ip: ${six.id}`);
  const options = { ...fields, config, healthcheckPort: "81" };
  const { err } = await it.run((context) => updateElasticIp("2001:db8::1", options, context));
  expect(err).toContain("for group web");
  expect(err).toContain("its healthcheck makes Exoscale a second mover");
});
