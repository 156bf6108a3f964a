import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { configJsonSchema } from "../../../src/config/json-schema.ts";
import { parseConfig } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import { cloud66, exoscale } from "./sample.ts";

const folder = new URL("../../../config/", import.meta.url);
const example = readFileSync(new URL("failoverd.example.yaml", folder), "utf8");
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
addFormats.default(ajv);
const validate = ajv.compile(configJsonSchema());

function errorsOf(text: string): readonly unknown[] {
  return validate(parseYaml(text)) ? [] : (validate.errors ?? []);
}

describe("config/schema.json", () => {
  test("is what `npm run generate` makes of the source", () => {
    const text = readFileSync(new URL("schema.json", folder), "utf8");
    expect(text).toBe(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  });

  test("accepts the example, and references wherever there is a scalar", () => {
    expect(errorsOf(example)).toEqual([]);
    const text = exoscale
      .replace(
        "port: 80",
        'port: "${env:PORT}", interval: "${env:I}", tls-skip-verify: "${env:S}", expect-status: ["${env:E}", 200]',
      )
      .replace("198.51.100.7", "${file:/run/address}");
    expect(errorsOf(text)).toEqual([]);
  });

  test.each([
    ["an unknown key", exoscale.replace("uri:", "url:")],
    ["a missing key", exoscale.replace("provider: exo", "")],
    ["a port out of range", exoscale.replace("port: 80", "port: 70000")],
    ["a duration without a unit", exoscale.replace("provider: exo", "provider: exo\n    hold-down: 300")],
    ["a broken duration", exoscale.replace("port: 80", "port: 80, interval: 10 seconds")],
    ["half a reference", exoscale.replace("port: 80", 'port: "8${env:PORT}"')],
    ["another cloud", exoscale.replace("type: exoscale", "type: hetzner")],
    ["a key of the other cloud", cloud66.replace("token:", "zone: x, token:")],
    ["a single member", cloud66.slice(0, cloud66.indexOf("      - { name: us"))],
    ["a name with a space", cloud66.replace("shop:", "my shop:")],
  ])("refuses %s", (_, text) => {
    expect(errorsOf(text)).not.toEqual([]);
  });

  test("describes every key and tells the default where there is one", () => {
    const missing: string[] = [];
    const defaults: Record<string, unknown> = {};
    const walk = (node: unknown, path: string) => {
      if (typeof node !== "object" || node === null) return;
      for (const [key, value] of Object.entries(node)) {
        if (key !== "properties") walk(value, path);
        else {
          for (const [name, schema] of Object.entries(value as Record<string, Record<string, unknown>>)) {
            if (schema["description"] === undefined && schema["$ref"] === undefined)
              missing.push(`${path}.${name}`);
            if (schema["default"] !== undefined) defaults[name] = schema["default"];
            walk(schema, `${path}.${name}`);
          }
        }
      }
    };
    walk(configJsonSchema(), "");
    expect(missing).toEqual([]);
    expect(defaults).toMatchObject({
      interval: "10s",
      timeout: "2s",
      "strikes-ok": 2,
      "strikes-fail": 3,
      limit: "3/24h",
    });
  });
});

describe("config/failoverd.example.yaml", () => {
  const env = { EXOSCALE_API_KEY: "k", CLOUD66_ACCESS_TOKEN: "t" };
  const load = (text: string) => parseConfig(text, "failoverd.example.yaml", env, () => "secret\n");

  test("starts with the line that editors look for", () => {
    expect(example.split("\n")[0]).toBe("# yaml-language-server: $schema=./schema.json");
  });

  test("loads without any problem", () => {
    const result = load(example);
    expect("ok" in result ? result.warnings : result.problems).toEqual([]);
  });

  test("shows every key of the schema", () => {
    const keys = new Set<string>();
    JSON.stringify(configJsonSchema(), (key, value: unknown) => {
      if (key === "properties" && typeof value === "object")
        for (const name of Object.keys(value ?? {})) keys.add(name);
      return value;
    });
    expect([...keys].filter((key) => !new RegExp(`(^|[\\s{#])${key}:`, "m").test(example))).toEqual([]);
  });

  test("changes nothing by what it says in defaults beyond what holds anyway", () => {
    const defaults = {
      mode: "auto",
      order: "attach-first",
      holders: "one",
      failback: "never",
      "hold-down": "5m",
      limit: "3/24h",
    };
    const bare = example.replace(new RegExp(`^  (?:${Object.keys(defaults).join("|")}):.*\\n`, "gm"), "");
    const groups = (text: string) => {
      const result = load(text);
      if (!("ok" in result))
        throw new Error(result.problems.map((p) => formatProblem(p, "example")).join("\n"));
      return result.ok.groups;
    };
    expect(bare.length).toBeLessThan(example.length);
    expect(groups(bare)).toEqual(groups(example));
  });
});
