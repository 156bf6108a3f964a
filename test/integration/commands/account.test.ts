/** Whose account a command speaks for. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { exoscaleZones } from "../../../src/core/exoscale-zones.ts";
import { showElasticAddress, ping } from "../../../src/cli/cloud66/show.ts";
import { printIamPolicy } from "../../../src/cli/exoscale/iam-policy.ts";
import { placeOf } from "../../../src/cli/exoscale/session.ts";
import { listElasticIps } from "../../../src/cli/exoscale/show.ts";
import { policyFor } from "../../../src/providers/exoscale/iam-policy.ts";
import { asks, configOf, exoscaleStage, ids } from "./exoscale-world.ts";
import { token } from "./stage.ts";

const none = {
  EXOSCALE_API_KEY: "",
  EXOSCALE_API_SECRET: "",
  EXOSCALE_ZONE: "",
  EXOSCALE_API_ENDPOINT: "",
  CLOUD66_ACCESS_TOKEN: "",
};

test.each<[string, NodeJS.ProcessEnv, string]>([
  [
    "nothing",
    none,
    "No credentials: set EXOSCALE_API_KEY, EXOSCALE_API_SECRET and EXOSCALE_ZONE, or name a config",
  ],
  ["the key alone", { EXOSCALE_API_SECRET: "" }, "belong together: EXOSCALE_API_SECRET is not set"],
  ["the secret alone", { EXOSCALE_API_KEY: "" }, "belong together: EXOSCALE_API_KEY is not set"],
  ["no zone", { EXOSCALE_ZONE: "", EXOSCALE_API_ENDPOINT: "" }, "set EXOSCALE_ZONE, or add --zone"],
  [
    "a zone that is none",
    { EXOSCALE_ZONE: "Geneva" },
    'The zone must be the name of one, such as ch-gva-2: "Geneva"',
  ],
  [
    "a secret with a line break",
    { EXOSCALE_API_SECRET: "sec\nret" },
    "EXOSCALE_API_SECRET must be text without spaces",
  ],
  ["plain http elsewhere", { EXOSCALE_API_ENDPOINT: "http://api.example/v2" }, "must be an https URL"],
  [
    "a password in the URL",
    { EXOSCALE_API_ENDPOINT: "https://a:hunter22@api.example/v2" },
    "must be an https URL",
  ],
  [
    "the API before",
    { EXOSCALE_API_ENDPOINT: "https://api.exoscale.com/v1" },
    'must end in /v2, the API that has Elastic IPs: its path is "/v1"',
  ],
  ["a config that is not there", { FAILOVERD_CONFIG: "/nowhere/failoverd.yaml" }, "Cannot load config"],
])("with %s in the environment the command says what to set", async (_, env, message) => {
  await using it = await exoscaleStage();
  const ended = await it.run((context) => listElasticIps(asks, context), { env });
  expect(ended).toMatchObject({ code: 2, out: "", err: expect.stringContaining(message) });
  expect(ended.err).not.toMatch(/hunter22|sec\nret/);
  expect(it.server.requests).toEqual([]);
});

test.each(exoscaleZones)("the zone %s is one, in its own variable and in that of the endpoint", (zone) => {
  const endpoint = `https://api-${zone}.exoscale.com/v2`;
  expect(placeOf({ EXOSCALE_ZONE: zone }, undefined)).toEqual({ zone, endpoint });
  expect(placeOf({ EXOSCALE_API_ENDPOINT: endpoint }, undefined)).toEqual({ zone, endpoint });
  expect(placeOf({}, zone)).toEqual({ zone, endpoint });
});

test("--config speaks for its provider, whatever the environment's endpoint and zone are", async () => {
  await using it = await exoscaleStage();
  const config = configOf(it);
  const env = { EXOSCALE_API_ENDPOINT: "https://api.example/v2", EXOSCALE_ZONE: "at-vie-1" };
  expect((await it.run((context) => listElasticIps({ ...asks, config }, context), { env })).code).toBe(0);
  expect(
    (await it.run((context) => listElasticIps(asks, context), { env: { ...env, FAILOVERD_CONFIG: config } }))
      .code,
  ).toBe(0);
  const zoned = await it.run((context) => listElasticIps({ ...asks, config, zone: "at-vie-1" }, context));
  expect(zoned).toMatchObject({
    code: 2,
    err: "--zone goes with the environment variables: provider exo is in ch-gva-2",
  });
});

test("several providers of one type: one has to be named", async () => {
  await using it = await exoscaleStage();
  const second = `  vie: { type: exoscale, zone: at-vie-1, endpoint: "${it.server.origin}/v2", api-key: "\${env:EXOSCALE_API_KEY}", api-secret: "\${env:EXOSCALE_API_SECRET}" }`;
  const config = configOf(it, undefined, second);
  const run = (provider?: string) =>
    it.run((context) =>
      listElasticIps({ ...asks, config, ...(provider === undefined ? {} : { provider }) }, context),
    );
  expect(await run()).toMatchObject({
    code: 2,
    err: expect.stringContaining("choose one with --provider: exo, vie"),
  });
  expect(await run("x")).toMatchObject({ code: 2, err: expect.stringContaining('(exo, vie): "x"') });
  expect((await run("vie")).code).toBe(0);
  const c66 = await it.run((context) => ping({ json: false, config }, context));
  expect(c66).toMatchObject({ code: 2, err: `${config} has no provider of type cloud66` });
});

const file = Buffer.from(JSON.stringify({ AccessToken: "0123456789abcdef" })).toString("base64");

test.each<[string, NodeJS.ProcessEnv, string]>([
  ["nothing", none, "No credentials: set CLOUD66_ACCESS_TOKEN, or name a config"],
  [
    "the variable of the other tool",
    { ...none, CLOUD66_TOKEN: file },
    "CLOUD66_TOKEN is the base64 of a whole cx.json file",
  ],
  [
    "the file in the place of the token",
    { CLOUD66_ACCESS_TOKEN: file },
    "CLOUD66_ACCESS_TOKEN is the base64 of a cx.json file (CLOUD66_TOKEN): set it to the access token that is in that file",
  ],
  ["plain http elsewhere", { CLOUD66_API_URL: "http://c66.example" }, "CLOUD66_API_URL must be an https URL"],
])("Cloud 66 with %s in the environment", async (_, env, message) => {
  await using it = await exoscaleStage();
  const ended = await it.run((context) => showElasticAddress("x", { json: false }, context), { env });
  expect(ended).toMatchObject({ code: 2, out: "", err: expect.stringContaining(message) });
  expect(ended.err).not.toContain(file);
  expect(ended.err).not.toContain(token);
  expect(it.server.requests).toEqual([]);
});

/** The first fenced block of this language in the README that has the text in it. */
function readmeBlock(language: string, having: string): string {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const blocks = [...readme.matchAll(/```(\w+)\n(.*?)```/gs)].filter(([, name]) => name === language);
  return blocks.map(([, , text]) => text ?? "").find((text) => text.includes(having)) ?? "";
}

