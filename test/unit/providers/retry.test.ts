import { expect, test } from "vitest";

import type { Answer } from "../../../src/providers/http.ts";
import type { NoAnswerReason } from "../../../src/providers/http-exchange.ts";
import { attemptsMax, retryWaitMs } from "../../../src/providers/retry.ts";

function answer(status: number, retryAfterMs: number | null = null): Answer {
  return {
    kind: "answer",
    status,
    json: {},
    problem: null,
    serverWallMs: null,
    retryAfterMs,
    location: null,
    requestId: null,
  };
}

test.each([200, 301, 400, 403, 404, 408, 409, 422, 501])("retryWaitMs() lets a status %i stand", (status) => {
  expect(retryWaitMs(answer(status), 1, 0.5, 10_000)).toBeNull();
});

test.each([429, 500, 502, 503, 504])("retryWaitMs() repeats a status %i", (status) => {
  expect(retryWaitMs(answer(status), 1, 0.5, 10_000)).toBe(125);
});

test.each<[NoAnswerReason, boolean]>([
  ["no-connection", true],
  ["timeout", false],
  ["aborted", false],
  ["too-large", false],
  ["tls", false],
  ["not-http", false],
  ["not-sendable", false],
])("retryWaitMs() after %s: repeats is %s", (reason, repeats) => {
  const wait = retryWaitMs({ kind: "no-answer", reason, sent: true, detail: "" }, 1, 0.5, 10_000);
  expect(wait !== null).toBe(repeats);
});

test("retryWaitMs() doubles the jitter's bound and ends after four attempts", () => {
  expect([1, 2, 3].map((attempt) => retryWaitMs(answer(503), attempt, 1, 10_000))).toEqual([250, 500, 1_000]);
  expect(retryWaitMs(answer(503), attemptsMax, 1, 10_000)).toBeNull();
});

test("retryWaitMs() waits at least as long as Retry-After says", () => {
  expect(retryWaitMs(answer(429, 2_000), 1, 0.5, 10_000)).toBe(2_000);
});

test("retryWaitMs() gives up at once when Retry-After goes past the deadline", () => {
  expect(retryWaitMs(answer(429, 60_000), 1, 0.5, 10_000)).toBeNull();
});
