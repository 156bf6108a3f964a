/** Walks every operation of both descriptions, with every status. What is answered is checked by the recorder around the tests. */
import { describe, expect, test } from "vitest";
import { faultBodies } from "../../../src/simulator/faults.ts";
import { exoscaleOperationNames, operationReasons } from "../../../src/simulator/operations.ts";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import type { Dialect } from "../../../src/simulator/spec.ts";
import { answerProblem } from "../../api-evidence/answers.ts";
import { operations } from "../../api-evidence/descriptions.ts";
import { c66, call, eip, exo, start, webB, type Answer } from "./client.ts";
import { instanceIds, managed, managerId, manual6, startFull } from "./full-world.ts";

const unknownId = "00000000-0000-4000-8000-0000000000ff";
const instance = { instance: { id: instanceIds[0] } };
const healthcheck = {
  mode: "https",
  port: 8443,
  interval: 300,
  timeout: 60,
  "strikes-ok": 20,
  "strikes-fail": 1,
  uri: "/",
  "tls-sni": "a.example.com",
  "tls-skip-verify": false,
};
const everything = { description: "d", labels: { a: "b" }, healthcheck };

/** The request to each operation that succeeds in the full world, in an order in which all of them do. */
const walk: Record<string, readonly [method: string, path: string, body?: unknown]> = {
  "list-zones": ["GET", "/zone"],
  "list-elastic-ips": ["GET", "/elastic-ip"],
  "get-elastic-ip": ["GET", `/elastic-ip/${managed}`],
  "create-elastic-ip": ["POST", "/elastic-ip", { addressfamily: "inet4", ...everything }],
  "update-elastic-ip": ["PUT", `/elastic-ip/${managed}`, everything],
  "reset-elastic-ip-field": ["DELETE", `/elastic-ip/${managed}/description`],
  "get-reverse-dns-elastic-ip": ["GET", `/reverse-dns/elastic-ip/${managed}`],
  "update-reverse-dns-elastic-ip": [
    "POST",
    `/reverse-dns/elastic-ip/${managed}`,
    { "domain-name": "b.example.com" },
  ],
  "delete-reverse-dns-elastic-ip": ["DELETE", `/reverse-dns/elastic-ip/${managed}`],
  "attach-instance-to-elastic-ip": ["PUT", `/elastic-ip/${manual6}:attach`, instance],
  "detach-instance-from-elastic-ip": ["PUT", `/elastic-ip/${manual6}:detach`, instance],
  "delete-elastic-ip": ["DELETE", `/elastic-ip/${manual6}`],
  "list-instances": ["GET", "/instance"],
  "get-instance": ["GET", `/instance/${instanceIds[0]}`],
  "get-operation": ["GET", `/operation/${unknownId}`],
};

async function ask(simulator: Simulator, operation: string): Promise<Answer> {
  const [method, path, body] = walk[operation] ?? ["", ""];
  return exo(simulator, method, path, body === undefined ? {} : { body });
}

