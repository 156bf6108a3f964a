import { describe, expect, test } from "vitest";
import {
  call,
  eip,
  eipAddress,
  exo,
  keyPair,
  move,
  policyOf,
  sign,
  start,
  webA,
  webB,
  type Answer,
  type Signing,
} from "./client.ts";

const unknownId = "00000000-0000-4000-8000-0000000000ff";
const attachB = { body: { instance: { id: webB } } };

describe("Exoscale: reading", () => {
  test("GET /zone needs no signature and leads back into the simulation", async () => {
    const simulator = await start();
    const answer = await exo(simulator, "GET", "/zone", { headers: {} });
    expect(answer.json).toEqual({
      zones: [
        {
          name: "ch-gva-2",
          "api-endpoint": simulator.exoscaleEndpoint,
          "sos-endpoint": `${simulator.url}/sos`,
        },
      ],
    });
  });

  test("an Elastic IP does not say who holds it", async () => {
    const simulator = await start();
    const expected = {
      id: eip,
      ip: eipAddress,
      addressfamily: "inet4",
      description: "web",
      labels: {},
    };
    const list = await exo(simulator, "GET", "/elastic-ip");
    expect(list.json).toEqual({ "elastic-ips": [expected] });
    const one = await exo(simulator, "GET", `/elastic-ip/${eip}`);
    expect(one.json).toEqual(expected);
  });

  test("an Elastic IP shows its healthcheck, and its range when it is IPv6", async () => {
    const healthcheck = { mode: "http", port: 80, uri: "/healthz", interval: 10, "strikes-ok": 2 };
    const managed = {
      id: eip,
      ip: "2001:db8::1",
      description: null,
      healthcheck,
      holders: [],
      forward: null,
    };
    const simulator = await start({ exoscale: { elasticIps: [managed] } });
    const one = await exo(simulator, "GET", `/elastic-ip/${eip}`);
    expect(one.json).toEqual({
      id: eip,
      ip: "2001:db8::1",
      addressfamily: "inet6",
      cidr: "2001:db8::1/96",
      healthcheck,
      labels: {},
    });
  });

  test("only GET /instance/{id} tells the Elastic IPs of an instance", async () => {
    const simulator = await start();
    const list = await exo(simulator, "GET", "/instance");
    expect(list.json.instances.map(({ name }: { name: string }) => name)).toEqual(["web-a", "web-b"]);
    expect(list.json.instances[0]).not.toHaveProperty("elastic-ips");
    expect((await exo(simulator, "GET", `/instance/${webA}`)).json).toMatchObject({
      id: webA,
      name: "web-a",
      state: "running",
      "public-ip": "192.0.2.11",
      "elastic-ips": [{ id: eip }],
    });
    expect((await exo(simulator, "GET", `/instance/${webB}`)).json["elastic-ips"]).toEqual([]);
  });

  test.for([
    [eipAddress, ["web-a"]],
    ["192.0.2.12", ["web-b"]],
    ["203.0.113.1", []],
  ] as const)("the ip-address filter %s finds %s", async ([address, names]) => {
    const simulator = await start();
    const { json } = await exo(simulator, "GET", `/instance?ip-address=${address}`);
    expect(json.instances.map(({ name }: { name: string }) => name)).toEqual(names);
  });
});

