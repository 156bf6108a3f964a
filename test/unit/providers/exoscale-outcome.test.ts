import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";

import {
  effectOfFailure,
  effectOfRefusal,
  failureReasons,
  operationStates,
  readState,
  reasonText,
} from "../../../src/providers/exoscale/outcome.ts";

const openApi = z
  .object({
    components: z.object({
      schemas: z.object({
        operation: z.object({
          properties: z.object({
            state: z.object({ enum: z.array(z.string()) }),
            reason: z.object({ enum: z.array(z.string()) }),
          }),
        }),
      }),
    }),
  })
  .parse(JSON.parse(readFileSync(new URL("../../fixtures/exoscale-openapi.json", import.meta.url), "utf8")));
const { state, reason } = openApi.components.schemas.operation.properties;

test("the tables have exactly the states and reasons of the API description", () => {
  expect(Object.keys(operationStates).sort()).toEqual([...state.enum].sort());
  expect(Object.keys(failureReasons).sort()).toEqual([...reason.enum].sort());
});

test.each([
  ["pending", "wait"],
  ["success", "applied"],
  ["failure", "look"],
  ["timeout", "uncertain"],
  ["a-new-state", "wait"],
  ["toString", "wait"],
])("readState() takes %s as %s", (word, meaning) => {
  expect(readState(word)).toBe(meaning);
});

test.each([
  ["busy", "rejected"],
  ["conflict", "rejected"],
  ["fault", "uncertain"],
  ["forbidden", "rejected"],
  ["incorrect", "rejected"],
  ["interrupted", "uncertain"],
  ["not-found", "rejected"],
  ["partial", "uncertain"],
  ["unavailable", "uncertain"],
  ["unknown", "uncertain"],
  ["unsupported", "rejected"],
  ["a-new-reason", "uncertain"],
  [null, "uncertain"],
])("effectOfFailure() says of %s: %s when the instance cannot be seen", (word, unseen) => {
  expect(effectOfFailure(word, "unseen")).toBe(unseen);
  expect(effectOfFailure(word, "unwanted")).toBe("rejected");
  expect(effectOfFailure(word, "wanted")).toBe("applied");
});

test.each([
  ["no", "wanted", "applied"],
  ["no", "unwanted", "rejected"],
  ["no", "unseen", "rejected"],
  ["maybe", "wanted", "applied"],
  ["maybe", "unwanted", "uncertain"],
  ["maybe", "unseen", "uncertain"],
] as const)("effectOfRefusal() of executed %s and %s is %s", (executed, look, effect) => {
  expect(effectOfRefusal(executed, look)).toBe(effect);
});

test("reasonText() names a reason that is missing", () => {
  expect(reasonText(null)).toBe("no reason given: Exoscale does not know why");
  expect(reasonText("busy")).toBe("busy: the resource is busy with another operation");
});
