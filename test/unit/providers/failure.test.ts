import { expect, test } from "vitest";
import { z } from "zod";

import { answerFailures, causeOfStatus, readResult } from "../../../src/providers/failure.ts";
import type { Answer } from "../../../src/providers/http.ts";
import { errorMessage } from "../../../src/providers/exoscale/wire.ts";
import { errorMessage as cloud66Message } from "../../../src/providers/cloud66/wire.ts";

const answer: Answer = {
  kind: "answer",
  status: 200,
  json: {},
  problem: null,
  serverWallMs: 7,
  retryAfterMs: null,
  location: null,
  requestId: null,
};
const schema = z.object({ id: z.string() });

test.each([
  [200, null, null],
  [204, null, null],
  [301, "redirect", "maybe"],
  [303, "redirect", "maybe"],
  [400, "invalid", "no"],
  [401, "unauthorized", "no"],
  [402, "forbidden", "no"],
  [403, "forbidden", "no"],
  [404, "not-found", "no"],
  [405, "client-error", "no"],
  [408, "request-timeout", "maybe"],
  [409, "conflict", "no"],
  [412, "precondition", "no"],
  [418, "client-error", "no"],
  [422, "refused", "no"],
  [429, "throttled", "no"],
  [500, "server-error", "maybe"],
  [501, "unsupported", "no"],
  [502, "server-error", "maybe"],
  [503, "server-error", "maybe"],
  [504, "server-error", "maybe"],
] as const)("status %i is %s, executed: %s", (status, cause, executed) => {
  expect(causeOfStatus(status)).toBe(cause);
  if (cause === null) return;
  expect(answerFailures[cause].executed).toBe(executed);
  const result = readResult({ ...answer, status }, schema, errorMessage);
  expect(result).toMatchObject({ kind: "failed", failure: { cause, executed, serverWallMs: 7 } });
});

test("readResult() names the field that is missing and ignores those that it does not know", () => {
  expect(readResult({ ...answer, json: { id: "x", more: 1 } }, schema, errorMessage)).toMatchObject({
    value: { id: "x" },
  });
  const { failure } = z
    .object({ failure: z.object({ cause: z.string(), executed: z.string(), detail: z.string() }) })
    .parse(readResult({ ...answer, json: { more: 1 } }, schema, errorMessage));
  expect(failure.cause).toBe("unreadable");
  expect(failure.executed).toBe("maybe");
  expect(failure.detail).toMatch(/^HTTP 200, the answer cannot be understood: id: /);
});

test("readResult() of a request that never left is surely not executed", () => {
  const noAnswer = { kind: "no-answer", reason: "no-connection", detail: "refused" } as const;
  expect(readResult({ ...noAnswer, sent: false }, schema, errorMessage)).toMatchObject({
    failure: { executed: "no" },
  });
  expect(readResult({ ...noAnswer, sent: true }, schema, errorMessage)).toMatchObject({
    failure: { executed: "maybe" },
  });
});

test.each([
  [{ message: "No" }, "No"],
  [{ message: "No", errors: [{ message: "because" }, {}] }, "No; because"],
  [{ title: "Forbidden", detail: "by role", status: 403 }, "Forbidden; by role"],
  [{ message: "No", errors: "odd" }, "No"],
  [{}, null],
  ["text", null],
  [undefined, null],
])("Exoscale's error %j reads %s", (json, message) => {
  expect(errorMessage(json)).toBe(message);
});

test.each([
  [{ error: "e", error_description: "d", details: "more" }, "more"],
  [{ error: "e", error_description: "d", details: null }, "d"],
  [{ error: "e" }, "e"],
  [[], null],
])("Cloud 66's error %j reads %s", (json, message) => {
  expect(cloud66Message(json)).toBe(message);
});
