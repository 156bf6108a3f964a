import { expect, test } from "vitest";

import { createExoscaleProvider } from "../../../src/providers/exoscale/provider.ts";
import type { ExoscaleClient } from "../../../src/providers/exoscale/client.ts";
import {
  elasticIp,
  failed,
  fakeExoscale,
  fakeServices,
  ids,
  instance,
  members,
  never,
  ok,
  operation,
} from "./fakes.ts";

function world(holders: string[], calls: Partial<ExoscaleClient> = {}) {
  const held = new Set(holders);
  const services = fakeServices();
  const client = fakeExoscale(held, calls);
  return {
    held,
    services,
    provider: createExoscaleProvider({ name: "web", client, elasticIp: "198.51.100.7", members }, services),
  };
}
const attachB = { kind: "attach", member: "web-b" } as const;
const detachA = { kind: "detach", member: "web-a" } as const;
const pending = ok(operation("pending"));

test("read() names the holders and the foreign ones", async () => {
  const { provider } = world([ids.a, ids.foreign]);
  expect(await provider.read(never)).toEqual({
    kind: "known",
    holders: ["web-a"],
    foreign: [ids.foreign],
    busy: null,
  });
});

test("read() looks the Elastic IP up once", async () => {
  let lists = 0;
  const { provider } = world([ids.a], {
    listElasticIps: () => (lists++, Promise.resolve(ok([elasticIp()]))),
  });
  await provider.read(never);
  await provider.read(never);
  expect(lists).toBe(1);
});

test("read() is unknown when one member cannot be asked", async () => {
  const { provider } = world([ids.a], {
    getInstance: () => Promise.resolve(failed("server-error", "maybe", "HTTP 503")),
  });
  expect(await provider.read(never)).toEqual({
    kind: "unknown",
    detail: "Cannot ask whether web-a holds the address: HTTP 503",
  });
});

test("read() is unknown when foreign holders cannot be searched for", async () => {
  const { provider } = world([ids.a], { listInstancesByIp: () => Promise.resolve(failed("forbidden")) });
  expect(await provider.read(never)).toMatchObject({ kind: "unknown" });
});

test("read() is unknown when the answer is about another instance", async () => {
  const other = ok(instance(ids.foreign));
  const { provider } = world([ids.a], { getInstance: () => Promise.resolve(other) });
  expect(await provider.read(never)).toMatchObject({ kind: "unknown" });
});

test("read() takes a deleted member for no holder while another one is found", async () => {
  const { held, services } = world([]);
  const base = fakeExoscale(held);
  held.add(ids.b);
  const client = fakeExoscale(held, {
    getInstance: (id, budget) =>
      id === ids.a ? Promise.resolve(failed("not-found")) : base.getInstance(id, budget),
  });
  const provider = createExoscaleProvider(
    { name: "web", client, elasticIp: ids.elasticIp, members },
    services,
  );
  expect(await provider.read(never)).toMatchObject({ kind: "known", holders: ["web-b"] });
});

test("read() is unknown when no member is found at all", async () => {
  const { provider } = world([], { getInstance: () => Promise.resolve(failed("not-found")) });
  expect(await provider.read(never)).toMatchObject({ kind: "unknown" });
});

test("read() does not take a hit that vanished for a foreign holder", async () => {
  const { held, services } = world([ids.a]);
  const base = fakeExoscale(held);
  const client = fakeExoscale(held, {
    listInstancesByIp: () => Promise.resolve(ok([ids.a, ids.foreign])),
    getInstance: (id, budget) =>
      id === ids.foreign ? Promise.resolve(failed("not-found")) : base.getInstance(id, budget),
  });
  const provider = createExoscaleProvider(
    { name: "web", client, elasticIp: ids.elasticIp, members },
    services,
  );
  expect(await provider.read(never)).toMatchObject({ kind: "known", foreign: [] });
});

test("read() of an Elastic IP that was deleted is unknown, not orphaned", async () => {
  const { provider, held } = world([ids.a], { getElasticIp: () => Promise.resolve(failed("not-found")) });
  await provider.read(never);
  held.clear();
  expect(await provider.read(never)).toMatchObject({ kind: "unknown" });
});

test("read() tells that nobody holds an Elastic IP that exists", async () => {
  const { provider } = world([]);
  await provider.read(never);
  expect(await provider.read(never)).toEqual({ kind: "known", holders: [], foreign: [], busy: null });
});

