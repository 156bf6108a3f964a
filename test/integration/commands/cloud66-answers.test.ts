/** Every change at Cloud 66 with each answer that it may get. */
import { expect, test } from "vitest";

import {
  createElasticAddress,
  deleteElasticAddress,
  updateElasticAddress,
} from "../../../src/cli/cloud66/change.ts";
import type { Reply } from "../providers/scripted-server.ts";
import { fresh, list, modelFields, modelPages, said, sends, stageOf, uid, update } from "./cloud66-world.ts";
import type { Stage } from "./stage.ts";

const dead = modelFields("primary", {
  primary_stack_uid: null,
  primary_stack_name: null,
  secondary_stack_uid: null,
  secondary_stack_name: null,
});

interface Case {
  readonly name: string;
  readonly method: string;
  readonly before: object;
  readonly after: readonly object[];
  readonly run: (stage: Stage, options?: object, terminal?: object) => ReturnType<Stage["run"]>;
}

const cases: readonly Case[] = [
  {
    name: "create",
    method: `POST ${modelPages.path}`,
    before: modelPages.group("primary"),
    after: [modelPages.group("primary"), modelPages.group("primary", { uid: fresh })],
    run: (stage, options, terminal) =>
      stage.run((context) => createElasticAddress({ ...sends, ...options }, context), terminal),
  },
  {
    name: "update",
    method: `PUT ${modelPages.path}/${uid}`,
    before: modelPages.group("primary"),
    after: [modelPages.group("primary", { primary_stack_uid: "t-uid" })],
    run: (stage, options, terminal) =>
      stage.run(
        (context) => updateElasticAddress(uid, { ...update, primary: "t-uid", ...options }, context),
        terminal,
      ),
  },
  {
    name: "remove",
    method: `PUT ${modelPages.path}/${uid}`,
    before: modelPages.group("primary"),
    after: [modelPages.group("primary", { secondary_stack_uid: null, secondary_stack_name: null })],
    run: (stage, options, terminal) =>
      stage.run(
        (context) => updateElasticAddress(uid, { ...update, removeSecondary: true, ...options }, context),
        terminal,
      ),
  },
  {
    name: "flip",
    method: `PUT ${modelPages.path}/${uid}`,
    before: modelPages.group("primary"),
    after: [modelPages.group("secondary")],
    run: (stage, options, terminal) =>
      stage.run(
        (context) => updateElasticAddress(uid, { ...update, current: "secondary", ...options }, context),
        terminal,
      ),
  },
  {
    name: "delete",
    method: `DELETE ${modelPages.path}/${uid}`,
    before: dead,
    after: [],
    run: (stage, options, terminal) =>
      stage.run((context) => deleteElasticAddress(uid, { ...sends, ...options }, context), terminal),
  },
];
const named = cases.map((each) => [each.name, each] as const);

const refusals: readonly (readonly [string, Reply, string])[] = [
  ["ok: false", said(false, "Not now"), "Cloud 66 says no: Not now"],
  [
    "400",
    { status: 400, json: { error: "bad", error_description: "Bad", details: "Bad uid" } },
    "the request is not valid: Bad uid",
  ],
  ["401", { status: 401, json: { error_description: "Who" } }, "the credentials are not accepted: Who"],
  ["402", { status: 402, json: { error: "pay" } }, "do not allow this: pay"],
  ["403", { status: 403, json: { details: "Scope" } }, "do not allow this: Scope"],
  ["404", { status: 404, json: { details: "None" } }, "not found: None"],
  ["409", { status: 409, json: { details: "Busy" } }, "in conflict with the present state: Busy"],
  [
    "422",
    { status: 422, json: { details: "Not at this time" } },
    "it cannot be done at this time: Not at this time",
  ],
  ["408", { status: 408 }, "It may have been done all the same"],
  ["503", { status: 503, json: { details: "Throttled" } }, "It may have been done all the same"],
  ["HTML", { status: 502, text: "<title>Bad</title>" }, "It may have been done all the same"],
  ["a lost reply", "lost", "It may have been done all the same"],
];

