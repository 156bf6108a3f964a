import { expect, test } from "vitest";

import { changeJson, removalJson, stackUid } from "../../../src/providers/cloud66/fields.ts";
import {
  stackHealths,
  stackStatuses,
  stackTroubles,
  wordOf,
} from "../../../src/providers/cloud66/stack-words.ts";
import { tokenMixUp } from "../../../src/providers/cloud66/token.ts";

test.each(["", " ", "a b", "../x", "x".repeat(129)])("%j is no uid of a stack", (text) => {
  expect(stackUid(text)).toBeNull();
});

test("an empty text cannot be written as the uid of a stack", () => {
  // @ts-expect-error -- this line is the test: it must not compile
  changeJson({ primary: "" });
  // @ts-expect-error -- nor any other text that has not been looked at
  changeJson({ secondary: "s-uid" });
  const uid = stackUid("s-uid");
  expect(uid === null ? null : changeJson({ secondary: uid })).toEqual({ secondary_stack_uid: "s-uid" });
});

test("a change has in it only what is given, and a removal only what is to go", () => {
  expect(changeJson({})).toEqual({});
  expect(changeJson({ current: 2 })).toEqual({ current_stack: 2 });
  expect(removalJson(["secondary"])).toEqual({ secondary_stack_uid: "" });
  expect(removalJson(["primary", "secondary"])).toEqual({ primary_stack_uid: "", secondary_stack_uid: "" });
});

const file = JSON.stringify({
  AccessToken: "0123456789abcdef",
  RefreshToken: "",
  Expiry: "0001-01-01T00:00:00Z",
});

test.each<[string, string | null]>([
  ["0123456789abcdef0123456789abcdef", null],
  ["eyJhbGciOiJIUzI1NiJ9.e30.abc", null],
  ["MTIz", null],
  [file, "the content of a cx.json file"],
  [Buffer.from(file).toString("base64"), "the base64 of a cx.json file (CLOUD66_TOKEN)"],
])("tokenMixUp() of case %#", (token, expected) => {
  expect(tokenMixUp(token)).toBe(expected);
});

test("every status and health of a stack has its word, and trouble is what is positively bad", () => {
  expect(Object.keys(stackStatuses)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  expect(Object.keys(stackHealths)).toEqual(["0", "1", "2", "3", "4"]);
  expect(wordOf(stackStatuses, 6)).toBe("deploying");
  expect(wordOf(stackHealths, null)).toBe("not said");
  expect(wordOf(stackHealths, 9)).toBe("9, which this version does not know");
  const stack = { uid: "s", name: null, environment: null, fqdn: null };
  expect(stackTroubles({ ...stack, status: 1, health: 0, maintenance: null, busy: null })).toEqual([]);
  expect(stackTroubles({ ...stack, status: 6, health: 4, maintenance: true, busy: true })).toEqual([
    "deploying",
    "failed",
    "in maintenance mode",
    "busy",
  ]);
});
