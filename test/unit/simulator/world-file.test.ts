import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { mapPorts } from "../../../src/simulator/spec.ts";
import { loadWorld, parseWorld, WorldFileError } from "../../../src/simulator/world-file.ts";

const demo = fileURLToPath(new URL("../../../config/demo-world.yaml", import.meta.url));
const a = "6b1c0000-0000-4000-8000-00000000000a";
const b = "6b1c0000-0000-4000-8000-00000000000b";

const small = `
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: k, secret: s }]
  instances:
    - { id: ${a}, name: web-a }
    - { id: ${b}, name: web-b }
  elastic-ips:
    - { id: ${a}, ip: 198.51.100.7, holders: [web-a] }
cloud66:
  tokens: [{ token: t, scope: admin }]
  stacks:
    - { uid: s1, name: eu }
    - { uid: s2, name: us }
  failover-groups:
    - { uid: g1, address: x.example.com, primary: eu, secondary: s2 }
`;

function problemsOf(text: string): string[] {
  try {
    parseWorld(text, "w.yaml");
  } catch (error) {
    if (!(error instanceof WorldFileError)) throw error;
    expect(error.message.startsWith("Cannot load world: ")).toBe(true);
    return error.message.slice("Cannot load world: ".length).split("\n");
  }
  return [];
}

