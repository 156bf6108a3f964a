/** Every change at Cloud 66 in each dialect of the API, and what is refused before anything is sent. */
import { expect, test } from "vitest";

import type { CreateOptions, UpdateOptions } from "../../../src/cli/cloud66/change-options.ts";
import {
  createElasticAddress,
  deleteElasticAddress,
  updateElasticAddress,
} from "../../../src/cli/cloud66/change.ts";
import { showElasticAddress } from "../../../src/cli/cloud66/show.ts";
import {
  dialects,
  endpointPages,
  fresh,
  list,
  modelPages,
  older,
  said,
  sends,
  stageOf,
  uid,
  update,
} from "./cloud66-world.ts";

test.each(dialects)(
  "update --current flips in the dialect %s, and sends nothing else",
  async (_, dialect) => {
    await using it = await stageOf(
      dialect,
      list(dialect.group("primary")),
      list(dialect.group("primary")),
      list(dialect.group("primary", { busy_toggling: true })),
      list(dialect.group("secondary")),
    );
    it.server.on(`PUT ${dialect.path}/${uid}`, said(true));
    const { code, out } = await it.run((context) =>
      updateElasticAddress(uid, { ...update, current: "secondary" }, context),
    );
    expect(code).toBe(0);
    expect(out).toContain("flip: current_stack is secondary\n");
    expect(out).toMatch(/current +secondary\n/);
    expect(it.changes).toEqual([
      `PUT ${dialect.path}/${uid} {"current_stack":${JSON.stringify(dialect.secondary)}}`,
    ]);
  },
);

test.each(dialects)("create, update of a stack, removal and delete in the dialect %s", async (_, dialect) => {
  const created = dialect.group("primary", { uid: fresh });
  await using it = await stageOf(
    dialect,
    list(dialect.group("primary")),
    list(dialect.group("primary")),
    list(created, dialect.group("primary")),
  );
  it.server.on(`POST ${dialect.path}`, said(true, "created"));
  const options: CreateOptions = { ...sends, primary: "p-uid", secondary: "s-uid", current: "secondary" };
  const made = await it.run((context) => createElasticAddress(options, context));
  expect(made).toMatchObject({ code: 0, out: expect.stringContaining(`elastic address  ${fresh}`) });
  const current = JSON.stringify(dialect.secondary);
  const body = `{"primary_stack_uid":"p-uid","secondary_stack_uid":"s-uid","current_stack":${current}}`;
  expect(it.changes).toEqual([`POST ${dialect.path} ${body}`]);

  const other = dialect === endpointPages ? { secondary_stack: "t-uid" } : { secondary_stack_uid: "t-uid" };
  it.server.on(`PUT ${dialect.path}/${uid}`, said(true));
  it.server.on(`GET ${dialect.path}`, list(dialect.group("primary")), list(dialect.group("primary", other)));
  const changed = await it.run((context) =>
    updateElasticAddress(uid, { ...update, secondary: "t-uid" }, context),
  );
  expect(changed).toMatchObject({ code: 0, out: expect.stringContaining("update: done\n") });
  expect(it.changes[1]).toBe(`PUT ${dialect.path}/${uid} {"secondary_stack_uid":"t-uid"}`);

  const empty = {
    ...(dialect === endpointPages ? { primary_stack: null, secondary_stack: null } : {}),
    ...(dialect === endpointPages ? {} : { primary_stack_uid: null, primary_stack_name: null }),
    ...(dialect === endpointPages ? {} : { secondary_stack_uid: null, secondary_stack_name: null }),
  };
  it.server.on(`GET ${dialect.path}`, list(dialect.group("primary")), list(dialect.group("primary", empty)));
  const both = { ...update, removePrimary: true, removeSecondary: true };
  const removed = await it.run((context) => updateElasticAddress(uid, both, context));
  expect(removed).toMatchObject({
    code: 0,
    out: expect.stringContaining("no stack, so it cannot be flipped there"),
  });
  expect(it.changes[2]).toBe(`PUT ${dialect.path}/${uid} {"primary_stack_uid":"","secondary_stack_uid":""}`);

  it.server.on(`DELETE ${dialect.path}/${uid}`, said(true));
  it.server.on(`GET ${dialect.path}`, list(dialect.group("primary", empty)), list());
  const deleted = await it.run((context) => deleteElasticAddress(uid, sends, context));
  expect(deleted).toMatchObject({ code: 0, out: "delete: done\n" });
  expect(it.changes[3]).toBe(`DELETE ${dialect.path}/${uid}`);
});

