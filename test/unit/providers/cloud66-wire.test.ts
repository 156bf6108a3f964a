import { expect, test } from "vitest";

import {
  groupPageSchema,
  inFormOf,
  roleOf,
  stackSchema,
  verdictSchema,
} from "../../../src/providers/cloud66/wire.ts";

test.each([
  [1, "primary", 2],
  [2, "secondary", 2],
  ["1", "primary", "2"],
  ["2", "secondary", "2"],
  ["primary", "primary", "secondary"],
  ["Secondary", "secondary", "Secondary"],
  ["PRIMARY", "primary", "SECONDARY"],
  [" primary ", "primary", "secondary"],
])("roleOf(%j) is %s, and the secondary is written back as %j", (current, role, written) => {
  expect(roleOf(current)).toBe(role);
  expect(inFormOf(current, "secondary")).toBe(written);
});

test.each([0, 3, 1.5, "", "0", "third", "01", null])("roleOf(%j) is not known", (current) => {
  expect(roleOf(current)).toBeNull();
});

function one(fields: object) {
  return groupPageSchema.parse({ response: [{ uid: "u", ...fields }], count: 1 }).groups[0];
}

test("the dialect of the endpoint pages is read", () => {
  const group = one({
    id: 9,
    address: "203.0.113.9",
    primary_stack: "p-uid",
    secondary_stack: null,
    current_stack: "primary",
    status: "active",
  });
  expect(group).toEqual({
    uid: "u",
    address: "203.0.113.9",
    status: "active",
    current: "primary",
    stacks: { primary: { uid: "p-uid", name: null }, secondary: null },
    busy: false,
    readonly: false,
  });
});

test("the dialect of the model pages is read", () => {
  const group = one({
    address: "x.c66.me",
    current_stack: 2,
    primary_stack_uid: null,
    primary_stack_name: null,
    secondary_stack_uid: "s-uid",
    secondary_stack_name: "shop-us",
    busy_toggling: true,
    readonly: true,
  });
  expect(group).toEqual({
    uid: "u",
    address: "x.c66.me",
    status: null,
    current: 2,
    stacks: { primary: null, secondary: { uid: "s-uid", name: "shop-us" } },
    busy: true,
    readonly: true,
  });
});

test("a stack that is not mentioned at all counts as not there", () => {
  expect(one({ current_stack: 1, primary_stack_uid: "" })).toMatchObject({
    stacks: { primary: null, secondary: null },
  });
});

test("a group with an odd field is not understood, and those beside it are", () => {
  const response = [
    { uid: "odd", current_stack: { id: 1 } },
    { uid: "u", current_stack: 2 },
  ];
  expect(groupPageSchema.parse({ response }).groups).toEqual([
    { uid: "odd", problem: "current_stack: Invalid input" },
    expect.objectContaining({ uid: "u", current: 2 }),
  ]);
});

test("a group without uid, or a response that is no list, is not understood", () => {
  expect(groupPageSchema.safeParse({ response: [{ id: 3 }] }).success).toBe(false);
  expect(groupPageSchema.safeParse({ response: null }).success).toBe(false);
  expect(groupPageSchema.safeParse([]).success).toBe(false);
});

test.each([
  [{ response: { ok: true, message: "done" } }, { ok: true, message: "done" }],
  [{ ok: true }, { ok: true, message: null }],
  [{ response: { ok: false } }, { ok: false, message: null }],
])("the verdict %j is read with and without wrapper", (json, verdict) => {
  expect(verdictSchema.parse(json)).toEqual(verdict);
});

test("a verdict that does not say ok is not understood", () => {
  expect(verdictSchema.safeParse({ response: { message: "ok" } }).success).toBe(false);
  expect(verdictSchema.safeParse({ ok: "true" }).success).toBe(false);
});

test("the signals of a stack may be absent", () => {
  expect(
    stackSchema.parse({ response: { uid: "p", status: 1, health: 3, maintenance_mode: false } }),
  ).toEqual({
    uid: "p",
    name: null,
    environment: null,
    fqdn: null,
    status: 1,
    health: 3,
    maintenance: false,
    busy: null,
  });
});