describe("Exoscale, every operation", () => {
  test("has a route, and the walk has all of the description", () => {
    const described = operations.filter(({ cloud }) => cloud === "exoscale").map(({ id }) => id);
    expect([...exoscaleOperationNames].sort()).toEqual(described.sort());
    expect(Object.keys(walk).sort()).toEqual(described);
  });

  test("succeeds, with every field that it can ask and answer", async () => {
    const simulator = await startFull();
    for (const operation of Object.keys(walk)) {
      const answer = await ask(simulator, operation);
      expect([operation, answer.status]).toEqual([operation, operation === "get-operation" ? 404 : 200]);
      if (answer.json.reference === undefined) continue;
      expect((await exo(simulator, "GET", `/operation/${answer.json.id}`)).json).toEqual(answer.json);
    }
    expect(simulator.world.requests.find({ status: "5xx" })).toEqual([]);
  });

  test.for(exoscaleOperationNames)(
    "%s is refused without a signature, without permission, and by faults",
    async (name) => {
      const simulator = await startFull();
      const [method = "", path = "", body] = walk[name] ?? [];
      const unsigned = await call(simulator.url, method, `/v2${path}`, { body });
      expect(unsigned.status).toBe(name === "list-zones" ? 200 : 403);
      for (const status of [400, 401, 403, 404, 409, 412, 429, 500, 501, 502, 503, 504]) {
        for (const kind of faultBodies) {
          if (!["json", "errors", "problem", "rate-limited"].includes(kind)) continue;
          simulator.world.faults.replace([
            { operation: name, times: 1, effect: { kind: "status", status, retryAfterS: 1, body: kind } },
          ]);
          const answer = await ask(simulator, name);
          expect([answer.status, answer.headers["retry-after"]]).toEqual([status, "1"]);
          const type = kind === "problem" ? "application/problem+json" : "application/json";
          expect(answer.headers["content-type"]).toBe(type);
          expect(answerProblem({ operation: name, dialect: null, status, answer: answer.json })).toBeNull();
        }
      }
    },
  );

  test.for<[string, string, unknown, number]>([
    ["POST", "/elastic-ip", { healthcheck: { mode: "tcp" } }, 400],
    ["POST", "/elastic-ip", { addressfamily: "inet5", description: "x".repeat(256) }, 400],
    ["POST", "/elastic-ip", { labels: { a: 1 } }, 400],
    ["PUT", `/elastic-ip/${managed}`, { healthcheck: { ...healthcheck, interval: 4 } }, 400],
    ["PUT", `/elastic-ip/${manual6}`, { healthcheck }, 400],
    ["PUT", `/elastic-ip/${unknownId}`, {}, 404],
    ["DELETE", `/elastic-ip/${managed}`, undefined, 409],
    ["DELETE", `/elastic-ip/${unknownId}`, undefined, 404],
    ["DELETE", `/elastic-ip/${managed}/healthcheck`, undefined, 400],
    ["DELETE", `/elastic-ip/${unknownId}/description`, undefined, 404],
    ["PUT", `/elastic-ip/${manual6}:attach`, { instance: { id: instanceIds[1] } }, 412],
    ["PUT", `/elastic-ip/${managed}:attach`, { instance: { id: "web-0" } }, 400],
    ["GET", `/reverse-dns/elastic-ip/${manual6}`, undefined, 404],
    ["DELETE", `/reverse-dns/elastic-ip/${manual6}`, undefined, 404],
    ["POST", `/reverse-dns/elastic-ip/${managed}`, { "domain-name": "" }, 400],
    ["POST", `/reverse-dns/elastic-ip/${unknownId}`, { "domain-name": "a.example.com" }, 404],
    ["GET", "/instance?manager-type=sks", undefined, 400],
    ["GET", "/instance?manager-id=1", undefined, 400],
  ])("%s %s with %j is refused with %i and changes nothing", async ([method, path, body, status]) => {
    const simulator = await startFull();
    const before = simulator.world.exoscale?.elasticIps();
    const answer = await exo(simulator, method, path, body === undefined ? {} : { body });
    expect(answer.status).toBe(status);
    expect(simulator.world.exoscale?.operations).toEqual([]);
    expect(simulator.world.exoscale?.elasticIps()).toBe(before);
    if (status === 400) expect(answer.json.errors).toContainEqual({ message: expect.any(String) });
  });

  test("says which field of a body is wrong, each on its own", async () => {
    const body = { addressfamily: "inet5", healthcheck: { mode: "tcp", port: 0 } };
    const answer = await exo(await startFull(), "POST", "/elastic-ip", { body });
    expect(answer.json.errors).toEqual([
      { message: expect.stringContaining("healthcheck.port: ") },
      { message: expect.stringContaining("addressfamily: ") },
    ]);
  });
});

