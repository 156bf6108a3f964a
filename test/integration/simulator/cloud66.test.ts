import { describe, expect, test } from "vitest";
import type { Dialect } from "../../../src/simulator/spec.ts";
import { c66, group, start, waitFor, type Answer } from "./client.ts";

const eu = "0123456789abcdef0123456789abcde1";
const us = "0123456789abcdef0123456789abcde2";
const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);

const modelFields = {
  uid: group,
  address: "shop.failover.example.com",
  primary_stack_uid: eu,
  primary_stack_name: "eu",
  secondary_stack_uid: us,
  secondary_stack_name: "us",
  busy_toggling: false,
  readonly: false,
  created_at: date,
  updated_at: date,
};

const dialects: Record<Dialect, { path: string; other: string; sides: [unknown, unknown]; listed: unknown }> =
  {
    "elastic-addresses": {
      path: "/elastic_addresses",
      other: "/failover_groups",
      sides: ["primary", "secondary"],
      listed: {
        id: 1,
        uid: group,
        address: "shop.failover.example.com",
        primary_stack: eu,
        secondary_stack: us,
        current_stack: "primary",
        status: "active",
        cloud: "simulated",
        region: "loopback",
        created_at: date,
        updated_at: date,
      },
    },
    "elastic-addresses-model": {
      path: "/elastic_addresses",
      other: "/failover_groups",
      sides: ["primary", "secondary"],
      listed: { ...modelFields, current_stack: "primary" },
    },
    "failover-groups": {
      path: "/failover_groups",
      other: "/elastic_addresses",
      sides: [1, 2],
      listed: { ...modelFields, current_stack: 1 },
    },
  };

describe.for(Object.keys(dialects) as Dialect[])("Cloud 66 in the dialect %s", (dialect) => {
  const { path, other, sides, listed } = dialects[dialect];
  const currentIs = (side: unknown) => (answer: Answer) => answer.json.response[0].current_stack === side;

  test("lists the groups on its own path only", async () => {
    const simulator = await start({ cloud66: { dialect } });
    const list = await c66(simulator, "GET", path);
    expect(list.json).toEqual({
      response: [listed],
      count: 1,
      pagination: { previous: null, next: null, current: 1, per_page: 30, count: 1, pages: 1 },
    });
    expect((await c66(simulator, "GET", `${path}.json`)).json).toEqual(list.json);
    expect((await c66(simulator, "GET", other)).status).toBe(404);
    expect((await c66(simulator, "GET", `${path}/${group}`)).status).toBe(404);
  });

  test("flips there and back, each time later than the answer", async () => {
    const simulator = await start({ cloud66: { dialect } });
    for (const [side, before] of [[sides[1], sides[0]], sides]) {
      const put = await c66(simulator, "PUT", `${path}/${group}`, { body: { current_stack: side } });
      expect(put.json).toEqual({ response: { ok: true, message: expect.any(String) } });
      const list = await c66(simulator, "GET", path);
      if (!currentIs(side)(list)) expect(list.json.response[0].current_stack).toBe(before);
      await waitFor(() => c66(simulator, "GET", path), currentIs(side));
    }
  });

  test("shows the flip as busy where it has a word for it, and refuses another one meanwhile", async () => {
    const simulator = await start({ cloud66: { dialect, flipTimeMs: 86_000_000 } });
    const flip = async (): Promise<Answer> =>
      c66(simulator, "PUT", `${path}/${group}`, { body: { current_stack: sides[1] } });
    await flip();
    const [shown] = (await c66(simulator, "GET", path)).json.response;
    expect(shown.current_stack).toBe(sides[0]);
    expect(shown.busy_toggling).toBe(dialect === "elastic-addresses" ? undefined : true);
    expect((await flip()).status).toBe(422);
  });

  test.for([3, "0", "Primary", dialect === "failover-groups" ? "primary" : 1, "", null, {}])(
    "refuses current_stack %j",
    async (value) => {
      const simulator = await start({ cloud66: { dialect } });
      const put = await c66(simulator, "PUT", `${path}/${group}`, { body: { current_stack: value } });
      expect(put.status).toBe(400);
      expect(put.json).toEqual({
        error: "bad_request",
        error_description: "bad request",
        details: expect.any(String),
      });
      expect(simulator.world.cloud66?.group(group)).toMatchObject({ busy: false, current: "primary" });
    },
  );
});

