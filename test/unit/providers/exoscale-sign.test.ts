import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";

import { messageOf, signExoscale } from "../../../src/providers/exoscale/sign.ts";

const file = new URL("../../fixtures/exoscale-signature-vectors.json", import.meta.url);
const { vectors } = z
  .object({
    vectors: z.array(
      z.object({
        name: z.string(),
        key: z.string(),
        secret: z.string(),
        method: z.string(),
        path: z.string(),
        query: z.string(),
        body: z.string(),
        expires: z.number(),
        message: z.string(),
        authorization: z.string(),
        agreed_by: z.array(z.string()),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(file, "utf8")));
const agreed = vectors.filter(
  (vector) => vector.agreed_by.includes("go") && vector.agreed_by.includes("python"),
);

test("both official clients agree on 24 vectors", () => {
  expect(agreed).toHaveLength(24);
});

test.each(agreed)(
  "signExoscale() reproduces $name",
  ({ key, secret, message, authorization, ...request }) => {
    expect(messageOf(request)).toBe(message);
    expect(signExoscale(request, key, secret)).toBe(authorization);
  },
);
