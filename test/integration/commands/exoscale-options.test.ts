/** What the commands that change Elastic IPs take, refuse, ask and warn of. */
import { expect, test } from "vitest";

import {
  createElasticIp,
  deleteElasticIp,
  resetElasticIp,
  updateElasticIp,
} from "../../../src/cli/exoscale/change.ts";
import { attach, detach } from "../../../src/cli/exoscale/move.ts";
import { keyOf, named } from "./exoscale-cases.ts";
import { check, configOf, exoscaleStage, fields, ids, operation, sends, six } from "./exoscale-world.ts";

const hc = { ...check, port: 8080, timeout: 2, "strikes-ok": 2, "strikes-fail": 3 };

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

test("a group of another provider is not warned of", async () => {
  await using it = await exoscaleStage();
  it.server.on(`PUT /v2/elastic-ip/${ids.eip}:attach`, operation("success"));
  const vie = `  vie: { type: exoscale, zone: at-vie-1, endpoint: "${it.server.origin}/v2", api-key: "\${env:EXOSCALE_API_KEY}", api-secret: "\${env:EXOSCALE_API_SECRET}" }`;
  const config = configOf(it, undefined, vie);
  const attached = (provider: string) =>
    it.run((context) => attach("198.51.100.7", "web-a", { ...sends, config, provider }, context));
  expect((await attached("vie")).err).toBe("");
  expect((await attached("exo")).err).toContain("for group web");
});