test("iam-policy of the README's config is the policy of the README", async () => {
  await using it = await exoscaleStage();
  const secretFile = it.file("exoscale-secret", "secret-of-the-file");
  const yaml = readmeBlock("yaml", "elastic-ip: 198.51.100.7");
  const path = it.file("readme.yaml", yaml.replace(/\/run\/credentials[^}]*/, secretFile));
  const { code, out, err } = await it.run((context) => printIamPolicy({ config: path }, context));
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toBe(readmeBlock("json", "default-service-strategy"));
  expect(it.server.requests).toEqual([]);
});

test("iam-policy asks for the address of a group that names its Elastic IP by its id", async () => {
  await using it = await exoscaleStage();
  const config = configOf(it, `elastic-ip: ${ids.eip}`);
  const { code, out } = await it.run((context) => printIamPolicy({ config }, context));
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(policyFor(["198.51.100.7"]));
  it.server.on(`GET /v2/elastic-ip/${ids.eip}`, {
    status: 403,
    json: { message: "Forbidden by role policy" },
  });
  expect(await it.run((context) => printIamPolicy({ config }, context))).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("Allow the operation get-elastic-ip"),
  });
});

test("iam-policy of a group in mode shadow allows to look, and says so", async () => {
  await using it = await exoscaleStage();
  const config = configOf(it, "elastic-ip: 198.51.100.7\n    mode: shadow");
  const { out, err } = await it.run((context) => printIamPolicy({ config }, context));
  expect(JSON.parse(out)).toEqual(policyFor([]));
  expect(out).not.toContain("attach");
  expect(err).toBe("Group web is in mode shadow, so the policy does not allow to move its address\n");
});