describe("parseWorld()", () => {
  test("fills in the defaults", () => {
    const { listen, exoscale, cloud66, faults } = parseWorld(small);
    expect(listen).toEqual({ host: "127.0.0.1", port: 9790 });
    expect(faults).toEqual([]);
    expect(exoscale?.operationTimeMs).toBe(400);
    expect(exoscale?.instances[0]).toEqual({
      id: a,
      name: "web-a",
      state: "running",
      publicIp: null,
      ipv6Address: null,
      fields: {},
      backend: null,
      serve: null,
    });
    expect(exoscale?.otherZones).toEqual([]);
    expect(exoscale?.elasticIps[0]).toMatchObject({ description: null, healthcheck: null, forward: null });
    expect(cloud66).toMatchObject({
      dialect: "elastic-addresses",
      flipTimeMs: 1000,
      dnsDelayMs: 0,
      pageSize: 30,
    });
    expect(cloud66?.tokens[0]?.readonly).toBe(false);
    expect(cloud66?.stacks[0]).toMatchObject({
      fqdn: "eu.example.com",
      status: 1,
      health: 3,
      maintenanceMode: false,
    });
    expect(cloud66?.failoverGroups[0]?.current).toBe("primary");
  });

  test("takes a world with one cloud, or none", () => {
    expect(parseWorld("listen: '[::1]:0'")).toEqual({
      listen: { host: "::1", port: 0 },
      exoscale: null,
      cloud66: null,
      faults: [],
    });
    expect(parseWorld("").exoscale).toBeNull();
  });

  test.for<{ from: string; to: string; problem: string; at: string }>([
    {
      from: "zone: ch-gva-2",
      to: "zone: mars-1",
      problem: 'exoscale.zone: Invalid option: expected one of "at-vie-1"',
      at: "zone: mars",
    },
    {
      from: "zone: ch-gva-2",
      to: "zone: ch-gva-2\n  zoo: 1",
      problem: "exoscale.zoo: unknown key: zoo",
      at: "zoo",
    },
    {
      from: "zone: ch-gva-2",
      to: "zone: ch-gva-2\n  operation-time: 3",
      problem: "exoscale.operation-time: expected a duration such as 400ms or 2s, got 3",
      at: "operation-time",
    },
    {
      from: "zone: ch-gva-2",
      to: "zone: ch-gva-2\n  operation-time: 2 weeks",
      problem: 'exoscale.operation-time: expected a duration such as 400ms or 2s, got "2 weeks"',
      at: "operation-time",
    },
    {
      from: "zone: ch-gva-2",
      to: "zone: ch-gva-2\n  operation-time: 25h",
      problem: 'exoscale.operation-time: expected at most 24h, got "25h"',
      at: "operation-time",
    },
    {
      from: `{ id: ${a}, name`,
      to: "{ id: 1, name",
      problem: "exoscale.instances.0.id: expected a UUID such as 7f3a0c1e-0000-4000-8000-00000000000a",
      at: "id: 1",
    },
    {
      from: "name: web-b }",
      to: "name: web-a }",
      problem: "exoscale.instances.1.name: name is used twice: web-a",
      at: "name: web-a",
    },
    {
      from: "name: us }",
      to: "name: web-a }",
      problem: "cloud66.stacks.1.name: name is used twice: web-a",
      at: "name: web-a",
    },
    {
      from: "name: web-a }",
      to: "name: web-a, backend: 10.0.0.1:80 }",
      problem:
        'exoscale.instances.0.backend: expected a loopback endpoint such as 127.0.0.1:9711, got "10.0.0.1:80"',
      at: "backend",
    },
    {
      from: "name: web-a }",
      to: "name: web-a, serve: http }",
      problem: "exoscale.instances.0.serve: serve needs a backend to listen on",
      at: "serve",
    },
    {
      from: "name: web-a }",
      to: "name: web-a, backend: 127.0.0.1:0 }",
      problem: "exoscale.instances.0.backend: port 0 needs serve: nobody else can tell the real port",
      at: "backend",
    },
    {
      from: "name: web-a }",
      to: "name: web-a, backend: 127.0.0.1:9790, serve: http }",
      problem: "exoscale.instances.0.backend: endpoint is used twice: 127.0.0.1:9790",
      at: "backend",
    },
    {
      from: "[web-a]",
      to: "[web-a, web-c]",
      problem: "exoscale.elastic-ips.0.holders.1: no instance has this name or id: web-c",
      at: "web-c",
    },
    {
      from: "[web-a]",
      to: `[web-a, ${a}]`,
      problem: `exoscale.elastic-ips.0.holders.1: instance holds the address twice: ${a}`,
      at: a,
    },
    {
      from: "holders: [web-a]",
      to: "healthcheck: { mode: http }",
      problem: "exoscale.elastic-ips.0.healthcheck.port: Invalid input: expected number, received undefined",
      at: "healthcheck",
    },
    {
      from: "cloud66:",
      to: `  other-zones: [{ zone: ch-gva-2 }]\ncloud66:`,
      problem: "exoscale.other-zones.0.zone: zone is used twice: ch-gva-2",
      at: "zone: ch-gva-2 }",
    },
    {
      from: "cloud66:",
      to: `  other-zones: [{ zone: ch-dk-2, instances: [{ id: ${a}, name: web-c }] }]\ncloud66:`,
      problem: `exoscale.other-zones.0.instances.0.id: id is used twice: ${a}`,
      at: `id: ${a}, name: web-c`,
    },
    {
      from: "cloud66:",
      to: `  other-zones: [{ zone: ch-dk-2, instances: [{ id: 6b1c0000-0000-4000-8000-00000000000c, name: eu }] }]\ncloud66:`,
      problem: "cloud66.stacks.0.name: name is used twice: eu",
      at: "name: eu }",
    },
    {
      from: "cloud66:",
      to: `  other-zones: [{ zone: ch-dk-2, elastic-ips: [{ id: ${b}, ip: 198.51.100.7 }] }]\ncloud66:`,
      problem: "exoscale.other-zones.0.elastic-ips.0.ip: ip is used twice: 198.51.100.7",
      at: "ip: 198.51.100.7 }",
    },
    {
      from: "cloud66:",
      to: `  other-zones: [{ zone: ch-dk-2, elastic-ips: [{ id: ${b}, ip: 198.51.100.8, holders: [web-a] }] }]\ncloud66:`,
      problem: "exoscale.other-zones.0.elastic-ips.0.holders.0: no instance has this name or id: web-a",
      at: "web-a] }]",
    },
    {
      from: "cloud66:",
      to: `  other-zones: [{ zone: ch-dk-2, instances: [{ id: 6b1c0000-0000-4000-8000-00000000000c, name: c, serve: http }] }]\ncloud66:`,
      problem: "exoscale.other-zones.0.instances.0.serve: unknown key: serve",
      at: "serve: http",
    },
    {
      from: "primary: eu",
      to: "primary: asia",
      problem: "cloud66.failover-groups.0.primary: no stack has this uid or name: asia",
      at: "primary",
    },
    {
      from: "primary: eu",
      to: "primary: null",
      problem: "cloud66.failover-groups.0.current: the current side has no stack: primary",
      at: "{ uid: g1",
    },
    {
      from: "token: t, scope: admin",
      to: "token: t",
      problem: 'cloud66.tokens.0.scope: Invalid option: expected one of "public"|"admin"',
      at: "{ token",
    },
    {
      from: "cloud66:",
      to: "faults: [{ operation: attach, drop: true }]\ncloud66:",
      problem: "faults.0.operation: Invalid option",
      at: "operation",
    },
    {
      from: "cloud66:",
      to: "faults: [{ operation: '*', status: 503, drop: true }]\ncloud66:",
      problem:
        "faults.0: expected exactly one of status, lose-reply, drop, latency, hang, operation-state, stuck, stale-read, garble, clock-skew, got status, drop",
      at: "{ operation",
    },
    {
      from: "cloud66:",
      to: "faults: [{ operation: '*', drop: true, body: html }]\ncloud66:",
      problem: "faults.0: retry-after, body and location go with status only",
      at: "{ operation",
    },
    {
      from: "cloud66:",
      to: "faults: [{ operation: '*', stuck: true, reason: busy }]\ncloud66:",
      problem: "faults.0: reason, message and at-once go with operation-state only",
      at: "{ operation",
    },
    {
      from: "cloud66:",
      to: "faults: [{ operation: '*', operation-state: failure }]\ncloud66:",
      problem: "faults.0: operation-state failure needs a reason",
      at: "{ operation",
    },
    {
      from: "cloud66:",
      to: "faults: [{ operation: '*', operation-state: success, reason: busy }]\ncloud66:",
      problem: "faults.0: an operation that succeeds has no reason and no message",
      at: "{ operation",
    },
    {
      from: "cloud66:",
      to: "faults: [{ operation: '*', clock-skew: -25h }]\ncloud66:",
      problem: 'faults.0.clock-skew: expected at most 24h, got "-25h"',
      at: "clock-skew",
    },
    {
      from: "secret: s }",
      to: "secret: s, policy: { default-service-strategy: deny, services: { compute: { type: rules, rules: [{ action: allow, expression: \"operation.startsWith('get')\" }] } } } }",
      problem:
        "exoscale.api-keys.0.policy.services.compute.rules.0.expression: the simulator understands operation and",
      at: "expression:",
    },
    {
      from: "secret: s }",
      to: "secret: s, policy: { default-service-strategy: maybe } }",
      problem:
        'exoscale.api-keys.0.policy.default-service-strategy: Invalid option: expected one of "allow"|"deny"',
      at: "default-service",
    },
    {
      from: "cloud66:",
      to: "faults: [{ operation: '*', times: 0, drop: true }]\ncloud66:",
      problem: "faults.0.times: expected a number from 1 to 1,000,000, or always",
      at: "times",
    },
  ])("names the problem and its place: $from -> $to", ({ from, to, problem, at }) => {
    if (!small.includes(from)) throw new Error(`not in the world: ${from}`);
    const text = small.replace(from, to);
    const found = problemsOf(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
    const [, line, column] = /\(w\.yaml:(\d+):(\d+)\)$/.exec(found[0] ?? "") ?? [];
    expect(text.split("\n")[Number(line) - 1]?.slice(Number(column) - 1)).toMatch(new RegExp(`^${at}`));
  });

  test("reports every problem at once, sorted by line", () => {
    const text = small.replace("primary: eu", "primrry: eu").replace("ch-gva-2", "mars-1");
    expect(problemsOf(text).map((problem) => /\(w\.yaml:(\d+):/.exec(problem)?.[1])).toEqual([
      "3",
      "16",
      "16",
    ]);
  });

  test("names line and column of a file that is not YAML", () => {
    expect(problemsOf("exoscale: [\n  a: }")[0]).toMatch(/\(w\.yaml:2:\d+\)$/);
    expect(problemsOf("- 1")[0]).toContain("expected object");
  });

  test("names a file that cannot be read", () => {
    expect(() => loadWorld("/nonexistent/world.yaml")).toThrow(
      "Cannot read world: ENOENT: no such file or directory, open '/nonexistent/world.yaml'",
    );
  });
});

test("mapPorts() changes every port and nothing else", () => {
  const world = loadWorld(demo);
  const ports: number[] = [];
  const moved = mapPorts(world, (port) => {
    ports.push(port);
    return port + 10_000;
  });
  expect(ports.sort((x, y) => x - y)).toEqual([9711, 9712, 9721, 9722, 9780, 9781, 9790]);
  expect(moved.exoscale?.elasticIps[0]?.forward).toEqual({ host: "127.0.0.1", port: 19_780 });
  expect(mapPorts(moved, (port) => port - 10_000)).toEqual(world);
});