describe("Exoscale, an Elastic IP", () => {
  test.for(["tcp", "http", "https"])(
    "of the mode %s is created with the defaults, changed, reset and deleted",
    async (mode) => {
      const simulator = await startFull();
      const family = mode === "tcp" ? { addressfamily: "inet6" } : {};
      const body = { ...family, description: "new", healthcheck: { mode, port: 80 } };
      const created = await exo(simulator, "POST", "/elastic-ip", { body });
      const { id } = created.json.reference;
      const shown = async (): Promise<Answer["json"]> =>
        (await exo(simulator, "GET", `/elastic-ip/${id}`)).json;
      const healthy = { mode, port: 80, interval: 10, timeout: 2, "strikes-ok": 2, "strikes-fail": 3 };
      expect(await shown()).toEqual({
        id,
        ip: mode === "tcp" ? "2001:db8:0:1::" : "203.0.113.1",
        addressfamily: mode === "tcp" ? "inet6" : "inet4",
        ...(mode === "tcp" && { cidr: "2001:db8:0:1::/96" }),
        description: "new",
        healthcheck: healthy,
        labels: {},
      });

      const listed = (await exo(simulator, "GET", "/elastic-ip")).json["elastic-ips"];
      expect(listed.at(-1)).toEqual(await shown());

      await exo(simulator, "PUT", `/elastic-ip/${id}`, { body: { labels: { a: "b" } } });
      expect(await shown()).toMatchObject({ labels: { a: "b" }, description: "new", healthcheck: healthy });
      await exo(simulator, "PUT", `/elastic-ip/${id}`, { body: { healthcheck: { mode, port: 81 } } });
      expect((await shown()).healthcheck.port).toBe(81);
      await exo(simulator, "DELETE", `/elastic-ip/${id}/description`);
      expect(await shown()).not.toHaveProperty("description");
      await exo(simulator, "DELETE", `/elastic-ip/${id}`);
      expect((await exo(simulator, "GET", `/elastic-ip/${id}`)).status).toBe(404);
    },
  );

  test("is held by several, and cannot be deleted before the last one has let go", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    const path = `/elastic-ip/${eip}`;
    await exo(simulator, "PUT", `${path}:attach`, { body: { instance: { id: webB } } });
    for (const { id } of simulator.world.exoscale?.spec.instances ?? []) {
      expect((await exo(simulator, "DELETE", path)).status).toBe(409);
      await exo(simulator, "PUT", `${path}:detach`, { body: { instance: { id } } });
    }
    expect((await exo(simulator, "DELETE", path)).json.state).toBe("success");
  });

  test("that is attached while its deletion is pending stays, and a change of one that is gone fails", async () => {
    const simulator = await startFull();
    const state = simulator.world.exoscale;
    if (state === null) throw new Error("no Exoscale");
    const path = `/elastic-ip/${manual6}`;
    const stuck = { operation: "*", times: 1, effect: { kind: "stuck" } } as const;
    simulator.world.faults.replace([stuck]);
    expect((await exo(simulator, "DELETE", path)).json.state).toBe("pending");
    expect(state.elasticIp(manual6)).toBeDefined();
    expect((await exo(simulator, "DELETE", path)).json.state).toBe("success");
    expect((await exo(simulator, "DELETE", path)).status).toBe(404);
  });

  test("shows a change only when its operation has ended, and to a stale read not even then", async () => {
    const path = `/elastic-ip/${eip}`;
    const slow = await start({ exoscale: { operationTimeMs: 86_000_000 } });
    await exo(slow, "PUT", path, { body: { description: "changed" } });
    expect((await exo(slow, "GET", path)).json.description).toBe("web");

    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    await exo(simulator, "PUT", path, { body: { description: "changed" } });
    simulator.world.faults.replace([
      { operation: "get-elastic-ip", times: 1, effect: { kind: "stale-read" } },
      { operation: "list-elastic-ips", times: 1, effect: { kind: "stale-read" } },
    ]);
    expect((await exo(simulator, "GET", path)).json.description).toBe("web");
    expect((await exo(simulator, "GET", "/elastic-ip")).json["elastic-ips"][0].description).toBe("web");
    expect((await exo(simulator, "GET", path)).json.description).toBe("changed");
  });
});

