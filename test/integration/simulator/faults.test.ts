import { describe, expect, test } from "vitest";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import { c66, call, eip, exo, group, move, sign, start, waitFor, webA, webB, type Answer } from "./client.ts";

const attach = "attach-instance-to-elastic-ip";
const attachPath = `/elastic-ip/${eip}:attach`;
const attachB = { body: { instance: { id: webB } } };

async function script(simulator: Simulator, ...faults: object[]): Promise<void> {
  const answer = await call(simulator.url, "POST", "/world/faults", { body: faults });
  expect(answer.json).toHaveLength(faults.length);
}

/** Sends the attach without expecting an answer. */
async function sendAttach(simulator: Simulator, signal?: AbortSignal): Promise<Answer> {
  const path = `/v2${attachPath}`;
  const body = JSON.stringify(attachB.body);
  const headers = { authorization: sign("PUT", path, body) };
  return call(simulator.url, "PUT", path, { body, headers, ...(signal && { signal }) });
}

async function holdsB(simulator: Simulator): Promise<boolean> {
  return (await exo(simulator, "GET", `/instance/${webB}`)).json["elastic-ips"].length === 1;
}

describe("a fault", () => {
  test.for([
    ["json", /^\{"message":".*"\}$/],
    ["html", /^<html>/],
    ["truncated", /^\{"message":"[^"]*$/],
    ["empty", /^$/],
    ["not-ok", /^\{"response":\{"ok":false/],
  ] as const)("answers a status with a body of the kind %s, and nothing is done", async ([body, text]) => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    await script(simulator, { operation: attach, status: 503, "retry-after": "1500ms", body });
    const answer = await sendAttach(simulator);
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
    expect(answer.text).toMatch(text);
    expect(await holdsB(simulator)).toBe(false);
    expect((await sendAttach(simulator)).status).toBe(200);
  });

  test("answers in Cloud 66's own form there", async () => {
    const simulator = await start();
    await script(simulator, { operation: "ping-auth", status: 503 });
    expect((await c66(simulator, "GET", "/ping/auth")).json).toMatchObject({
      error: "service_unavailable",
      details: expect.any(String),
    });
  });

  test("loses the reply after the work is done", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    await script(simulator, { operation: attach, "lose-reply": true });
    await expect(sendAttach(simulator)).rejects.toThrow("socket hang up");
    expect(await holdsB(simulator)).toBe(true);
    expect(simulator.world.requests.entries[0]).toMatchObject({ operation: attach, status: "lost" });
  });

  test("drops the request before the work is done", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    await script(simulator, { operation: attach, drop: true });
    await expect(sendAttach(simulator)).rejects.toThrow("socket hang up");
    expect(await holdsB(simulator)).toBe(false);
    expect(simulator.world.requests.entries[0]).toMatchObject({ operation: attach, status: "dropped" });
  });

  test("hangs: no answer, nothing done, and close() ends it", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    await script(simulator, { operation: attach, hang: true });
    const answer = sendAttach(simulator);
    const ended = answer.catch((error: Error) => error.message);
    await waitFor(
      async () => simulator.world.requests.entries,
      (entries) => entries.length === 1,
    );
    expect(simulator.world.requests.entries[0]?.status).toBe("hung");
    expect(await holdsB(simulator)).toBe(false);
    await simulator.close();
    expect(await ended).toBe("socket hang up");
  });

  test("delays: the work is done late even when the client has gone", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    await script(simulator, { operation: attach, latency: "400ms" });
    const client = new AbortController();
    const ended = sendAttach(simulator, client.signal).catch((error: Error) => error.message);
    await waitFor(
      async () => simulator.world.faults.faults,
      (faults) => faults.length === 0,
    );
    client.abort();
    expect(await ended).toContain("aborted");
    expect(await holdsB(simulator)).toBe(false);
    await waitFor(() => holdsB(simulator), Boolean);
    expect(
      simulator.world.requests.entries.find(({ operation }) => operation === attach)?.durationMs,
    ).toBeGreaterThan(390);
  });

  test("ends an operation in a failure, with its reason, and nothing is done", async () => {
    const simulator = await start();
    await script(simulator, {
      operation: attach,
      "operation-state": "failure",
      reason: "busy",
      message: "no",
    });
    expect((await move(simulator, "attach", webB)).json).toMatchObject({
      state: "failure",
      reason: "busy",
      message: "no",
    });
    expect(await holdsB(simulator)).toBe(false);
  });

  test("keeps an operation pending for ever", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    await script(simulator, { operation: "*", stuck: true });
    const { json } = await exo(simulator, "PUT", attachPath, attachB);
    expect(json.state).toBe("pending");
    expect((await exo(simulator, "GET", `/operation/${json.id}`)).json.state).toBe("pending");
    expect(await holdsB(simulator)).toBe(false);
  });

  test("shows the world before its last change", async () => {
    const simulator = await start();
    await move(simulator, "attach", webB);
    await script(simulator, { operation: "get-instance", times: 2, "stale-read": true });
    expect(await holdsB(simulator)).toBe(false);
    expect((await exo(simulator, "GET", `/instance/${webA}`)).json["elastic-ips"]).toEqual([{ id: eip }]);
    expect(await holdsB(simulator)).toBe(true);
  });

  test("at each layer goes with the others: slow, and then a failure", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    await script(
      simulator,
      { operation: "*", "operation-state": "timeout", reason: "unknown" },
      { operation: "*", latency: "1ms" },
    );
    expect((await exo(simulator, "PUT", attachPath, attachB)).json).toMatchObject({ state: "timeout" });
    expect(simulator.world.faults.faults).toEqual([]);
  });

  test.for([
    [{ "operation-state": "failure", reason: "fault" }, false],
    [{ stuck: true }, true],
  ] as const)("%j at Cloud 66 leaves the group where it was", async ([effect, busy]) => {
    const simulator = await start({ cloud66: { dialect: "failover-groups", flipTimeMs: 0 } });
    await script(simulator, { operation: "update-failover-group", ...effect });
    await c66(simulator, "PUT", `/failover_groups/${group}`, { body: { current_stack: 2 } });
    const [shown] = (await c66(simulator, "GET", "/failover_groups")).json.response;
    expect(shown).toMatchObject({ current_stack: 1, busy_toggling: busy });
  });

  test("shows a stale list at Cloud 66", async () => {
    const simulator = await start({ cloud66: { flipTimeMs: 0 } });
    await c66(simulator, "PUT", `/elastic_addresses/${group}`, { body: { current_stack: "secondary" } });
    await script(simulator, { operation: "list-failover-groups", "stale-read": true });
    const current = async (): Promise<string> =>
      (await c66(simulator, "GET", "/elastic_addresses")).json.response[0].current_stack;
    expect([await current(), await current()]).toEqual(["primary", "secondary"]);
  });
});

