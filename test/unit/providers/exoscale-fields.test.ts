/** What is read and written of an Elastic IP, against the words of Exoscale's own description. */
import { expect, test } from "vitest";
import { z } from "zod";

import {
  healthcheckModes,
  healthcheckNumbers,
  healthcheckTexts,
} from "../../../src/core/healthcheck-limits.ts";
import {
  addressFamilies,
  fieldProblems,
  fieldsJson,
  resetFields,
} from "../../../src/providers/exoscale/fields.ts";
import {
  healthcheckJson,
  healthcheckProblems,
  healthcheckSchema,
  healthcheckText,
  type ElasticIpHealthcheck,
} from "../../../src/providers/exoscale/healthcheck.ts";
import { failureReasons, operationStates } from "../../../src/providers/exoscale/outcome.ts";
import {
  elasticIpSchema,
  instanceListSchema,
  operationSchema,
} from "../../../src/providers/exoscale/wire.ts";
import description from "../../fixtures/exoscale-openapi.json" with { type: "json" };
import { ids } from "./fakes.ts";

const { schemas } = description.components;
const described = schemas["elastic-ip-healthcheck"];

/** Every field that there is, set. */
const full: ElasticIpHealthcheck = {
  mode: "https",
  port: 443,
  interval: 30,
  timeout: 5,
  strikesOk: 4,
  strikesFail: 6,
  uri: "/status",
  tlsSni: "www.example.com",
  tlsSkipVerify: true,
};
const tcp: ElasticIpHealthcheck = { ...full, mode: "tcp", uri: null, tlsSni: null, tlsSkipVerify: null };

test("the limits are those of the description, with its words and defaults", () => {
  const ours = { ...healthcheckNumbers, ...healthcheckTexts };
  const fields = z.record(
    z.string(),
    z.object({
      description: z.string(),
      minimum: z.number().optional(),
      maximum: z.number().optional(),
      minLength: z.number().optional(),
      maxLength: z.number().optional(),
    }),
  );
  const theirs = Object.entries(fields.parse(described.properties)).flatMap(([key, field]) => {
    const [min, max] = [field.minimum ?? field.minLength, field.maximum ?? field.maxLength];
    if (min === undefined || max === undefined) return [];
    const told = /^(.*?)(?: \(default: (\d+)\))?$/.exec(field.description);
    const preset = told?.[2] === undefined ? null : Number(told[2]);
    const hasDefault = field.minimum !== undefined;
    return [[key, { min, max, ...(hasDefault ? { default: preset } : {}), about: told?.[1] }] as const];
  });
  expect(Object.fromEntries(theirs)).toEqual(ours);
  expect([...healthcheckModes].sort()).toEqual(described.properties.mode.enum);
  expect(described.required).toEqual(["mode", "port"]);
});

test("the other enumerations are those of the description", () => {
  const { operation } = schemas;
  expect(Object.keys(operationStates).sort()).toEqual(operation.properties.state.enum);
  expect(Object.keys(failureReasons).sort()).toEqual(operation.properties.reason.enum);
  expect([...addressFamilies]).toEqual(schemas["elastic-ip"].properties.addressfamily.enum);
  const field = description.paths["/elastic-ip/{id}/{field}"].delete.parameters[1];
  expect([...resetFields]).toEqual(field?.schema.enum);
});

test("a healthcheck is written with every field of the description, and read back as it was", () => {
  expect(Object.keys(healthcheckJson(full)).sort()).toEqual(Object.keys(described.properties).sort());
  expect(healthcheckSchema.parse(healthcheckJson(full))).toEqual(full);
  expect(healthcheckSchema.parse(healthcheckJson(tcp))).toEqual(tcp);
  expect(Object.keys(healthcheckJson(tcp))).not.toContain("uri");
});

test("a stored healthcheck that says only what it must has Exoscale's defaults", () => {
  expect(healthcheckSchema.parse({ mode: "tcp", port: 80 })).toEqual({
    mode: "tcp",
    port: 80,
    interval: 10,
    timeout: 2,
    strikesOk: 2,
    strikesFail: 3,
    uri: null,
    tlsSni: null,
    tlsSkipVerify: null,
  });
});

const numbered = {
  port: "port",
  interval: "interval",
  timeout: "timeout",
  "strikes-ok": "strikesOk",
  "strikes-fail": "strikesFail",
} as const;