test.each(
  named.flatMap(([name, each]) => refusals.map((row) => [name, row[0], each, row[1], row[2]] as const)),
)(
  "%s answered with %s exits 1, was sent once, and is done when the list shows it",
  async (_, __, each, reply, message) => {
    await using it = await stageOf(modelPages, list(each.before));
    const withId = typeof reply === "object" ? { ...reply, headers: { "x-request-id": "req-5" } } : reply;
    it.server.on(each.method, withId);
    const { code, err } = await each.run(it);
    expect(code).toBe(1);
    expect(err).toContain(message);
    if (typeof reply === "object" && "status" in reply) expect(err).toContain("(request req-5)");
    expect(err).toMatch(/\nFix: \S/);
    expect(err).not.toContain("Check the endpoint");
    expect(it.changes).toHaveLength(1);

    it.server.on(
      `GET ${modelPages.path}`,
      list(each.before),
      ...(each.name === "flip" ? [list(each.before)] : []),
      list(...each.after),
    );
    const again = await each.run(it);
    // What became of a flip without an answer is left to the next look.
    expect(again.code).toBe(each.name === "flip" && reply === "lost" ? 1 : 0);
  },
);

test.each(named)("%s that the list never shows ends after its time, with progress", async (name, each) => {
  await using it = await stageOf(modelPages, list(each.before));
  it.server.on(each.method, said(true));
  const { code, out, err } = await each.run(it, { json: true });
  expect(code).toBe(1);
  expect(err).toMatch(new RegExp(`${name}: accepted, under way, \\d+s\\n`));
  expect(err).toContain("It may have been done all the same");
  expect(JSON.parse(out)).toMatchObject({ effect: { kind: "uncertain" } });
  expect(it.changes).toHaveLength(1);
});

test.each(named)("%s --no-wait only sends", async (name, each) => {
  await using it = await stageOf(modelPages, list(each.before));
  it.server.on(each.method, said(true));
  const { code, out } = await each.run(it, { wait: false });
  expect({ code, out }).toEqual({
    code: 0,
    out: `${name}: accepted; to see it: failoverd cloud66 elastic-address list\n`,
  });
  it.server.on(each.method, said(false, "No"));
  expect(await each.run(it, { wait: false })).toMatchObject({
    code: 1,
    err: `${name}: Cloud 66 says no: No\nFix: See what is so now: failoverd cloud66 elastic-address list`,
  });
  it.server.on(each.method, {
    status: 403,
    json: { details: "Scope" },
    headers: { "x-request-id": "req-3" },
  });
  expect((await each.run(it, { wait: false })).err).toMatch(
    /Scope \(request req-3\)\nFix: Use a token that may/,
  );
});

const destructive = named.filter(([name]) => ["remove", "flip", "delete"].includes(name));

test.each(destructive)("%s asks on a terminal, and does nothing without a yes", async (name, each) => {
  await using it = await stageOf(modelPages, list(each.before));
  it.server.on(each.method, said(true));
  const unsure = { yes: false, wait: false };
  const refused = await each.run(it, unsure, { answer: false });
  expect(refused).toMatchObject({ code: 1, err: "Nothing was changed" });
  const questions: Readonly<Record<string, string>> = {
    remove: "Take the secondary stack (shop-us) out of shop.c66.me?",
    flip: "Flip shop.c66.me to its secondary stack? Clients follow within 5 minutes.",
    delete: "Delete elastic address shop.c66.me? Its name is lost for good.",
  };
  expect(refused.asked).toEqual([questions[name]]);
  expect(await each.run(it, unsure)).toMatchObject({ code: 2, err: expect.stringContaining("add --yes") });
  expect(it.changes).toEqual([]);
  expect((await each.run(it, unsure, { answer: true })).code).toBe(0);
  expect(it.changes).toHaveLength(1);
});