describe("Exoscale: moving", () => {
  test("attach is pending first, then succeeds, and does not steal", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 1_500 } });
    const begun = await exo(simulator, "PUT", `/elastic-ip/${eip}:attach`, attachB);
    expect(begun.json).toMatchObject({ state: "pending", reference: { id: eip } });
    const pending = await exo(simulator, "GET", `/operation/${begun.json.id}`);
    expect(pending.json).toEqual(begun.json);

    const done = await move(simulator, "attach", webB);
    expect(done.json.state).toBe("success");
    for (const instance of [webA, webB]) {
      expect((await exo(simulator, "GET", `/instance/${instance}`)).json["elastic-ips"]).toEqual([
        { id: eip },
      ]);
    }
    const found = await exo(simulator, "GET", `/instance?ip-address=${eipAddress}`);
    expect(found.json.instances).toHaveLength(2);
  });

  test("the holders do not change before the operation has succeeded", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 86_000_000 } });
    await exo(simulator, "PUT", `/elastic-ip/${eip}:attach`, attachB);
    expect((await exo(simulator, "GET", `/instance/${webB}`)).json["elastic-ips"]).toEqual([]);
  });

  test("with operation-time 0 the first answer is the end", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    const { json } = await exo(simulator, "PUT", `/elastic-ip/${eip}:attach`, attachB);
    expect(json.state).toBe("success");
  });

  test("attach succeeds for a holder, detach is 404 for an instance that does not hold", async () => {
    const simulator = await start();
    expect((await move(simulator, "attach", webA)).json.state).toBe("success");
    expect((await move(simulator, "detach", webA)).json.state).toBe("success");
    const again = await exo(simulator, "PUT", `/elastic-ip/${eip}:detach`, {
      body: { instance: { id: webA } },
    });
    expect(again.status).toBe(404);
    expect(simulator.world.exoscale?.operations).toHaveLength(2);
  });

  test.for<[string, string, string, unknown, number]>([
    ["an unknown Elastic IP", "GET", `/elastic-ip/${unknownId}`, undefined, 404],
    ["an Elastic IP by its address", "GET", `/elastic-ip/${eipAddress}`, undefined, 404],
    ["an unknown instance", "GET", `/instance/${unknownId}`, undefined, 404],
    ["an unknown operation", "GET", `/operation/${unknownId}`, undefined, 404],
    ["an unknown route", "GET", "/nothing", undefined, 404],
    ["a method that is not there", "POST", `/instance/${webA}`, undefined, 404],
    [
      "attach to an unknown instance",
      "PUT",
      `/elastic-ip/${eip}:attach`,
      { instance: { id: unknownId } },
      404,
    ],
    [
      "attach of an unknown Elastic IP",
      "PUT",
      `/elastic-ip/${unknownId}:attach`,
      { instance: { id: webA } },
      404,
    ],
    ["attach without an instance", "PUT", `/elastic-ip/${eip}:attach`, {}, 400],
    ["attach with null", "PUT", `/elastic-ip/${eip}:attach`, { instance: null }, 400],
    ["attach with a list", "PUT", `/elastic-ip/${eip}:attach`, [], 400],
  ])("refuses %s", async ([, method, path, body, status]) => {
    const simulator = await start();
    const answer = await exo(simulator, method, path, body === undefined ? {} : { body });
    expect(answer.status).toBe(status);
    expect(simulator.world.exoscale?.operations).toEqual([]);
  });
});

describe("Exoscale: signatures", () => {
  const path = `/v2/elastic-ip/${eip}:attach`;
  const body = JSON.stringify(attachB.body);
  const now = (): number => Math.floor(Date.now() / 1000);

  test.for<[string, () => Signing | null]>([
    ["without a signature", () => null],
    ["with an unknown key", () => ({ key: "EXOother" })],
    ["with a wrong secret", () => ({ secret: "other" })],
    ["that has expired", () => ({ expires: now() - 1 })],
    ["that expires in milliseconds", () => ({ expires: Date.now() + 600_000 })],
    ["signed for another body", () => ({ body: `${body} ` })],
    ["signed for a path without /v2", () => ({ path: path.slice(3) })],
    ["signed for an escaped colon", () => ({ path: path.replace(":", "%3A") })],
  ])("a request %s is refused and changes nothing", async ([, signing]) => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    const parameters = signing();
    const headers: Record<string, string> =
      parameters === null ? {} : { authorization: sign("PUT", path, body, parameters) };
    const answer = await call(simulator.url, "PUT", path, { body, headers });
    expect(answer.status).toBe(403);
    expect(answer.json).toEqual({ message: "Invalid request signature" });
    expect(simulator.world.exoscale?.operations).toEqual([]);
    const [logged] = simulator.world.requests.entries;
    expect(logged).toMatchObject({ operation: "attach-instance-to-elastic-ip", status: 403 });
    expect(logged?.note).toEqual(expect.any(String));
  });

  test("an unknown route wants a signature too", async () => {
    const simulator = await start();
    expect((await call(simulator.url, "GET", "/v2/nothing")).status).toBe(403);
  });

  test("GET /zone is for everybody who does not sign, and for no wrong signature", async () => {
    const simulator = await start();
    const ask = (headers: Record<string, string>): Promise<Answer> =>
      call(simulator.url, "GET", "/v2/zone", { headers });
    expect((await ask({})).status).toBe(200);
    expect((await ask({ authorization: sign("GET", "/v2/zone", "") })).status).toBe(200);
    const wrong = await ask({ authorization: sign("GET", "/v2/zone", "", { secret: "other" }) });
    expect([wrong.status, wrong.json.message]).toEqual([403, "Invalid request signature"]);
  });

  test.for<[string, string, Signing]>([
    ["another query", "/v2/instance?ip-address=192.0.2.1", { path: "/v2/instance?ip-address=192.0.2.2" }],
    ["another method", "/v2/instance", { path: "/v2/instance?" }],
  ])("a request that was signed for %s is refused", async ([, path, signing]) => {
    const simulator = await start();
    const authorization = sign("GET", signing.path ?? "", "");
    const method = path.includes("?") ? "GET" : "PUT";
    const answer = await call(simulator.url, method, path, { headers: { authorization } });
    expect([answer.status, answer.json.message]).toEqual([403, "Invalid request signature"]);
  });

  test("a request can be replayed until it expires, and not after", async () => {
    const simulator = await start();
    const headers = { authorization: sign("GET", "/v2/elastic-ip", "", { expires: now() + 60 }) };
    const ask = (): Promise<Answer> => call(simulator.url, "GET", "/v2/elastic-ip", { headers });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    const skew = [{ operation: "*", "clock-skew": "61s" }];
    await call(simulator.url, "POST", "/world/faults", { body: skew });
    const replayed = await ask();
    expect([replayed.status, replayed.json.message]).toEqual([403, "Invalid request signature"]);
    const [logged] = (await call(simulator.url, "GET", "/world/requests?status=403")).json;
    expect(logged.note).toMatch(/^expired \d+ s ago$/);
    expect((await ask()).status).toBe(200);
  });

  test.for([
    ["11m", 403, "expired"],
    ["-51m", 403, "expires more than 3600 s ahead"],
    ["9m", 200, null],
    ["-9m", 200, null],
  ] as const)(
    "a clock that is wrong by %s shows in the Date header and answers %i",
    async ([skew, status, note]) => {
      const simulator = await start();
      const script = [{ operation: "*", "clock-skew": skew }];
      await call(simulator.url, "POST", "/world/faults", { body: script });
      const answer = await exo(simulator, "GET", "/elastic-ip");
      expect(answer.status).toBe(status);
      const minutes = (Date.parse(answer.headers.date ?? "") - Date.now()) / 60_000;
      expect(Math.round(minutes)).toBe(Number.parseInt(skew, 10));
      if (note !== null) expect(simulator.world.requests.entries[0]?.note).toContain(note);
    },
  );
});

