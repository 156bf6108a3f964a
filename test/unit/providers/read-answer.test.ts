import { expect, test } from "vitest";

import { readAnswer } from "../../../src/providers/read-answer.ts";

function read(text: string, headers: Record<string, string> = {}, secrets: string[] = []) {
  return readAnswer(
    { kind: "raw", status: 200, headers, body: Buffer.from(text) },
    secrets,
    1_800_000_000_000,
  );
}

test.each([
  ["", "empty body"],
  [" \n", "empty body"],
  ["<html><head><title>502 Bad\n Gateway</title></head></html>", 'an HTML page: "502 Bad Gateway"'],
  ["<h1>Down</h1> for now", 'an HTML page: "Down for now"'],
  ['{"id": "abc', 'truncated or broken JSON: "{"id": "abc"'],
  ["upstream timeout", 'not JSON: "upstream timeout"'],
])("readAnswer() says what %j is", (text, problem) => {
  expect(read(text)).toMatchObject({ json: undefined, problem });
});

test("readAnswer() reads JSON, whatever the content type says", () => {
  expect(read('{"id":1}', { "content-type": "text/html" })).toMatchObject({ json: { id: 1 }, problem: null });
});

test("readAnswer() blots out credentials that the server echoes", () => {
  const answer = read(
    '{"message":"bad token token-1234567 in header"}',
    { location: "https://x/?t=token-1234567" },
    ["token-1234567", ""],
  );
  expect(answer.json).toEqual({ message: "bad token [secret] in header" });
  expect(answer.location).toBe("https://x/?t=[secret]");
});

test("readAnswer() shows only the beginning of a long text", () => {
  expect(read("x".repeat(100_000)).problem).toHaveLength(200 + 'not JSON: "…"'.length);
});

test.each([
  ["3", 3_000],
  [new Date(1_800_000_005_000).toUTCString(), 5_000],
  [new Date(1_700_000_000_000).toUTCString(), 0],
  ["soon", null],
])("readAnswer() reads Retry-After %s", (value, ms) => {
  expect(read("{}", { "retry-after": value }).retryAfterMs).toBe(ms);
});

test("readAnswer() reads the server's clock", () => {
  expect(read("{}", { date: new Date(1_800_000_000_000).toUTCString() }).serverWallMs).toBe(
    1_800_000_000_000,
  );
  expect(read("{}", { date: "?" }).serverWallMs).toBeNull();
});
