/** `elastic-ip update --from-config`: what of our healthcheck Exoscale can have, and what not. */
import { readFileSync, writeFileSync } from "node:fs";

import { expect, test } from "vitest";

import { updateElasticIp } from "../../../src/cli/exoscale/change.ts";
import { configOf, exoscaleStage, fields, ids, operation, six } from "./exoscale-world.ts";
import type { Ended, Stage } from "./stage.ts";

/** Writes the config of group `web` with the address of `six`, and in its text one thing for another. @returns its path. */
function configWith(it: Stage, from: string, to: string): string {
  const path = configOf(it, `elastic-ip: ${six.id}`);
  writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
  return path;
}

function update(it: Stage, config: string, more: object = {}): Promise<Ended> {
  it.server.on(`PUT /v2/elastic-ip/${ids.six}`, operation("success"));
  const options = { ...fields, ...more, config, fromConfig: true };
  return it.run((context) => updateElasticIp("2001:db8::1", options, context));
}

const checkOf = (it: Stage, check: string): string =>
  configWith(it, "{ mode: http, port: 80, uri: /healthz }", check);

test("the healthcheck of the group is written as a whole, in Exoscale's words", async () => {
  await using it = await exoscaleStage();
  const ended = await update(
    it,
    checkOf(
      it,
      "{ mode: https, port: 443, uri: /healthz, tls-sni: www.example.com, interval: 15s, strikes-fail: 4, fast-interval: 5s, watch: true, reuse: true, resume: true }",
    ),
  );
  expect(ended.code).toBe(0);
  expect(ended.err).toContain(
    "Not written, since Exoscale has nothing like it: fast-interval, watch, reuse, resume\n",
  );
  expect(ended.err).toContain("its healthcheck makes Exoscale a second mover");
  const [change] = it.changes;
  expect(JSON.parse(change?.replace(/^\S+ \S+ /, "") ?? "")).toEqual({
    healthcheck: {
      mode: "https",
      port: 443,
      interval: 15,
      timeout: 2,
      "strikes-ok": 2,
      "strikes-fail": 4,
      uri: "/healthz",
      "tls-sni": "www.example.com",
    },
  });
});

test("what Exoscale would judge otherwise is named, all of it, and nothing is sent", async () => {
  await using it = await exoscaleStage();
  const { code, err } = await update(
    it,
    checkOf(
      it,
      "{ mode: http, port: 80, method: OPTIONS, host-header: x.example.com, headers: { x-a: b }, expect-status: 200, expect-body: fine, interval: 2500ms, timeout: 500ms }",
    ),
  );
  expect(code).toBe(2);
  expect(err.split("\n").slice(1)).toEqual([
    "- method OPTIONS: Exoscale sends GET",
    "- host-header: Exoscale sends none of ours",
    "- headers: Exoscale sends none of ours",
    "- expect-status: Exoscale accepts all below 400",
    "- expect-body: Exoscale does not look into the body",
    expect.stringMatching(/^- interval must be a whole number from 5 to 300 .*: got 2\.5$/),
    expect.stringMatching(/^- timeout must be a whole number from 2 to 60 .*: got 0\.5$/),
  ]);
  expect(it.changes).toEqual([]);
});

test("members that are checked differently cannot be told to Exoscale", async () => {
  await using it = await exoscaleStage();
  const config = configWith(it, "host: 10.0.0.12", "host: 10.0.0.12, healthcheck: { port: 81 }");
  expect(await update(it, config)).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      "- right is checked otherwise than left: Exoscale has one healthcheck for all",
    ),
  });
  expect(it.changes).toEqual([]);
});

test("without a group that has the address, or with options beside it, nothing is sent", async () => {
  await using it = await exoscaleStage();
  expect(await update(it, configOf(it))).toMatchObject({
    code: 2,
    err: expect.stringMatching(
      /^--from-config needs a config with one group whose address is 2001:db8::1: .* has none$/,
    ),
  });
  expect(await update(it, checkOf(it, "{ mode: tcp, port: 80 }"), { healthcheckPort: "81" })).toMatchObject({
    code: 2,
    err: expect.stringContaining("both say what the healthcheck is"),
  });
  expect(it.changes).toEqual([]);
});