test.each(Object.entries(numbered))(
  "%s is refused just outside its range, and taken at its ends",
  (key, field) => {
    const { min, max, about } = z
      .object({ min: z.number(), max: z.number(), about: z.string() })
      .parse(Object.entries(healthcheckNumbers).find(([name]) => name === key)?.[1]);
    for (const value of [min, max]) expect(healthcheckProblems({ ...full, [field]: value })).toEqual([]);
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN]) {
      expect(healthcheckProblems({ ...full, [field]: value })).toEqual([
        `${key} must be a whole number from ${min} to ${max} (${about}): got ${value}`,
      ]);
    }
  },
);

test.each([
  ["uri", "uri"],
  ["tls-sni", "tlsSni"],
] as const)("%s is refused when it is empty or too long", (key, field) => {
  for (const length of [1, 255])
    expect(healthcheckProblems({ ...full, [field]: "x".repeat(length) })).toEqual([]);
  for (const length of [0, 256]) {
    expect(healthcheckProblems({ ...full, [field]: "x".repeat(length) })).toEqual([
      `${key} must have 1 to 255 characters (${healthcheckTexts[key].about}): got ${length}`,
    ]);
  }
});

test("a field that its mode does not use is refused", () => {
  expect(healthcheckProblems({ ...tcp, uri: "/" })).toEqual(["uri needs mode http or https: mode is tcp"]);
  expect(healthcheckProblems({ ...full, mode: "http" })).toEqual([
    "tls-sni and tls-skip-verify need mode https: mode is http",
  ]);
});

test("a description of more than 255 characters is refused, an empty one is not", () => {
  const [max, about] = [schemas["elastic-ip"].properties.description.maxLength, "Elastic IP description"];
  expect(fieldProblems({ description: "" })).toEqual([]);
  expect(fieldProblems({ description: "x".repeat(max) })).toEqual([]);
  expect(fieldProblems({ description: "x".repeat(max + 1), healthcheck: { ...full, port: 0 } })).toEqual([
    `description must have at most ${max} characters (${about}): got ${max + 1}`,
    "port must be a whole number from 1 to 65535 (Health check port): got 0",
  ]);
});

test("only what is given is written", () => {
  expect(fieldsJson({})).toEqual({});
  expect(fieldsJson({ labels: {} })).toEqual({ labels: {} });
  expect(fieldsJson({ description: "", healthcheck: tcp })).toEqual({
    description: "",
    healthcheck: { mode: "tcp", port: 443, interval: 30, timeout: 5, "strikes-ok": 4, "strikes-fail": 6 },
  });
});

test("an Elastic IP is read with every field of the description", () => {
  const json = {
    id: ids.elasticIp,
    ip: "2001:db8::1",
    cidr: "2001:db8::/96",
    addressfamily: "inet6",
    description: "www",
    labels: { team: "web" },
    healthcheck: healthcheckJson(full),
  };
  expect(Object.keys(json).sort()).toEqual(Object.keys(schemas["elastic-ip"].properties).sort());
  expect(elasticIpSchema.parse(json)).toEqual({
    id: ids.elasticIp,
    ip: "2001:db8::1",
    cidr: "2001:db8::/96",
    addressFamily: "inet6",
    description: "www",
    labels: { team: "web" },
    managed: true,
    healthcheck: full,
  });
});

test("what is only for people never makes an answer unreadable", () => {
  const strange = {
    id: "x",
    ip: null,
    description: 7,
    labels: [],
    addressfamily: {},
    healthcheck: { mode: "icmp" },
  };
  expect(elasticIpSchema.parse(strange)).toMatchObject({
    description: null,
    labels: {},
    managed: true,
    healthcheck: null,
  });
  const instances = [{ id: "i", "public-ip": 4, "created-at": null, labels: "no" }];
  expect(instanceListSchema.parse({ instances })).toMatchObject([{ id: "i", publicIp: null, labels: {} }]);
  expect(operationSchema.parse({ id: "o", state: "new", reference: "x" })).toMatchObject({ reference: null });
});

test("an instance of a list has no Elastic IPs, so that nobody takes it for one that holds none", () => {
  const [listed] = instanceListSchema.parse({ instances: [{ id: "i", "elastic-ips": [{ id: "e" }] }] });
  expect(listed).not.toHaveProperty("elasticIps");
});

test("a healthcheck is told in one line", () => {
  expect(healthcheckText(full)).toBe(
    "https on port 443, /status, every 30 s within 5 s, healthy after 4, unhealthy after 6, SNI www.example.com, any certificate",
  );
  expect(healthcheckText(tcp)).toBe(
    "tcp on port 443, every 30 s within 5 s, healthy after 4, unhealthy after 6",
  );
});
