/** A simulated account in several zones: each knows its own things only, and all are found through `GET /zone`. */
import { expect, test } from "vitest";
import type { ExoscaleSpec } from "../../../src/simulator/spec.ts";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import { call, eip, sign, start, waitFor, webA, webB, type Answer } from "./client.ts";

const there = "6b1c0000-0000-4000-8000-0000000000dd";
const eipThere = "e1a50000-0000-4000-8000-0000000000dd";
const instance = { id: there, name: "web-c", state: "running", publicIp: null, backend: null, serve: null };
const address = {
  id: eipThere,
  ip: "198.51.100.9",
  description: null,
  healthcheck: null,
  holders: [],
  forward: null,
};
const twoZones: Partial<ExoscaleSpec> = {
  otherZones: [{ zone: "ch-dk-2", instances: [instance], elasticIps: [address] }],
};

/** @param path with what stands before `/v2`, and signed so. */
async function ask({ url }: Simulator, method: string, path: string, body?: unknown): Promise<Answer> {
  const authorization = sign(method, path, body === undefined ? "" : JSON.stringify(body));
  return call(url, method, path, { headers: { authorization }, ...(body !== undefined && { body }) });
}

test("GET /zone leads to each zone of the world", async () => {
  const simulator = await start({ exoscale: twoZones });
  const { url } = simulator;
  const zones = [
    { name: "ch-gva-2", "api-endpoint": `${url}/v2`, "sos-endpoint": `${url}/sos` },
    { name: "ch-dk-2", "api-endpoint": `${url}/zones/ch-dk-2/v2`, "sos-endpoint": `${url}/sos` },
  ];
  for (const path of ["/v2/zone", "/zones/ch-gva-2/v2/zone", "/zones/ch-dk-2/v2/zone"])
    expect((await call(url, "GET", path)).json).toEqual({ zones });
  expect((await call(url, "GET", "/zones/at-vie-1/v2/zone")).status).toBe(404);
});

test("each zone knows only what is its own", async () => {
  const simulator = await start({ exoscale: twoZones });
  const names = async (prefix: string): Promise<string[]> => {
    const { json } = await ask(simulator, "GET", `${prefix}/v2/instance`);
    return json.instances.map(({ name }: { name: string }) => name);
  };
  expect(await names("")).toEqual(["web-a", "web-b"]);
  expect(await names("/zones/ch-gva-2")).toEqual(["web-a", "web-b"]);
  expect(await names("/zones/ch-dk-2")).toEqual(["web-c"]);
  const status = async (path: string): Promise<number> => (await ask(simulator, "GET", path)).status;
  expect(await status(`/zones/ch-dk-2/v2/elastic-ip/${eipThere}`)).toBe(200);
  expect(await status(`/v2/elastic-ip/${eipThere}`)).toBe(404);
  expect(await status(`/zones/ch-dk-2/v2/elastic-ip/${eip}`)).toBe(404);
  expect(await status(`/zones/ch-dk-2/v2/instance/${webA}`)).toBe(404);
});

test("an Elastic IP goes to an instance of its own zone, and to no other", async () => {
  const simulator = await start({ exoscale: twoZones });
  const attach = `/zones/ch-dk-2/v2/elastic-ip/${eipThere}:attach`;
  const across = await ask(simulator, "PUT", attach, { instance: { id: webB } });
  expect([across.status, across.json]).toEqual([404, { message: `Instance not found: ${webB}` }]);
  const { json } = await ask(simulator, "PUT", attach, { instance: { id: there } });
  await waitFor(
    () => ask(simulator, "GET", `/zones/ch-dk-2/v2/operation/${json.id}`),
    (answer) => answer.json.state === "success",
  );
  const world = (await call(simulator.url, "GET", "/world")).json;
  expect(world.exoscale["other-zones"][0]["elastic-ips"]).toMatchObject([
    { id: eipThere, holders: ["web-c"] },
  ]);
  expect(world.exoscale["elastic-ips"]).toMatchObject([{ id: eip, holders: ["web-a"] }]);
});

test("no two zones give the same address to what is created there", async () => {
  const simulator = await start({ exoscale: { ...twoZones, operationTimeMs: 0 } });
  const created: string[] = [];
  for (const prefix of ["", "/zones/ch-dk-2", "/zones/ch-gva-2"]) {
    const { reference } = (await ask(simulator, "POST", `${prefix}/v2/elastic-ip`, {})).json;
    created.push((await ask(simulator, "GET", `${prefix}/v2/elastic-ip/${reference.id}`)).json.ip);
  }
  expect(created).toEqual(["203.0.113.1", "203.0.113.2", "203.0.113.3"]);
});

test("what is signed for one zone is refused in another", async () => {
  const { url } = await start({ exoscale: twoZones });
  const authorization = sign("GET", "/v2/instance", "");
  const answer = await call(url, "GET", "/zones/ch-dk-2/v2/instance", { headers: { authorization } });
  expect([answer.status, answer.json]).toEqual([403, { message: "Invalid request signature" }]);
});