describe("Exoscale, an operation", () => {
  test.for([
    ...operationReasons.map((reason) => ["failure", reason] as const),
    ["timeout", "unknown"] as const,
  ])("ends in %s with the reason %s, at once and later", async ([state, reason]) => {
    const simulator = await start();
    for (const atOnce of [true, false]) {
      const script = [
        { operation: "*", "operation-state": state, reason, message: "told", "at-once": atOnce },
      ];
      await call(simulator.url, "POST", "/world/faults", { body: script });
      const path = `/elastic-ip/${eip}:attach`;
      const begun = await exo(simulator, "PUT", path, { body: { instance: { id: webB } } });
      expect(begun.json.state).toBe(atOnce ? state : "pending");
      for (;;) {
        const { json } = await exo(simulator, "GET", `/operation/${begun.json.id}`);
        if (json.state === "pending") continue;
        expect(json).toMatchObject({ state, reason, message: "told" });
        break;
      }
    }
    expect((await exo(simulator, "GET", `/instance/${webB}`)).json["elastic-ips"]).toEqual([]);
  });

  test("ends in success at once where the script says so, and is forgotten when the world says so", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 86_000_000, operationsKeptMs: 0 } });
    const script = [{ operation: "*", "operation-state": "success", "at-once": true }];
    await call(simulator.url, "POST", "/world/faults", { body: script });
    const path = `/elastic-ip/${eip}:attach`;
    const { json } = await exo(simulator, "PUT", path, { body: { instance: { id: webB } } });
    expect(json).toMatchObject({ state: "success" });
    expect(json).not.toHaveProperty("reason");
    while ((await exo(simulator, "GET", `/operation/${json.id}`)).status !== 404);
    expect((await exo(simulator, "GET", `/instance/${webB}`)).json["elastic-ips"]).toEqual([{ id: eip }]);
  });
});

