import { expect, test } from "vitest";

import { createCloud66Client, type Cloud66Account } from "../../../src/providers/cloud66/client.ts";
import { createCloud66Provider } from "../../../src/providers/cloud66/provider.ts";
import { credential, leapServices, never, scriptedServer, type Reply } from "./scripted-server.ts";

const token = "c66-token-0123456789abcdef";
const uid = "abc123def456";
const toSecondary = { kind: "flip", member: "us" } as const;
const list = "GET /api/3/elastic_addresses";
const put = `PUT /api/3/elastic_addresses/${uid}`;
const said = (ok: boolean): Reply => ({ json: { response: { ok, message: "any words" } } });

/** The three dialects of the sources, each with the current stack in its own form. */
const dialects = {
  words: (current: 1 | 2, more: object = {}) => ({
    id: 7,
    uid,
    address: "203.0.113.9",
    primary_stack: "p-uid",
    secondary_stack: "s-uid",
    current_stack: current === 1 ? "primary" : "secondary",
    status: "active",
    ...more,
  }),
  numbers: (current: 1 | 2, more: object = {}) => ({
    uid,
    address: "x.c66.me",
    current_stack: current,
    primary_stack_uid: "p-uid",
    primary_stack_name: "shop-eu",
    secondary_stack_uid: "s-uid",
    secondary_stack_name: "shop-us",
    busy_toggling: false,
    readonly: false,
    ...more,
  }),
  strings: (current: 1 | 2, more: object = {}) =>
    dialects.numbers(current, { current_stack: String(current), ...more }),
};
const { numbers } = dialects;

function groups(...items: object[]): Reply {
  return { json: { response: items, count: items.length, pagination: { next: null } } };
}