describe("Exoscale: policies", () => {
  const reads = "operation in ['get-instance', 'list-instances', 'get-elastic-ip', 'get-operation']";
  const moves = `operation in ['attach-instance-to-elastic-ip', 'detach-instance-from-elastic-ip'] && resources.elastic_ip.ip in ['${eipAddress}']`;
  const forbidden = { message: "Forbidden by role policy for compute" };

  test("a key may do what its role allows, to the addresses that it names", async () => {
    const apiKeys = [{ ...keyPair, policy: policyOf(["allow", reads], ["allow", moves]) }];
    const simulator = await start({ exoscale: { apiKeys, operationTimeMs: 0 } });
    const attach = await exo(simulator, "PUT", `/elastic-ip/${eip}:attach`, attachB);
    expect(attach.json.state).toBe("success");
    expect((await exo(simulator, "GET", `/operation/${attach.json.id}`)).status).toBe(200);
    for (const [method, path] of [
      ["GET", "/elastic-ip"],
      ["GET", "/zone"],
      ["DELETE", `/elastic-ip/${eip}`],
      ["PUT", `/elastic-ip/${unknownId}:attach`],
    ] as const) {
      const answer = await exo(simulator, method, path);
      expect([path, answer.status, answer.json]).toEqual([path, 403, forbidden]);
    }
    expect((await call(simulator.url, "GET", "/v2/zone")).status).toBe(200);
  });

  test("a key whose role names another address may not move this one", async () => {
    const policy = policyOf(["allow", moves.replace(eipAddress, "198.51.100.8")]);
    const simulator = await start({ exoscale: { apiKeys: [{ ...keyPair, policy }] } });
    const answer = await exo(simulator, "PUT", `/elastic-ip/${eip}:attach`, attachB);
    expect([answer.status, answer.json]).toEqual([403, forbidden]);
    expect(simulator.world.exoscale?.operations).toEqual([]);
  });

  test("a wrong signature is told before a policy", async () => {
    const simulator = await start({ exoscale: { apiKeys: [{ ...keyPair, policy: policyOf() }] } });
    const headers = { authorization: sign("GET", "/v2/elastic-ip", "", { secret: "other" }) };
    const answer = await call(simulator.url, "GET", "/v2/elastic-ip", { headers });
    expect(answer.json.message).toBe("Invalid request signature");
  });
});
