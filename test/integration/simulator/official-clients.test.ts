/** The simulator takes requests in the wire form of Exoscale's Python and Go clients, and answers what they can read. */
import { describe, expect, test } from "vitest";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import { eip, eipAddress, keyPair, start, waitFor, webA, webB } from "./client.ts";
import { authorize, go, python, type ClientForm, type Sent } from "./official-forms.ts";
import { RawConnection, type RawAnswer } from "./raw-connection.ts";

/** As `requests.Session` and `http.DefaultClient`: one connection for all that is asked one after the other. */
class OfficialClient {
  readonly #form: ClientForm;
  readonly #host: string;
  readonly #connection: RawConnection;
  readonly #keys: { readonly key: string; readonly secret: string };

  private constructor(form: ClientForm, host: string, connection: RawConnection, keys: typeof keyPair) {
    this.#form = form;
    this.#host = host;
    this.#connection = connection;
    this.#keys = keys;
  }

  static async of(form: ClientForm, { url }: Simulator, keys = keyPair): Promise<OfficialClient> {
    return new OfficialClient(form, new URL(url).host, await RawConnection.open(url), keys);
  }

  async call(method: Sent["method"], path: string, value?: unknown): Promise<RawAnswer> {
    const body = value === undefined ? "" : this.#form.json(value);
    const sent = { method, target: `/v2${path}`, body };
    const authorization = authorize(this.#form, sent, this.#keys);
    return this.#connection.exchange(this.#form.head(sent, this.#host, authorization), body);
  }

  /** As `wait` of both: asks for the operation until it is not pending any more. */
  async finish(method: Sent["method"], path: string, value?: unknown): Promise<RawAnswer> {
    const begun = await this.call(method, path, value);
    return waitFor(
      () => this.call("GET", `/operation/${begun.json.id}`),
      ({ json }) => json.state !== "pending",
    );
  }
}

const forms = { python, go };

describe.for(Object.entries(forms))("the %s client", ([, form]) => {
  test("lists, shows, attaches, waits and detaches", async () => {
    const simulator = await start();
    const client = await OfficialClient.of(form, simulator);
    const endpoint = simulator.exoscaleEndpoint;
    expect((await client.call("GET", "/zone")).json.zones).toEqual([
      expect.objectContaining({ name: "ch-gva-2", "api-endpoint": endpoint }),
    ]);
    const listed = await client.call("GET", "/elastic-ip");
    expect(listed.head).toContain("content-type: application/json");
    expect(listed.json["elastic-ips"]).toEqual([expect.objectContaining({ id: eip, ip: eipAddress })]);
    expect((await client.call("GET", `/elastic-ip/${eip}`)).json).toMatchObject({ description: "web" });
    expect((await client.call("GET", "/instance")).json.instances).toHaveLength(2);

    const holders = async (): Promise<string[]> => {
      const { json } = await client.call("GET", `/instance?ip-address=${eipAddress}`);
      return json.instances.map(({ name }: { name: string }) => name);
    };
    const to = (id: string): unknown => ({ instance: { id } });
    const done = { state: "success", reference: { id: eip, command: "get-elastic-ip" } };
    expect((await client.finish("PUT", `/elastic-ip/${eip}:attach`, to(webB))).json).toMatchObject(done);
    expect(await holders()).toEqual(["web-a", "web-b"]);
    expect((await client.call("GET", `/instance/${webB}`)).json["elastic-ips"]).toEqual([{ id: eip }]);
    expect((await client.finish("PUT", `/elastic-ip/${eip}:detach`, to(webA))).json).toMatchObject(done);
    expect(await holders()).toEqual(["web-b"]);

    expect(simulator.world.requests.find({ status: "4xx" })).toEqual([]);
    expect(new Set(simulator.world.requests.find({}).map(({ userAgent }) => userAgent))).toEqual(
      new Set([form.userAgent]),
    );
  });

  test("creates, updates, resets and deletes an Elastic IP", async () => {
    const client = await OfficialClient.of(form, await start());
    const healthcheck = {
      mode: "https",
      port: 443,
      "tls-sni": "www.example.com",
      "tls-skip-verify": true,
      uri: "/healthz?a=<b>&c",
    };
    const description = "déjà vu — <✓> & \u2028 𝒳";
    const wanted = { addressfamily: "inet4", description, healthcheck, labels: { role: "web" } };
    const { id } = (await client.finish("POST", "/elastic-ip", wanted)).json.reference;
    const path = `/elastic-ip/${id}`;
    const defaults = { interval: 10, timeout: 2, "strikes-ok": 2, "strikes-fail": 3 };
    expect((await client.call("GET", path)).json).toMatchObject({
      ...wanted,
      healthcheck: { ...healthcheck, ...defaults },
    });

    await client.finish("PUT", path, { healthcheck: { mode: "tcp", port: 80 } });
    await client.finish("DELETE", `${path}/description`);
    await client.finish("POST", `/reverse-dns${path}`, { "domain-name": "www.example.com" });
    expect((await client.call("GET", `/reverse-dns${path}`)).json).toEqual({
      "domain-name": "www.example.com",
    });
    await client.finish("DELETE", `/reverse-dns${path}`);
    const { json } = await client.call("GET", path);
    expect(json).toMatchObject({ healthcheck: { mode: "tcp", ...defaults }, labels: { role: "web" } });
    expect(json).not.toHaveProperty("description");
    await client.finish("DELETE", path);
    expect((await client.call("GET", path)).status).toBe(404);
  });

  test("is told what is wrong, with the status that it makes an exception of", async () => {
    const simulator = await start();
    const client = await OfficialClient.of(form, simulator);
    const nobody = "00000000-0000-4000-8000-0000000000ff";
    const message = (text: string): unknown => ({ message: expect.stringContaining(text) });
    const told = async (...args: Parameters<OfficialClient["call"]>): Promise<[number, unknown]> => {
      const { status, json } = await client.call(...args);
      return [status, json];
    };
    expect(await told("GET", `/elastic-ip/${nobody}`)).toEqual([404, message("Elastic IP not found")]);
    expect(await told("GET", `/instance/${nobody}`)).toEqual([404, message("Instance not found")]);
    expect(await told("GET", `/operation/${nobody}`)).toEqual([404, message("Operation not found")]);
    expect(await told("GET", `/reverse-dns/elastic-ip/${eip}`)).toEqual([404, message("not found")]);
    expect(await told("DELETE", `/elastic-ip/${eip}`)).toEqual([409, message("is attached")]);
    const healthcheck = { mode: "tcp", port: 80 };
    const [status] = await told("PUT", `/elastic-ip/${eip}`, { healthcheck });
    expect(status).toBe(400);
    // The Python client sends no body at all when nothing is given.
    expect(await told("POST", "/elastic-ip")).toMatchObject([400, message("The body is not JSON")]);

    const wrong = await OfficialClient.of(form, simulator, { ...keyPair, secret: "another" });
    const refused = await wrong.call("GET", "/elastic-ip");
    expect([refused.status, refused.json]).toEqual([403, { message: "Invalid request signature" }]);
  });

  test("learns of an operation that failed, and goes on polling after a 503", async () => {
    const simulator = await start();
    const client = await OfficialClient.of(form, simulator);
    const status = { kind: "status", status: 503, retryAfterS: null, body: "json" } as const;
    const busy = { kind: "operation-state", state: "failure", reason: "busy", message: "later" } as const;
    simulator.world.faults.replace([
      { operation: "attach-instance-to-elastic-ip", times: 1, effect: busy },
      { operation: "get-operation", times: 2, effect: status },
    ]);
    const begun = await client.call("PUT", `/elastic-ip/${eip}:attach`, { instance: { id: webB } });
    const poll = (): Promise<RawAnswer> => client.call("GET", `/operation/${begun.json.id}`);
    expect([(await poll()).status, (await poll()).status]).toEqual([503, 503]);
    const { json } = await waitFor(poll, (answer) => answer.json.state !== "pending");
    expect(json).toMatchObject({ state: "failure", reason: "busy", message: "later" });
  });
});

test.for<readonly [client: keyof typeof forms, query: string, found: number]>([
  ["python", "manager-type=instance-pool&ip-address=2001%3Adb8%3A%3A1&labels=a%3Db+c%2Cd%3D%C3%A9%26x", 0],
  ["python", `ip-address=${eipAddress}&labels=`, 1],
  ["go", "ip-address=&labels=a%3Db+c%2Cd%3D%C3%A9%26x&manager-type=instance-pool", 0],
  ["go", `ip-address=${eipAddress}&labels=`, 1],
])("the %s client filters instances by %s", async ([name, query, found]) => {
  const client = await OfficialClient.of(forms[name], await start());
  const { status, json } = await client.call("GET", `/instance?${query}`);
  expect(status).toBe(200);
  expect(json.instances).toHaveLength(found);
});