async function world(options: Partial<Cloud66Account> = {}) {
  const server = await scriptedServer();
  const services = leapServices();
  const account: Cloud66Account = {
    endpoint: `${server.origin}/api/3`,
    token: credential(token),
    account: null,
    path: "auto",
    ...options,
  };
  const client = createCloud66Client(account, services);
  const members = [
    { name: "eu", stack: "primary" as const },
    { name: "us", stack: "secondary" as const },
  ];
  const provider = createCloud66Provider({ name: "shop", client, uid, members }, services);
  server.on(list, groups(numbers(1)));
  return {
    server,
    services,
    client,
    provider,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

test.each([
  ["words", '{"current_stack":"secondary"}'],
  ["numbers", '{"current_stack":2}'],
  ["strings", '{"current_stack":"2"}'],
] as const)(
  "a flip in the dialect of %s sends only current_stack, in the form of the last answer",
  async (name, body) => {
    await using it = await world();
    const dialect = dialects[name];
    it.server.on(list, groups(dialect(1)), groups(dialect(1)), groups(dialect(2)));
    it.server.on(put, said(true));
    expect(await it.provider.execute(toSecondary, never)).toEqual({
      kind: "applied",
      detail: "flip: current_stack is secondary",
    });
    expect(it.server.requests.find(({ method }) => method === "PUT")?.body).toBe(body);
    expect(it.services.slept.filter(isPoll)).toEqual([1_000, 1_500]);
    expect(await it.provider.read(never)).toEqual({
      kind: "known",
      holders: ["us"],
      foreign: [],
      busy: null,
    });
  },
);

/** Not the moment in which others may join a question. */
const isPoll = (ms: number): boolean => ms > 5;

test("the token is sent as bearer, the account when it is set", async () => {
  await using it = await world({ account: "42" });
  await it.provider.read(never);
  expect(it.server.requests[0]?.headers).toMatchObject({
    authorization: `Bearer ${token}`,
    "x-account": "42",
  });
});

test("the older path is found, and used for the flip", async () => {
  await using it = await world();
  it.server.on(list, { status: 404, text: "<h1>Not found</h1>" });
  it.server.on("GET /api/3/failover_groups", groups(numbers(1)), groups(numbers(2)));
  it.server.on(`PUT /api/3/failover_groups/${uid}`, said(true));
  expect(await it.provider.execute(toSecondary, never)).toMatchObject({ kind: "applied" });
  expect(it.server.count(list)).toBe(1);
});

test("groups on a later page are found", async () => {
  await using it = await world();
  const first = {
    json: { response: [numbers(1, { uid: "other" })], pagination: { next: 2, previous: null } },
  };
  it.server.on(list, first, groups(numbers(2)));
  expect(await it.provider.read(never)).toMatchObject({ holders: ["us"] });
  expect(it.server.requests.map(({ path }) => path)).toEqual([
    "/api/3/elastic_addresses",
    "/api/3/elastic_addresses?page=2",
  ]);
});

test("all groups of an account share one list", async () => {
  await using it = await world();
  const other = createCloud66Provider(
    { name: "other", client: it.client, uid: "other", members: [] },
    it.services,
  );
  const readings = await Promise.all([it.provider.read(never), other.read(never), it.provider.read(never)]);
  expect(readings.map(({ kind }) => kind)).toEqual(["known", "unknown", "known"]);
  expect(readings[1]).toMatchObject({ detail: `The account has no failover group other; it has: ${uid}` });
  expect(it.server.count(list)).toBe(1);
});

test.each<[string, Reply, RegExp]>([
  ["HTML", { text: "<title>Sign in</title>" }, /an HTML page: "Sign in"/],
  [
    "401",
    { status: 401, json: { error: "e", details: "expired" } },
    /the credentials are not accepted: expired/,
  ],
  ["503 throttled", { status: 503, json: { error: "throttled" } }, /HTTP 503/],
  ["a null list", { json: { response: null } }, /cannot be understood: response/],
  ["an odd current_stack", groups(numbers(1, { current_stack: "third" })), /current_stack of .* is "third"/],
  ["no current_stack", groups(numbers(1, { current_stack: null })), /is null, which is neither/],
  ["a lost reply", "lost", /no answer/],
])("read() is unknown after %s", async (_, reply, detail) => {
  await using it = await world();
  it.server.on(list, reply);
  expect(await it.provider.read(never)).toEqual({ kind: "unknown", detail: expect.stringMatching(detail) });
});

test("read() is busy while Cloud 66 is toggling", async () => {
  await using it = await world();
  it.server.on(list, groups(numbers(1, { busy_toggling: true })));
  expect(await it.provider.read(never)).toMatchObject({
    holders: ["eu"],
    busy: expect.stringContaining("busy_toggling"),
  });
});

test("a flip waits while busy_toggling, also when current_stack is already the wanted one", async () => {
  await using it = await world();
  it.server.on(list, groups(numbers(1)), groups(numbers(2, { busy_toggling: true })), groups(numbers(2)));
  it.server.on(put, said(true));
  expect(await it.provider.execute(toSecondary, never)).toMatchObject({ kind: "applied" });
  expect(it.server.count(list)).toBe(3);
});

test.each<[string, object, string, RegExp]>([
  ["already so", numbers(2), "applied", /already so/],
  ["busy", numbers(1, { busy_toggling: true }), "rejected", /busy toggling/],
  ["busy, already so", numbers(2, { busy_toggling: true }), "rejected", /busy toggling/],
  ["readonly", numbers(1, { readonly: true }), "rejected", /readonly/],
  [
    "without secondary (model pages)",
    numbers(1, { secondary_stack_uid: null, secondary_stack_name: null }),
    "rejected",
    /no secondary stack/,
  ],
  [
    "without secondary (endpoint pages)",
    dialects.words(1, { secondary_stack: null }),
    "rejected",
    /no secondary stack/,
  ],
  ["not readable", numbers(1, { current_stack: 3 }), "rejected", /current_stack is 3/],
  ["not there", numbers(1, { uid: "other" }), "rejected", /no failover group/],
])("a flip of a group that is %s sends nothing", async (_, group, kind, detail) => {
  await using it = await world();
  it.server.on(list, groups(group));
  expect(await it.provider.execute(toSecondary, never)).toEqual({
    kind,
    detail: expect.stringMatching(detail),
  });
  expect(it.server.requests.every(({ method }) => method === "GET")).toBe(true);
});

test.each<[string, Reply, string, RegExp]>([
  ["ok: false", said(false), "rejected", /Cloud 66 says no: any words/],
  [
    "403",
    { status: 403, json: { error: "e", error_description: "scope" } },
    "rejected",
    /do not allow this: scope/,
  ],
  ["422", { status: 422, json: { details: "not now" } }, "rejected", /cannot be done at this time: not now/],
  ["503", { status: 503, json: { details: "throttled" } }, "uncertain", /HTTP 503/],
  ["HTML", { text: "<h1>Oops</h1>" }, "uncertain", /an HTML page/],
])("a flip answered with %s is decided by a look at the list", async (_, reply, kind, detail) => {
  await using it = await world();
  it.server.on(put, reply);
  expect(await it.provider.execute(toSecondary, never)).toEqual({
    kind,
    detail: expect.stringMatching(detail),
  });
  expect(it.server.count(put)).toBe(1);
  it.server.on(list, groups(numbers(1)), groups(numbers(2)));
  expect(await it.provider.execute(toSecondary, never)).toMatchObject({ kind: "applied" });
});

test("a flip whose reply is lost is uncertain, and busy until it shows or for a minute", async () => {
  await using it = await world();
  it.server.on(put, "lost");
  expect(await it.provider.execute(toSecondary, never)).toMatchObject({ kind: "uncertain" });
  expect(it.server.count(put)).toBe(1);
  expect(await it.provider.read(never)).toMatchObject({ busy: expect.stringContaining("that was sent") });
  await it.services.sleep(60_000, never);
  expect(await it.provider.read(never)).toMatchObject({ holders: ["eu"], busy: null });
});

test("a flip that is accepted and never ends is uncertain in time, and busy for 15 minutes", async () => {
  await using it = await world();
  it.server.on(put, said(true));
  const startedAt = it.services.now();
  expect(await it.provider.execute(toSecondary, never)).toMatchObject({ kind: "uncertain" });
  expect(it.services.now() - startedAt).toBeLessThan(it.provider.capabilities.stepDeadlineMs);
  await it.services.sleep(890_000, never);
  expect(await it.provider.read(never)).toMatchObject({ busy: expect.stringContaining("that was accepted") });
  await it.services.sleep(10_000, never);
  expect(await it.provider.read(never)).toMatchObject({ busy: null });
  const findings = await it.provider.check(never);
  expect(findings.map(({ text }) => text).join("\n")).toContain("could not be seen in 15 min");
});

test("an accepted flip that shows later is no longer busy", async () => {
  await using it = await world();
  it.server.on(put, said(true));
  await it.provider.execute(toSecondary, never);
  it.server.on(list, groups(numbers(2)));
  expect(await it.provider.read(never)).toMatchObject({ holders: ["us"], busy: null });
});

test("attach and detach are refused without a call", async () => {
  await using it = await world();
  expect(await it.provider.execute({ kind: "attach", member: "us" }, never)).toMatchObject({
    kind: "rejected",
  });
  expect(await it.provider.execute({ kind: "detach", member: "us" }, never)).toMatchObject({
    kind: "rejected",
  });
  expect(await it.provider.execute({ kind: "flip", member: "x" }, never)).toMatchObject({ kind: "rejected" });
  expect(it.server.requests).toHaveLength(0);
});

test("a group that cannot be understood keeps nobody from reading and flipping another", async () => {
  await using it = await world();
  const odd = numbers(1, { uid: "other", busy_toggling: "no" });
  it.server.on(list, groups(odd, numbers(1)), groups(odd, numbers(1)), groups(odd, numbers(2)));
  it.server.on(put, said(true));
  expect(await it.provider.read(never)).toMatchObject({ kind: "known", holders: ["eu"], busy: null });
  expect(await it.provider.execute(toSecondary, never)).toMatchObject({ kind: "applied" });
});

test("a group that cannot be understood is named, its holder is unknown, and no flip of it is sent", async () => {
  await using it = await world();
  it.server.on(list, groups(numbers(1, { busy_toggling: "no" }), numbers(1, { uid: "other" })));
  it.server.on("GET /api/3/ping/auth", { json: { ok: true } });
  const text = `Failover group ${uid} cannot be understood: busy_toggling: Invalid input: expected boolean, received string`;
  expect(await it.provider.read(never)).toEqual({ kind: "unknown", detail: text });
  expect(await it.provider.execute(toSecondary, never)).toEqual({
    kind: "rejected",
    detail: `flip: nothing was sent: ${text}`,
  });
  expect(await it.provider.check(never)).toMatchObject([{ severity: "ok" }, { severity: "unknown", text }]);
  expect(it.server.count(put)).toBe(0);
});

test("check() finds a group in order", async () => {
  await using it = await world();
  it.server.on("GET /api/3/ping/auth", { json: { ok: true, user: "x" } });
  const fine = { status: 1, health: 3, maintenance_mode: false, is_busy: false };
  it.server.on("GET /api/3/stacks/p-uid", { json: { response: { uid: "p-uid", ...fine } } });
  it.server.on("GET /api/3/stacks/s-uid", { json: { response: { uid: "s-uid", status: 1, health: 3 } } });
  expect((await it.provider.check(never)).map(({ severity, text }) => `${severity}: ${text}`)).toEqual([
    "ok: The token is valid",
    `ok: Failover group ${uid} exists (x.c66.me)`,
    "warning: Whether the token allows a flip can only be proven by one",
    "ok: eu holds the address (primary)",
    "ok: The primary stack of eu (shop-eu) shows no trouble",
    "ok: The secondary stack of us (shop-us) shows no trouble",
  ]);
});

test("check() finds each planted problem and names a fix", async () => {
  await using it = await world();
  it.server.on("GET /api/3/ping/auth", { json: { response: { ok: false, message: "expired" } } });
  it.server.on("GET /api/3/stacks/p-uid", {
    json: { response: { uid: "p-uid", status: 6, health: 2, maintenance_mode: true, is_busy: true } },
  });
  const absent = { secondary_stack_uid: null, secondary_stack_name: null };
  it.server.on(list, groups(numbers(1, { readonly: true, busy_toggling: true, ...absent })));
  const findings = (await it.provider.check(never)).filter(({ severity }) => severity !== "ok");
  expect(findings.map(({ severity, text }) => `${severity}: ${text}`)).toEqual([
    "error: The token is not accepted: expired",
    `error: The token may not change failover group ${uid} (readonly)`,
    "warning: Cloud 66 is toggling this group now",
    "warning: The primary stack of eu (shop-eu) is deploying, impaired, in maintenance mode, busy",
    "error: The group has no secondary stack, so it cannot be flipped to us",
  ]);
  expect(findings.every(({ fix }) => fix !== null)).toBe(true);
});

test("check() names a wrong token and a group that is not there", async () => {
  await using it = await world();
  it.server.on("GET /api/3/ping/auth", { status: 401, json: { error: "unauthorized" } });
  it.server.on(list, groups(numbers(1, { uid: "other" })));
  expect(await it.provider.check(never)).toMatchObject([
    { severity: "error", fix: expect.stringContaining("CLOUD66_ACCESS_TOKEN") },
    { severity: "error", fix: "Set failover-group to a uid of this account: other" },
  ]);
});

test("what groups ask at the same moment is read once for all of them", async () => {
  await using stage = await world();
  const asked = [1, 2, 3].map(() => stage.client.listGroups(never));
  const [first, ...others] = (await Promise.all(asked)).map((listed) =>
    listed.kind === "ok" ? listed.value[0] : listed,
  );
  expect(first).toMatchObject({ uid });
  for (const other of others) expect(other).toBe(first);
  const later = await stage.client.listGroups(never);
  expect(later).toMatchObject({ kind: "ok", value: [first] });
});