describe("a garbled answer", () => {
  const list = "list-elastic-ips";
  const whole = async (simulator: Simulator): Promise<string> =>
    (await exo(simulator, "GET", "/elastic-ip")).text;

  test.for([
    ["truncated", "application/json", (text: string) => text.slice(0, Math.floor(text.length / 2))],
    ["wrong-type", "text/plain", (text: string) => text],
    ["html", "text/html", () => "<html><head><title>200</title></head><body><h1>200</h1></body></html>\n"],
    ["empty", undefined, () => ""],
  ] as const)("is %s, with its own status", async ([garble, type, textOf]) => {
    const simulator = await start();
    const text = await whole(simulator);
    await script(simulator, { operation: list, garble });
    const answer = await exo(simulator, "GET", "/elastic-ip");
    expect([answer.status, answer.headers["content-type"], answer.text]).toEqual([200, type, textOf(text)]);
    expect(await whole(simulator)).toBe(text);
  });

  test("ends before its Content-Length, after the work is done", async () => {
    const simulator = await start({ exoscale: { operationTimeMs: 0 } });
    await script(simulator, { operation: attach, garble: "cut-off" });
    await expect(sendAttach(simulator)).rejects.toThrow("aborted");
    expect(await holdsB(simulator)).toBe(true);
  });

  test("is 100 MB long, and a client that leaves early does not hurt", async () => {
    const simulator = await start();
    const text = await whole(simulator);
    await script(simulator, { operation: list, times: 2, garble: "huge" });
    const huge = await exo(simulator, "GET", "/elastic-ip");
    expect(huge.text.length).toBeGreaterThan(100_000_000);
    expect(JSON.stringify(huge.json)).toBe(text);
    const headers = { authorization: sign("GET", "/v2/elastic-ip", "") };
    const client = new AbortController();
    const left = call(simulator.url, "GET", "/v2/elastic-ip", { headers, signal: client.signal }).catch(
      (error: Error) => error.message,
    );
    await waitFor(
      async () => simulator.world.faults.faults,
      (faults) => faults.length === 0,
    );
    client.abort();
    expect(await left).toContain("aborted");
    expect(await whole(simulator)).toBe(text);
  });

  test("can be a redirect, that nobody has asked for", async () => {
    const simulator = await start();
    const location = "http://127.0.0.1:1/v2/elastic-ip";
    await script(simulator, { operation: list, status: 302, location, body: "empty" });
    const answer = await exo(simulator, "GET", "/elastic-ip");
    expect([answer.status, answer.headers.location]).toEqual([302, location]);
  });
});
