/** The API's document is what the table of operations says, and is what it claims to be. */
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { openApi } from "../../../src/server/api/openapi.ts";
import { operations } from "../../../src/server/api/operations.ts";
import { version } from "../../../src/version.ts";

const document = openApi(version);

describe("docs/openapi.json", () => {
  test("is what `npm run generate` makes of the operations", () => {
    const text = readFileSync(new URL("../../../docs/openapi.json", import.meta.url), "utf8");
    expect(JSON.parse(text)).toEqual(document);
  });

  test("is a valid OpenAPI document", async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  });

  test("asks for a token of every operation that changes something", () => {
    const paths = document["paths"] as Record<string, { get?: { security: object[] }; post?: object }>;
    for (const { name, scope } of operations) {
      const path = paths[`/${name}`];
      if (scope === "read") expect(path?.get?.security).toContainEqual({});
      else expect(path?.post).toMatchObject({ security: [{ token: [] }] });
    }
    expect(Object.keys(paths)).toHaveLength(operations.length);
  });
});