test("create on an account without any takes the form of the path", async () => {
  for (const dialect of [endpointPages, older]) {
    await using it = await stageOf(dialect, list(), list(), list(dialect.group("primary")));
    it.server.on(`POST ${dialect.path}`, said(true));
    const { code, out } = await it.run((context) =>
      createElasticAddress({ ...sends, current: "primary", json: true }, context),
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([{ uid }]);
    expect(it.changes).toEqual([`POST ${dialect.path} {"current_stack":${JSON.stringify(dialect.primary)}}`]);
  }
});

test.each([
  ["create", "primary"],
  ["create", "secondary"],
  ["update", "primary"],
  ["update", "secondary"],
] as const)("%s --%s with an empty text is refused, and nothing is sent", async (verb, role) => {
  await using it = await stageOf(modelPages);
  const options = { ...update, [role]: "" };
  const ended = await it.run((context) =>
    verb === "create" ? createElasticAddress(options, context) : updateElasticAddress(uid, options, context),
  );
  expect(ended).toMatchObject({
    code: 2,
    err: `--${role} must not be empty: to Cloud 66 an empty uid means to take the stack out of the group; --remove-${role} does that`,
  });
  expect(it.server.requests).toEqual([]);
});

test.each<[string, Partial<UpdateOptions>, string]>([
  ["nothing", {}, "Nothing to update"],
  [
    "a stack that is put in and taken out",
    { primary: "x", removePrimary: true },
    "--primary and --remove-primary contradict each other",
  ],
  [
    "a flip to what is taken out",
    { current: "secondary", removeSecondary: true },
    "--current secondary and --remove-secondary contradict",
  ],
  ["an unknown role", { current: "backup" }, '--current must be primary or secondary: "backup"'],
  ["a uid that is a path", { primary: "../x" }, "--primary must be the uid of a stack"],
  [
    "a timeout that is shorter than a list",
    { current: "secondary", timeout: "5s" },
    "--timeout must be a duration from 30s to 15m",
  ],
])("update with %s is refused", async (_, options, message) => {
  await using it = await stageOf(modelPages);
  const ended = await it.run((context) => updateElasticAddress(uid, { ...update, ...options }, context));
  expect(ended).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  expect(it.changes).toEqual([]);
});

test("a flip to where it points already sends nothing and asks nothing", async () => {
  await using it = await stageOf(modelPages);
  const ended = await it.run(
    (context) => updateElasticAddress(uid, { ...update, yes: false, current: "primary" }, context),
    { answer: false },
  );
  expect(ended).toMatchObject({ code: 0, asked: [], out: expect.stringContaining("already so") });
  expect(it.changes).toEqual([]);
});

test.each([
  [{ busy_toggling: true }, "Cloud 66 is toggling fg-abc123 now"],
  [{ readonly: true }, "This token may not change fg-abc123 (readonly)"],
])("an address with %j is not changed", async (more, message) => {
  await using it = await stageOf(modelPages, list(modelPages.group("primary", more)));
  const ended = await it.run((context) =>
    updateElasticAddress(uid, { ...update, secondary: "t-uid" }, context),
  );
  expect(ended).toMatchObject({ code: 1, err: expect.stringContaining(message) });
  expect(it.changes).toEqual([]);
});

test("a flip to a place without a stack is not sent", async () => {
  const gone = { secondary_stack_uid: null, secondary_stack_name: null };
  await using it = await stageOf(modelPages, list(modelPages.group("primary", gone)));
  const ended = await it.run((context) =>
    updateElasticAddress(uid, { ...update, current: "secondary" }, context),
  );
  expect(ended).toMatchObject({ code: 1, err: expect.stringContaining("the group has no secondary stack") });
  expect(it.changes).toEqual([]);
});

test("an address that points at a stack is not deleted: the way is named", async () => {
  await using it = await stageOf(modelPages);
  const ended = await it.run((context) => deleteElasticAddress(uid, sends, context));
  expect(ended.code).toBe(1);
  expect(ended.err).toContain(
    `Fix: failoverd cloud66 elastic-address update ${uid} --remove-primary --remove-secondary`,
  );
  expect(it.changes).toEqual([]);
});

test("whoever changes an address that a group moves is warned", async () => {
  await using it = await stageOf(modelPages);
  const config = it.file(
    "failoverd.yaml",
    `providers: { c66: { type: cloud66, endpoint: "${it.server.origin}/api/3", token: "\${env:CLOUD66_ACCESS_TOKEN}" } }
groups:
  shop:
    provider: c66
    failover-group: ${uid}
    healthcheck: { mode: https, port: 443, uri: /healthz }
    members: [{ name: eu, stack: primary, host: eu.example.com }, { name: us, stack: secondary, host: us.example.com }]
`,
  );
  it.server.on(`PUT ${modelPages.path}/${uid}`, said(true));
  const options = { ...update, config, wait: false };
  const flipped = await it.run((context) =>
    updateElasticAddress(uid, { ...options, current: "secondary" }, context),
  );
  expect(flipped.err).toContain(
    `Warning: the daemon moves ${uid} for group shop of ${config}; it will take this for a change by hand and hold. To let it flip the address itself: failoverd switchover shop --reason "…"\n`,
  );
  const { out } = await it.run((context) => showElasticAddress(uid, { json: false, config }, context));
  expect(out.replaceAll(/\s+/g, " ")).toContain("moved by group shop of");
});