describe("Cloud 66", () => {
  const path = `/elastic_addresses/${group}`;
  const flip = { body: { current_stack: "secondary" } };

  test("wants a token that it knows", async () => {
    const simulator = await start();
    expect((await c66(simulator, "GET", "/ping/auth")).json).toEqual({ response: { ok: true } });
    for (const headers of [{}, { authorization: "Bearer other" }, { authorization: "Basic eDp5" }]) {
      const answer = await c66(simulator, "GET", "/ping/auth", { headers });
      expect(answer.status).toBe(401);
      expect(answer.json).toMatchObject({ error: "invalid_token", details: "The access token is invalid" });
    }
  });

  test("lets a public token read and not flip, nor a readonly one", async () => {
    const tokens = [
      { token: "reader", scope: "public", readonly: false },
      { token: "guest", scope: "admin", readonly: true },
    ] as const;
    const simulator = await start({ cloud66: { tokens, dialect: "elastic-addresses-model" } });
    for (const { token, readonly } of tokens) {
      const list = await c66(simulator, "GET", "/elastic_addresses", { token });
      expect(list.json.response[0].readonly).toBe(readonly);
      expect((await c66(simulator, "PUT", path, { ...flip, token })).status).toBe(403);
    }
    expect(simulator.world.cloud66?.group(group)?.busy).toBe(false);
  });

  test("removes a stack whose uid is the empty string, and leaves it for null", async () => {
    const simulator = await start();
    const kept = { primary_stack_uid: null, secondary_stack_uid: null };
    expect((await c66(simulator, "PUT", path, { body: kept })).status).toBe(200);
    expect(simulator.world.cloud66?.group(group)?.secondary).toBe(us);

    await c66(simulator, "PUT", path, { body: { secondary_stack_uid: "" } });
    expect(simulator.world.cloud66?.group(group)?.secondary).toBeNull();
    const [shown] = (await c66(simulator, "GET", "/elastic_addresses")).json.response;
    expect(shown.secondary_stack).toBeNull();
    expect((await c66(simulator, "PUT", path, flip)).status).toBe(400);
  });

  test("refuses a flip to the side that the same request empties, and changes nothing", async () => {
    const simulator = await start();
    const body = { current_stack: "secondary", secondary_stack_uid: "" };
    expect((await c66(simulator, "PUT", path, { body })).status).toBe(400);
    expect(simulator.world.cloud66?.group(group)).toMatchObject({ secondary: us, busy: false });
  });

  test("pages the list", async () => {
    const failoverGroups = [1, 2, 3].map((number) => ({
      uid: `g${number}`,
      address: "x.example.com",
      primary: "eu",
      secondary: null,
      current: "primary" as const,
      forward: null,
    }));
    const simulator = await start({ cloud66: { pageSize: 2, failoverGroups } });
    const first = await c66(simulator, "GET", "/elastic_addresses");
    expect(first.json.response.map(({ uid }: { uid: string }) => uid)).toEqual(["g1", "g2"]);
    expect(first.json.pagination).toMatchObject({ next: 2, previous: null, pages: 2, count: 3 });
    const second = await c66(simulator, "GET", "/elastic_addresses?page=2");
    expect(second.json.response.map(({ uid }: { uid: string }) => uid)).toEqual(["g3"]);
    expect(second.json.pagination).toMatchObject({ next: null, previous: 1 });
    expect((await c66(simulator, "GET", "/elastic_addresses?page=x")).status).toBe(400);
  });

  test("shows a stack", async () => {
    const simulator = await start();
    const stack = await c66(simulator, "GET", `/stacks/${eu}`);
    expect(stack.json.response).toMatchObject({
      uid: eu,
      name: "eu",
      fqdn: "eu.example.com",
      status: 1,
      health: 3,
      maintenance_mode: false,
      is_busy: false,
    });
    expect((await c66(simulator, "GET", "/stacks/eu")).status).toBe(404);
  });

  test.for([
    ["an unknown group", "/elastic_addresses/zzz", {}, 404],
    ["a body that is not JSON", path, "{", 400],
    ["a body that is a list", path, [], 400],
  ] as const)("refuses %s", async ([, where, body, status]) => {
    const simulator = await start();
    expect((await c66(simulator, "PUT", where, { body })).status).toBe(status);
  });
});