test("execute() refuses a flip and a member that it does not know, without a call", async () => {
  const { provider } = world([]);
  expect(await provider.execute({ kind: "flip", member: "web-a" }, never)).toMatchObject({
    kind: "rejected",
  });
  expect(await provider.execute({ kind: "attach", member: "web-x" }, never)).toMatchObject({
    kind: "rejected",
  });
});

test("execute() polls from 0.5 s to 3 s and gives up within the step deadline", async () => {
  const { provider, services } = world([ids.a], {
    attach: () => Promise.resolve(pending),
    getOperation: () => Promise.resolve(pending),
  });
  const effect = await provider.execute(attachB, never);
  expect(effect).toEqual({
    kind: "uncertain",
    detail: "attach: the operation has not ended within the deadline",
  });
  expect(services.slept.slice(0, 3)).toEqual([500, 750, 1_125]);
  expect(Math.max(...services.slept)).toBe(3_000);
  const total = services.slept.reduce((sum, ms) => sum + ms, 0);
  expect(total).toBeGreaterThan(55_000);
  expect(total).toBeLessThan(60_000);
});

test("read() is busy while an operation of ours has not ended, for 15 minutes at most", async () => {
  const { provider, services } = world([ids.a], {
    attach: () => Promise.resolve(pending),
    getOperation: () => Promise.resolve(pending),
  });
  await provider.execute(attachB, never);
  expect(await provider.read(never)).toMatchObject({ busy: expect.stringContaining(ids.operation) });
  services.leap(899_000);
  expect(await provider.read(never)).toMatchObject({ busy: expect.stringContaining("899 s") });
  services.leap(1_000);
  expect(await provider.read(never)).toMatchObject({ kind: "known", busy: null });
  const findings = await provider.check(never);
  expect(findings.some(({ text }) => text.includes("did not end in 15 min"))).toBe(true);
});

test.each([
  ["success", ok(operation("success"))],
  ["failure", ok(operation("failure", { reason: "busy" }))],
  ["404", failed("not-found")],
])("read() is no longer busy once the operation answers %s", async (_, answer) => {
  let poll: typeof answer = pending;
  const { provider } = world([ids.a], {
    attach: () => Promise.resolve(pending),
    getOperation: () => Promise.resolve(poll),
  });
  await provider.execute(attachB, never);
  poll = answer;
  expect(await provider.read(never)).toMatchObject({ kind: "known", busy: null });
});

test("read() after a lost reply is busy until the change shows, or for 5 s", async () => {
  const lost = () => Promise.resolve(failed("no-answer", "maybe"));
  const { provider, services, held } = world([ids.a], { attach: lost, detach: lost });
  expect(await provider.execute(attachB, never)).toMatchObject({ kind: "uncertain" });
  expect(await provider.read(never)).toMatchObject({ busy: expect.stringContaining("attach of instance") });
  held.add(ids.b);
  expect(await provider.read(never)).toMatchObject({ holders: ["web-a", "web-b"], busy: null });

  expect(await provider.execute(detachA, never)).toMatchObject({ kind: "uncertain" });
  services.leap(4_999);
  expect(await provider.read(never)).toMatchObject({ busy: expect.stringContaining("detach of instance") });
  services.leap(1);
  expect(await provider.read(never)).toMatchObject({ busy: null });
});

test("execute() is rejected when the request never left", async () => {
  const { provider } = world([ids.a], { attach: () => Promise.resolve(failed("no-answer", "no")) });
  expect(await provider.execute(attachB, never)).toMatchObject({ kind: "rejected" });
  expect(await provider.read(never)).toMatchObject({ busy: null });
});

test("execute() follows the instance when the operation cannot be read", async () => {
  const { provider, held, services } = world([ids.a], {
    attach: () => Promise.resolve(pending),
    getOperation: () => {
      if (services.slept.length === 2) held.add(ids.b);
      return Promise.resolve(failed("forbidden"));
    },
  });
  expect(await provider.execute(attachB, never)).toMatchObject({ kind: "applied" });
  expect(services.slept).toEqual([500, 750]);
});

test("execute() is uncertain when the operation is forgotten and nothing changed", async () => {
  const { provider, services } = world([ids.a], { attach: () => Promise.resolve(pending) });
  expect(await provider.execute(attachB, never)).toMatchObject({ kind: "uncertain" });
  expect(services.slept).toHaveLength(3);
});

