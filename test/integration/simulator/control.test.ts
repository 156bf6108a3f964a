import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { requestsMax } from "../../../src/simulator/request-log.ts";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import { endpointText } from "../../../src/simulator/spec.ts";
import { c66, call, eip, eipAddress, exo, group, start, webA, type Answer } from "./client.ts";

async function post(simulator: Simulator, path: string, body?: unknown): Promise<Answer> {
  return call(simulator.url, "POST", `/world/${path}`, { body });
}

/** One request to web-a's own port: the status, or the error code. */
async function askBackend(simulator: Simulator, signal?: AbortSignal): Promise<number | string> {
  const backend = simulator.backends.get("web-a");
  if (backend === undefined) throw new Error("no backend web-a");
  try {
    const url = `http://${endpointText(backend.endpoint)}`;
    return (await call(url, "GET", "/healthz?x=1", signal ? { signal } : {})).status;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

describe("/world", () => {
  test("GET shows the state and the requests, and no secret", async () => {
    const simulator = await start();
    await exo(simulator, "GET", `/instance/${webA}`);
    const { json, text } = await call(simulator.url, "GET", "/world");
    expect(json.exoscale["elastic-ips"][0]).toMatchObject({ ip: eipAddress, holders: ["web-a"] });
    expect(json.cloud66["failover-groups"][0]).toMatchObject({ uid: group, current: "primary", busy: false });
    expect(json.backends[0]).toMatchObject({ name: "web-a", state: "serving" });
    expect(json.requests).toEqual([
      {
        number: 1,
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        api: "exoscale",
        method: "GET",
        body: "",
        userAgent: null,
        path: `/v2/instance/${webA}`,
        operation: "get-instance",
        status: 200,
        durationMs: expect.any(Number),
        note: null,
      },
    ]);
    expect(text).not.toContain("opens-nothing");
  });

  test("GET /world/requests can be asked for one operation", async () => {
    const simulator = await start();
    await exo(simulator, "GET", "/elastic-ip");
    await exo(simulator, "GET", "/instance");
    expect((await call(simulator.url, "GET", "/world/requests")).json).toHaveLength(2);
    const { json } = await call(simulator.url, "GET", "/world/requests?operation=list-instances");
    expect(json.map(({ path }: { path: string }) => path)).toEqual(["/v2/instance"]);
  });

  test("GET /world/requests finds by status, method, path, body, client and order", async () => {
    const simulator = await start();
    const attach = { body: { instance: { id: webA } } };
    await exo(simulator, "GET", "/instance?ip-address=192.0.2.11");
    await exo(simulator, "PUT", `/elastic-ip/${eip}:attach`, attach);
    await exo(simulator, "GET", "/nothing");
    await c66(simulator, "GET", "/ping/auth", { token: "x" });
    await post(simulator, "faults", [{ operation: "list-zones", drop: true }]);
    await exo(simulator, "GET", "/zone").catch(() => undefined);
    for (const [query, numbers] of [
      ["status=200", [1, 2]],
      ["status=4xx", [3, 4]],
      ["status=dropped", [5]],
      ["method=put", [2]],
      ["path=ip-address", [1]],
      [`body=${webA}`, [2]],
      ["api=cloud66", [4]],
      ["operation=ping-auth&status=401", [4]],
      ["after=3", [4, 5]],
      ["after=1&limit=2", [4, 5]],
      ["status=2xx&api=cloud66", []],
    ] as const) {
      const { json } = await call(simulator.url, "GET", `/world/requests?${query}`);
      expect([query, json.map(({ number }: { number: number }) => number)]).toEqual([query, numbers]);
    }
  });

  test.for([
    ["operatoin=get-instance", "operatoin"],
    ["operation=attach", "operation: Invalid option"],
    ["status=20", "status: expected a status such as 403"],
    ["limit=0", "limit: "],
  ] as const)("GET /world/requests refuses %s", async ([query, message]) => {
    const answer = await call((await start()).url, "GET", `/world/requests?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json.message).toContain(message);
  });

  test("keeps the last 10,000 requests", async () => {
    const simulator = await start();
    const { requests } = simulator.world;
    const base = {
      id: "",
      at: "",
      api: "exoscale",
      method: "GET",
      operation: null,
      body: "",
      userAgent: null,
      status: 200,
      durationMs: 0,
      note: null,
    } as const;
    for (let i = 0; i <= requestsMax; i += 1) requests.add({ ...base, path: String(i) });
    expect(requests.entries).toHaveLength(10_000);
    expect(requests.entries[0]?.path).toBe("1");
  });

  test("a person moves an Elastic IP by hand", async () => {
    const simulator = await start();
    expect((await post(simulator, `elastic-ips/${eipAddress}/holders`, ["web-b", webA])).json).toEqual({
      ip: eipAddress,
      holders: ["web-b", "web-a"],
    });
    expect((await exo(simulator, "GET", `/instance?ip-address=${eipAddress}`)).json.instances).toHaveLength(
      2,
    );
    expect((await post(simulator, `elastic-ips/${eipAddress}/holders`, [])).json.holders).toEqual([]);
  });

  test("a person flips a failover group by hand", async () => {
    const simulator = await start();
    const answer = await post(simulator, `failover-groups/${group}/current`, '"secondary"');
    expect(answer.json).toMatchObject({ current: "secondary", resolved: "secondary", busy: false });
  });

  test("GET /world/faults shows the script as it is written", async () => {
    const simulator = await start();
    const script = [
      { operation: "*", times: "always", status: 503, body: "html", "retry-after": "3s" },
      { operation: "get-stack", times: 2, latency: "20ms" },
      { operation: "*", times: 1, "operation-state": "failure", reason: "busy", message: "m" },
      { operation: "get-instance", times: 1, "stale-read": true },
      { operation: "*", times: 3, status: 302, body: "empty", location: "http://127.0.0.1:1/" },
      { operation: "*", times: 1, "operation-state": "success", "at-once": true },
      { operation: "get-instance", times: 1, garble: "cut-off" },
      { operation: "*", times: 1, "clock-skew": "-90000ms" },
    ];
    expect((await post(simulator, "faults", script)).json).toEqual(script);
    expect((await call(simulator.url, "GET", "/world/faults")).json).toEqual(script);
  });

  test.for<[string, string, unknown, number, string]>([
    ["an unknown backend", "backends/web-z/kill", undefined, 404, "serves no backend web-z"],
    ["an unknown change", "backends/web-a/burn", undefined, 404, "No such control"],
    ["broken percent-encoding", "backends/%E0%A4%A/kill", undefined, 404, "serves no backend"],
    ["an unknown address", "elastic-ips/192.0.2.1/holders", [], 404, "192.0.2.1"],
    ["an unknown holder", `elastic-ips/${eipAddress}/holders`, ["web-z"], 400, "web-z"],
    ["holders that are no list", `elastic-ips/${eipAddress}/holders`, '"web-a"', 400, "expected array"],
    ["an unknown group", "failover-groups/x/current", '"primary"', 404, "x"],
    ["an unknown side", `failover-groups/${group}/current`, '"third"', 400, "Invalid option"],
    ["a body that is not JSON", "faults", "{", 400, "not JSON"],
    ["an unknown operation", "faults", [{ operation: "attach", drop: true }], 400, "operation"],
  ])("refuses %s", async ([, path, body, status, message]) => {
    const answer = await post(await start(), path, body);
    expect(answer.status).toBe(status);
    expect(answer.json.message).toContain(message);
  });
});

describe("a backend", () => {
  test("serves, is killed, and is revived on the same port", async () => {
    const simulator = await start();
    expect(await askBackend(simulator)).toBe(200);
    expect((await post(simulator, "backends/web-a/kill")).json).toMatchObject({
      name: "web-a",
      state: "killed",
    });
    expect(await askBackend(simulator)).toBe("ECONNREFUSED");
    await post(simulator, "backends/web-a/kill");
    expect((await post(simulator, "backends/web-a/revive")).json.state).toBe("serving");
    expect(await askBackend(simulator)).toBe(200);
  });

  test("hangs: accepts and never answers, until it is revived", async () => {
    const simulator = await start();
    await post(simulator, "backends/web-a/kill");
    expect((await post(simulator, "backends/web-a/hang")).json.state).toBe("hung");
    expect(await askBackend(simulator, AbortSignal.timeout(20))).toBe("ABORT_ERR");
    const waiting = askBackend(simulator);
    await post(simulator, "backends/web-a/revive");
    expect([200, "ECONNRESET"]).toContain(await waiting);
    expect(await askBackend(simulator)).toBe(200);
  });

  test("that is killed resets what is open", async () => {
    const simulator = await start();
    const backend = simulator.backends.get("web-a");
    const socket = connect({ ...backend?.endpoint, host: "127.0.0.1", port: backend?.endpoint.port ?? 0 });
    await once(socket, "connect");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "data");
    const failed = once(socket, "error");
    await backend?.kill();
    expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
  });

  test("keeps the last of several changes at once", async () => {
    const backend = (await start()).backends.get("web-a");
    await Promise.all([
      backend?.kill(),
      backend?.revive(),
      backend?.kill(),
      backend?.hang(),
      backend?.revive(),
    ]);
    expect(backend?.state).toBe("serving");
  });
});

describe("the HTTP listener", () => {
  test.for([
    ["GET", "/", 404],
    ["GET", "/v2", 404],
    ["GET", "/worlds", 404],
    ["GET", "/v2/%zz", 403],
    ["GET", "/v2/instance?%zz=%", 403],
    ["OPTIONS", "*", 404],
    ["GET", "/v2/../../etc/passwd", 403],
    ["DELETE", "/world", 404],
  ] as const)("answers %s %s with %i", async ([method, path, status]) => {
    const simulator = await start();
    expect((await call(simulator.url, method, path)).status).toBe(status);
  });

  test("answers 413 to a body that is too large", async () => {
    const simulator = await start();
    const answer = await post(simulator, "faults", "x".repeat(256 * 1024 + 1));
    expect(answer.status).toBe(413);
  });

  test("survives garbage and clients that leave in the middle", async () => {
    const simulator = await start();
    const { port } = new URL(simulator.url);
    for (const bytes of [
      "\0\0\0\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "PUT /v2/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
    ]) {
      const socket = connect(Number(port), "127.0.0.1");
      await once(socket, "connect");
      await new Promise((resolve) => void socket.write(bytes, resolve));
      socket.resetAndDestroy();
    }
    expect((await call(simulator.url, "GET", "/world")).status).toBe(200);
  });
});
