import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { policyShape, type PolicyRequest } from "../../../src/simulator/iam-policy.ts";
import { exoscaleOperationNames } from "../../../src/simulator/operations.ts";

type Rule = readonly ["allow" | "deny", string];

function rules(...list: readonly Rule[]): unknown {
  const written = list.map(([action, expression]) => ({ action, expression }));
  return { "default-service-strategy": "allow", services: { compute: { type: "rules", rules: written } } };
}

function allows(
  policy: unknown,
  operation: PolicyRequest["operation"],
  elasticIp: string | null = null,
): boolean {
  return policyShape.parse(policy).allows({ operation, elasticIp });
}

/** The message for a rule that is refused. */
function problemOf(expression: string): string {
  const result = policyShape.safeParse(rules(["allow", expression]));
  return result.success ? "none" : (result.error.issues[0]?.message ?? "");
}

const attach = "attach-instance-to-elastic-ip";
const eip = "198.51.100.7";

describe("a policy", () => {
  test.for([
    ["allow", {}, true],
    ["deny", {}, false],
    ["deny", { compute: { type: "allow" } }, true],
    ["allow", { compute: { type: "deny" } }, false],
    ["deny", { dns: { type: "allow" } }, false],
    ["allow", { compute: { type: "rules", rules: [] } }, false],
  ] as const)("with the default %s and the services %j lets through: %s", ([fallback, services, allowed]) => {
    expect(allows({ "default-service-strategy": fallback, services }, "list-zones")).toBe(allowed);
  });

  test("goes by the first rule that is true", () => {
    const first = rules(
      ["deny", `operation == '${attach}' && resources.elastic_ip.ip == '203.0.113.1'`],
      ["allow", `operation == '${attach}'`],
      ["deny", "true"],
      ["allow", "true"],
    );
    expect(allows(first, attach, "203.0.113.1")).toBe(false);
    expect(allows(first, attach, eip)).toBe(true);
    expect(allows(first, "get-instance")).toBe(false);
  });

  test("denies what no rule is true for, whatever the default is", () => {
    expect(allows(rules(["allow", "operation == 'get-instance'"]), "list-instances")).toBe(false);
  });

  test("as the README gives it moves the one address and reads, and no more", () => {
    const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
    const policy: unknown = JSON.parse(
      /^```json\n(\{\s*"default-service-strategy"[\s\S]*?)^```$/m.exec(readme)?.[1] ?? "",
    );
    const allowed = exoscaleOperationNames.filter((name) => allows(policy, name, eip));
    expect(allowed.sort()).toEqual([
      attach,
      "detach-instance-from-elastic-ip",
      "get-elastic-ip",
      "get-instance",
      "get-operation",
      "list-elastic-ips",
      "list-instances",
    ]);
    expect(allows(policy, attach, "198.51.100.8")).toBe(false);
  });

  test("of least privilege moves the one address and reads", () => {
    const least = rules(
      [
        "allow",
        "operation in ['get-instance', 'list-instances', 'list-elastic-ips', 'get-elastic-ip', 'get-operation']",
      ],
      [
        "allow",
        `operation in ['${attach}', 'detach-instance-from-elastic-ip'] && resources.elastic_ip.ip in ['${eip}']`,
      ],
    );
    expect(allows(least, "get-operation")).toBe(true);
    expect(allows(least, attach, eip)).toBe(true);
    expect(allows(least, "detach-instance-from-elastic-ip", eip)).toBe(true);
    expect(allows(least, attach, "198.51.100.8")).toBe(false);
    expect(allows(least, attach, null)).toBe(false);
    expect(allows(least, "delete-elastic-ip", eip)).toBe(false);
  });

  test.for<[string, string | null, boolean]>([
    [`resources.elastic_ip.ip in ['${eip}']`, eip, true],
    // Without an Elastic IP the comparison fails, and so does its negation: nothing is concluded.
    [`!(resources.elastic_ip.ip in ['${eip}'])`, null, false],
    [`!(resources.elastic_ip.ip == '${eip}')`, "198.51.100.8", true],
    // A side that is decided decides, whatever the other one would be.
    [`resources.elastic_ip.ip == '${eip}' || operation == '${attach}'`, null, true],
    [`!(resources.elastic_ip.ip == '${eip}' && operation == 'get-instance')`, null, true],
    [`(operation == 'get-instance' || true) && !false`, null, true],
    [`operation == 'get-instance' && true || true`, null, true],
    [`operation == "${attach}"`, null, true],
    ["operation in []", null, false],
  ])("understands %s for the address %s", ([expression, address, allowed]) => {
    expect(allows(rules(["allow", expression]), attach, address)).toBe(allowed);
  });

  test.for<[string, string]>([
    ["operation ==", "not a CEL expression: Unexpected token: EOF, at character 13"],
    ["operation == 'attach'", "no operation that is simulated: 'attach', at character 14"],
    ["true && operation != 'get-instance'", "not operation != 'get-instance', at character 9"],
    ["operation.startsWith('get')", "not operation.startsWith('get'), at character 1"],
    ["resources.instance.name == 'a'", "not resources.instance.name, at character 1"],
    ["resource.elastic_ip.ip == 'a'", "not resource.elastic_ip.ip, at character 1"],
    ["resources.elastic_ip.id == 'a'", "not resources.elastic_ip.id, at character 1"],
    ["operation in ['get-instance', operation]", "not operation, at character 31"],
    ["operation in 'get-instance'", "not 'get-instance', at character 14"],
    ["operation == ['get-instance']", "not ['get-instance'], at character 14"],
    ["'get-instance' == operation", "not 'get-instance', at character 1"],
    ["operation", "not operation, at character 1"],
    ["1", "not 1, at character 1"],
    [
      "operation == 'get-instance' ? true : false",
      "not operation == 'get-instance' ? true : false, at character",
    ],
  ])("refuses %s and says where", ([expression, message]) => {
    expect(problemOf(expression)).toContain(message);
  });
});