test("execute() that is aborted while the operation is pending is uncertain and remembered", async () => {
  const abort = new AbortController();
  const { provider } = world([ids.a], {
    attach: () => (abort.abort(), Promise.resolve(pending)),
    getOperation: () => Promise.resolve(pending),
  });
  expect(await provider.execute(attachB, abort.signal)).toMatchObject({ kind: "uncertain" });
  expect(await provider.read(never)).toMatchObject({ busy: expect.stringContaining("attach") });
});

test("execute() looks the Elastic IP up again after a 404", async () => {
  let lists = 0;
  const { provider } = world([ids.a], {
    listElasticIps: () => (lists++, Promise.resolve(ok([elasticIp()]))),
    attach: () => Promise.resolve(failed("not-found")),
  });
  expect(await provider.execute(attachB, never)).toMatchObject({ kind: "rejected" });
  await provider.read(never);
  expect(lists).toBe(2);
});

test("check() finds a group in order and says what only a move can prove", async () => {
  const { provider } = world([ids.a]);
  const before = await provider.check(never);
  expect(before.filter(({ severity }) => severity !== "ok").map(({ text }) => text)).toEqual([
    "Whether the credentials allow attach and detach can only be proven by a move",
  ]);
  await provider.execute(attachB, never);
  await provider.execute(detachA, never);
  expect((await provider.check(never)).every(({ severity }) => severity === "ok")).toBe(true);
});

test("check() names a wrong clock when the signature is refused", async () => {
  const { services } = world([]);
  const failure = {
    cause: "signature",
    executed: "no",
    detail: "HTTP 403",
    serverWallMs: services.wallNow() - 3_600_000,
    requestId: null,
  } as const;
  const { provider } = world([], { listElasticIps: () => Promise.resolve({ kind: "failed", failure }) });
  expect(await provider.check(never)).toEqual([
    {
      severity: "error",
      text: "Cannot look up Elastic IP 198.51.100.7: HTTP 403. This machine's clock is 3600 s ahead of the provider's",
      fix: expect.stringContaining("NTP"),
    },
  ]);
});

test("check() finds each planted problem and names a fix", async () => {
  const held = new Set([ids.a, ids.foreign]);
  const base = fakeExoscale(held);
  const { provider } = world([ids.a, ids.foreign], {
    listElasticIps: () => Promise.resolve(ok([elasticIp({ managed: true })])),
    getInstance: async (id, budget) => {
      if (id === ids.b) return failed("not-found");
      const seen = await base.getInstance(id, budget);
      return seen.kind === "ok" ? ok({ ...seen.value, state: "stopped" }) : seen;
    },
    getOperation: () => Promise.resolve(failed("forbidden")),
  });
  const findings = (await provider.check(never)).filter(({ severity }) => severity !== "ok");
  expect(findings.map(({ severity, text }) => `${severity}: ${text}`)).toEqual([
    expect.stringMatching(/^warning: Elastic IP 198.51.100.7 is managed/),
    expect.stringMatching(/^warning: The instance .* of member web-a is not running: its state is stopped$/),
    expect.stringMatching(/^error: The instance .* of member web-b does not exist in this zone$/),
    expect.stringMatching(/^warning: Instance .* holds 198.51.100.7 and is not a member/),
    expect.stringMatching(/^warning: The credentials do not allow get-operation/),
    expect.stringMatching(/^warning: Whether the credentials allow attach/),
  ]);
  expect(findings.every(({ fix }) => fix !== null)).toBe(true);
});

test("an IPv6 Elastic IP is found by any spelling of its address or range", async () => {
  const listed = elasticIp({ ip: null, cidr: "2001:db8::/96" });
  const searched: string[] = [];
  const client = fakeExoscale(new Set([ids.a]), {
    listElasticIps: () => Promise.resolve(ok([listed])),
    listInstancesByIp: (ip) => (searched.push(ip), Promise.resolve(ok([]))),
  });
  const provider = createExoscaleProvider(
    { name: "web", client, elasticIp: "2001:0DB8:0::/96", members },
    fakeServices(),
  );
  expect(await provider.read(never)).toMatchObject({ kind: "known", holders: ["web-a"] });
  expect(searched).toEqual(["2001:db8::"]);
});