describe("Exoscale, list-instances", () => {
  test.for<[string, readonly number[]]>([
    ["ip-address=198.51.100.7", [0]],
    ["ip-address=2001:db8:1::11", [0]],
    ["ip-address=192.0.2.12", [1]],
    [`manager-id=${managerId}`, [0]],
    [`manager-id=${managerId}&manager-type=instance-pool`, [0]],
    [`manager-id=${unknownId}`, []],
    ["labels=role%3Dweb", [0]],
    ["labels=role%3Dweb,tier%3Dback", []],
    ["labels=", [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  ])("with %s finds the instances %j", async ([query, found]) => {
    const { json } = await exo(await startFull(), "GET", `/instance?${query}`);
    const names = json.instances.map(({ name }: { name: string }) => name);
    expect(names).toEqual(found.map((number) => `web-${number}`));
  });

  test("and get-instance show every state", async () => {
    const simulator = await startFull();
    const listed = (await exo(simulator, "GET", "/instance")).json.instances;
    for (const { id, state } of listed) {
      expect((await exo(simulator, "GET", `/instance/${id}`)).json.state).toBe(state);
    }
    expect(new Set(listed.map(({ state }: { state: string }) => state)).size).toBe(9);
  });
});

const cloud66Walk: Record<Dialect, { readonly path: string; readonly sides: readonly unknown[] }> = {
  "elastic-addresses": { path: "/elastic_addresses", sides: ["primary", "secondary"] },
  "elastic-addresses-model": { path: "/elastic_addresses", sides: ["primary", "secondary"] },
  "failover-groups": { path: "/failover_groups", sides: [1, 2] },
};

describe.for(Object.keys(cloud66Walk) as Dialect[])(
  "Cloud 66 in the dialect %s, every operation",
  (dialect) => {
    const { path, sides } = cloud66Walk[dialect];

    test("succeeds, with every field that it can ask and answer", async () => {
      const simulator = await startFull(dialect);
      const answers = [
        await c66(simulator, "GET", "/ping/auth"),
        await c66(simulator, "GET", `${path}?page=1`),
        await c66(simulator, "POST", path, { body: { primary_stack_uid: "s5", secondary_stack_uid: "s6" } }),
        await c66(simulator, "POST", path, { body: { primary_stack_uid: "s7", current_stack: sides[0] } }),
        await c66(simulator, "POST", path, { body: { secondary_stack_uid: "s0", current_stack: sides[1] } }),
        await c66(simulator, "PUT", `${path}/g1`, {
          body: { current_stack: sides[1], primary_stack_uid: null, secondary_stack_uid: "s5" },
        }),
        await c66(simulator, "PUT", `${path}/g1`, {
          body: { current_stack: sides[0], primary_stack_uid: "s6" },
        }),
        await c66(simulator, "DELETE", `${path}/g2`),
        ...(await Promise.all(
          [0, 1, 2, 3, 4, 5, 6, 7].map((number) => c66(simulator, "GET", `/stacks/s${number}`)),
        )),
      ];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(simulator.world.cloud66?.group("g1")).toMatchObject({
        primary: "s6",
        secondary: "s5",
        current: "primary",
      });
    });

    test("is refused without a token, with one that may not write, and when it is throttled", async () => {
      const spec = (await startFull(dialect)).world.spec.cloud66;
      const tokens = [{ token: "reader", scope: "public", readonly: false }] as const;
      const simulator = await start({ cloud66: { ...spec, tokens, requestsPerHour: 8 } });
      const changes = [
        ["POST", path],
        ["PUT", `${path}/g1`],
        ["DELETE", `${path}/g1`],
      ] as const;
      const bare = { headers: {} };
      for (const [method, where] of [...changes, ["GET", path] as const]) {
        expect((await c66(simulator, method, where, bare)).status).toBe(401);
      }
      for (const [method, where] of changes) {
        expect((await c66(simulator, method, where, { token: "reader" })).status).toBe(403);
      }
      expect((await c66(simulator, "GET", path, { token: "reader" })).status).toBe(200);
      const throttled = await c66(simulator, "GET", path, { token: "reader" });
      expect(throttled.status).toBe(503);
      expect(throttled.json.details).toContain("Throttled");
    });

    test.for<[string, string, unknown, number]>([
      ["POST", "", { primary_stack_uid: "s99" }, 400],
      ["POST", "", { primary_stack_uid: "s1", secondary_stack_uid: "s1" }, 400],
      ["POST", "", { primary_stack_uid: 1 }, 400],
      ["PUT", "/g1", { primary_stack_uid: "s99" }, 400],
      ["PUT", "/g1", { primary_stack_uid: "s2" }, 400],
      ["DELETE", "/zzz", undefined, 404],
    ])("%s %s with %j is refused with %i and changes nothing", async ([method, below, body, status]) => {
      const simulator = await startFull(dialect);
      const before = simulator.world.cloud66?.groups();
      expect((await c66(simulator, method, `${path}${below}`, { body })).status).toBe(status);
      expect(simulator.world.cloud66?.groups()).toBe(before);
    });

    test("made and deleted groups come and go in the list; a stale read does not know", async () => {
      const simulator = await startFull(dialect);
      const count = async (): Promise<number> => (await c66(simulator, "GET", path)).json.response.length;
      const { json } = await c66(simulator, "POST", path, { body: { primary_stack_uid: "s5" } });
      expect(json).toEqual({ response: { ok: true, message: expect.any(String) } });
      expect(await count()).toBe(3);
      await c66(simulator, "DELETE", `${path}/g1`);
      simulator.world.faults.replace([
        { operation: "list-failover-groups", times: 1, effect: { kind: "stale-read" } },
      ]);
      expect([await count(), await count()]).toEqual([3, 2]);
    });
  },
);
