/** What the simulator accepts as a request is what Exoscale's description accepts, for any body. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBody, moveBody, updateBody } from "../../../src/simulator/exoscale-shape.ts";
import { bodyCheck } from "../../api-evidence/answers.ts";
import { operations } from "../../api-evidence/descriptions.ts";

/** Around every limit, and beside every type. */
const whole = fc.oneof(
  fc.integer({ min: -1, max: 22 }),
  fc.constantFrom(59, 60, 61, 299, 300, 301, 65_535, 65_536, 1.5, "10", null),
);
const text = fc.constantFrom("", "a", "x".repeat(254), "x".repeat(255), "x".repeat(256), 7, null);

const healthcheck = fc.oneof(
  { weight: 9, arbitrary: fc.constant(null) },
  {
    weight: 90,
    arbitrary: fc.record(
      {
        mode: fc.constantFrom("tcp", "http", "https", "icmp", 1),
        port: whole,
        interval: whole,
        timeout: whole,
        "strikes-ok": whole,
        "strikes-fail": whole,
        uri: text,
        "tls-sni": text,
        "tls-skip-verify": fc.constantFrom(true, false, "true"),
      },
      { requiredKeys: [] },
    ),
  },
);

const changeKeys = {
  description: text,
  labels: fc.constantFrom<unknown>({}, { a: "b" }, { a: 1 }, [], "a=b"),
  healthcheck,
};
const change = fc.record(changeKeys, { requiredKeys: [] });
const creation = fc.record(
  { ...changeKeys, addressfamily: fc.constantFrom("inet4", "inet6", "inet5", null) },
  { requiredKeys: [] },
);

const id = fc.oneof(fc.uuid(), fc.constantFrom("", "web-a", 1, null));
const move = fc.oneof(
  fc.constantFrom<unknown>({}, { instance: null }, { instance: [] }, []),
  fc.record({ instance: fc.record({ id }) }),
);

function described(operationId: string): (value: unknown) => boolean {
  const operation = operations.find(({ id: each }) => each === operationId);
  const check = operation === undefined ? null : bodyCheck(operation);
  if (check === null) throw new Error(`no body: ${operationId}`);
  return (value) => check(value);
}

describe("the body of", () => {
  test.for([
    ["create-elastic-ip", createBody, creation],
    ["update-elastic-ip", updateBody, change],
    ["attach-instance-to-elastic-ip", moveBody, move],
    ["detach-instance-from-elastic-ip", moveBody, move],
  ] as const)("%s is accepted when the description accepts it, and only then", ([name, shape, bodies]) => {
    const accepts = described(name);
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(bodies as fc.Arbitrary<unknown>, (value) => {
        seen.add(accepts(value));
        expect(shape.safeParse(value).success).toBe(accepts(value));
      }),
      { numRuns: 2000 },
    );
    expect(seen.size).toBe(2);
  });

  test("of a healthcheck is refused just outside of each limit, and accepted on it", () => {
    const accepts = described("create-elastic-ip");
    for (const [field, low, high] of [
      ["port", 1, 65_535],
      ["interval", 5, 300],
      ["timeout", 2, 60],
      ["strikes-ok", 1, 20],
      ["strikes-fail", 1, 20],
    ] as const) {
      for (const [value, good] of [
        [low - 1, false],
        [low, true],
        [high, true],
        [high + 1, false],
      ] as const) {
        const asked = { healthcheck: { mode: "tcp", port: 80, [field]: value } };
        expect([field, value, accepts(asked), createBody.safeParse(asked).success]).toEqual([
          field,
          value,
          good,
          good,
        ]);
      }
    }
  });
});
