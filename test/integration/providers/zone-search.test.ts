/** What a check finds out of an Elastic IP or an instance that is in another zone, and how often it asks. */
import { expect, onTestFinished, test } from "vitest";

import { openExoscale } from "../../../src/providers/exoscale/account.ts";
import type { Finding, Provider } from "../../../src/providers/provider.ts";
import { startSimulator, type Simulator } from "../../../src/simulator/simulator.ts";
import { parseWorld } from "../../../src/simulator/world-file.ts";
import { credential, leapServices, never } from "./scripted-server.ts";

const here = "6b1c0000-0000-4000-8000-00000000000a";
const there = "6b1c0000-0000-4000-8000-00000000000b";
const nowhere = "6b1c0000-0000-4000-8000-00000000000f";
const hourMs = 3_600_000;

async function startWorld(): Promise<Simulator> {
  const simulator = await startSimulator(
    parseWorld(`
listen: 127.0.0.1:0
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: k, secret: s }]
  instances: [{ id: ${here}, name: web-a }]
  elastic-ips: [{ id: e1a50000-0000-4000-8000-000000000007, ip: 198.51.100.7, holders: [web-a] }]
  other-zones:
    - zone: ch-dk-2
      instances: [{ id: ${there}, name: web-b }]
      elastic-ips: [{ id: e1a50000-0000-4000-8000-000000000008, ip: 198.51.100.8 }]
    - zone: de-fra-1
`),
  );
  onTestFinished(() => simulator.close());
  return simulator;
}

interface Setup {
  readonly provider: Provider;
  /** Findings of a check about what is missing. */
  readonly check: () => Promise<readonly Finding[]>;
  readonly leap: (ms: number) => Promise<void>;
  /** Requests to other zones, and for the list of zones, since the last time that this was called. */
  readonly asked: () => readonly string[];
}

function setUp(
  simulator: Simulator,
  instance: string,
  elasticIp = "198.51.100.7",
  place = "/zones/ch-gva-2",
): Setup {
  // Only the monotonic clock leaps: signatures must stay good.
  const services = { ...leapServices(), wallNow: () => Date.now() };
  const endpoint = `${simulator.url}${place}/v2`;
  const keys = { apiKey: credential("k"), apiSecret: credential("s") };
  const account = openExoscale({ endpoint, zone: "ch-gva-2", ...keys }, services);
  onTestFinished(() => account.close());
  const members = [
    { name: "a", holder: here },
    { name: "b", holder: instance },
  ];
  const provider = account.bind({ name: "web", address: elasticIp, members, usesStored: false });
  let seen = 0;
  return {
    provider,
    check: async () => (await provider.check(never)).filter(({ text }) => /\bzone\b/.test(text)),
    leap: (ms) => services.sleep(ms, never),
    asked: () => {
      const requests = simulator.world.requests.find({ after: seen });
      seen = requests.at(-1)?.number ?? seen;
      return requests
        .map(({ path }) => path)
        .filter((path) => path.endsWith("/zone") || !path.startsWith(`${place}/v2`))
        .toSorted();
    },
  };
}

test("an instance of another zone is named with its zone, and is not looked for again within an hour", async () => {
  const { provider, check, leap, asked } = setUp(await startWorld(), there);
  const found: Finding = {
    severity: "error",
    text: `The instance ${there} of member b is in zone ch-dk-2, not in ch-gva-2: an Elastic IP cannot be attached across zones`,
    fix: "Set instance to the id of an instance in ch-gva-2, where the Elastic IP is; a group lives in one zone",
  };
  const search = [
    `/zones/ch-dk-2/v2/instance/${there}`,
    "/zones/ch-gva-2/v2/zone",
    `/zones/de-fra-1/v2/instance/${there}`,
  ];
  expect(await check()).toEqual([found]);
  expect(asked()).toEqual(search);
  expect(provider.callsOfCheck).toBe(5 + 3);

  await leap(hourMs - 60_000);
  expect(await check()).toEqual([found]);
  expect(asked()).toEqual([]);
  expect(provider.callsOfCheck).toBe(5);

  await leap(60_000);
  expect(await check()).toEqual([found]);
  expect(asked()).toEqual(search);
});

test.for(["198.51.100.8", "e1a50000-0000-4000-8000-000000000008"])(
  "the Elastic IP %s of another zone is named with its zone",
  async (elasticIp) => {
    const { check } = setUp(await startWorld(), here, elasticIp);
    expect(await check()).toEqual([
      {
        severity: "error",
        text: `Elastic IP ${elasticIp} is in zone ch-dk-2, not in ch-gva-2: an Elastic IP cannot be attached across zones`,
        fix: "Use a provider with zone: ch-dk-2 if the group's instances are there too, else set elastic-ip to one in ch-gva-2",
      },
    ]);
  },
);

test("what no zone knows is said to be in none of them", async () => {
  const { check } = setUp(await startWorld(), nowhere);
  const text = `The instance ${nowhere} of member b does not exist in this zone, nor in ch-dk-2, de-fra-1`;
  expect(await check()).toMatchObject([{ severity: "error", text }]);
});

test("a zone that does not answer leaves it open, and is asked again after ten minutes", async () => {
  const simulator = await startWorld();
  const { check, leap, asked } = setUp(simulator, nowhere);
  const status = { kind: "status", status: 501, retryAfterS: null, body: "json" } as const;
  simulator.world.faults.replace([{ operation: "list-zones", times: 1, effect: status }]);
  const text = `The instance ${nowhere} of member b does not exist in this zone`;
  expect(await check()).toMatchObject([{ severity: "error", text }]);
  expect(asked()).toEqual(["/zones/ch-gva-2/v2/zone"]);
  await leap(9 * 60_000);
  expect(await check()).toMatchObject([{ severity: "error", text }]);
  expect(asked()).toEqual([]);
  await leap(60_000);
  expect(await check()).toMatchObject([{ text: `${text}, nor in ch-dk-2, de-fra-1` }]);
});

test("nothing is asked elsewhere while all is found, nor where the endpoint does not name its zone", async () => {
  const simulator = await startWorld();
  const whole = setUp(simulator, here);
  expect(await whole.check()).toEqual([]);
  expect(whole.asked()).toEqual([]);
  const fixed = setUp(simulator, there, "198.51.100.7", "");
  fixed.asked();
  const text = `The instance ${there} of member b does not exist in this zone`;
  expect(await fixed.check()).toMatchObject([{ severity: "error", text }]);
  expect(fixed.asked()).toEqual([]);
});

test("a check that is given up leaves nothing behind", async () => {
  const simulator = await startWorld();
  const { provider, check, asked } = setUp(simulator, there);
  const given = new AbortController();
  simulator.world.faults.replace([{ operation: "list-zones", times: 1, effect: { kind: "hang" } }]);
  const checking = provider.check(given.signal);
  await expect.poll(() => asked()).toEqual(["/zones/ch-gva-2/v2/zone"]);
  given.abort();
  await checking;
  expect(await check()).toMatchObject([{ text: expect.stringContaining("is in zone ch-dk-2") as string }]);
});

test("groups that miss the same at the same moment search once", async () => {
  const simulator = await startWorld();
  const { check, asked } = setUp(simulator, there);
  const [first, second] = await Promise.all([check(), check()]);
  expect(first).toMatchObject([{ text: expect.stringContaining("is in zone ch-dk-2") as string }]);
  expect(second).toEqual(first);
  expect(asked()).toEqual([
    "/zones/ch-dk-2/v2/instance/" + there,
    "/zones/ch-gva-2/v2/zone",
    "/zones/de-fra-1/v2/instance/" + there,
  ]);
});
