/** The shape of a world file: its keys as a user writes them, turned into a `WorldSpec`. Rules across fields are in `file-rules.ts`. */
import { z } from "zod";
import { duration, endpoint, name, uuid } from "./file-values.ts";
import { faultList } from "./fault-shape.ts";
import { domainName, labelMap, strictHealthcheck } from "./exoscale-shape.ts";
import { exoscaleZones } from "../core/exoscale-zones.ts";
import { policyShape } from "./iam-policy.ts";
import type { Cloud66Spec, ExoscaleSpec, WorldSpec, ZoneSpec } from "./spec.ts";

/** Source: `instance-state` in Exoscale's OpenAPI description. */
const instanceStates = [
  "destroyed",
  "destroying",
  "error",
  "expunging",
  "migrating",
  "running",
  "starting",
  "stopped",
  "stopping",
] as const;

const served = {
  backend: endpoint.nullable().default(null),
  serve: z.enum(["http", "https"]).nullable().default(null),
};

const instanceKeys = {
  id: uuid,
  name,
  state: z.enum(instanceStates).default("running"),
  "public-ip": z.ipv4().nullable().default(null),
  "ipv6-address": z.ipv6().nullable().default(null),
  fields: z.record(z.string(), z.unknown()).default({}),
};

const instance = z
  .strictObject({ ...instanceKeys, ...served })
  .transform(({ "public-ip": publicIp, "ipv6-address": ipv6Address, ...rest }) => ({
    ...rest,
    publicIp,
    ipv6Address,
  }));

const instanceElsewhere = z
  .strictObject(instanceKeys)
  .transform(({ "public-ip": publicIp, "ipv6-address": ipv6Address, ...rest }) => ({
    ...rest,
    publicIp,
    ipv6Address,
    backend: null,
    serve: null,
  }));

const apiKey = z.strictObject({
  key: z.string().min(1),
  secret: z.string().min(1),
  policy: policyShape.nullable().default(null),
});

const elasticIpKeys = {
  id: uuid,
  ip: z.union([z.ipv4(), z.ipv6()], "expected an IP address"),
  description: z.string().max(255).nullable().default(null),
  healthcheck: strictHealthcheck.nullable().default(null),
  labels: labelMap.default({}),
  "reverse-dns": domainName.nullable().default(null),
  holders: z.array(z.string()).default([]),
};

const elasticIp = z
  .strictObject({ ...elasticIpKeys, forward: endpoint.nullable().default(null) })
  .transform(({ "reverse-dns": reverseDns, ...rest }) => ({ ...rest, reverseDns }));

const elasticIpElsewhere = z
  .strictObject(elasticIpKeys)
  .transform(({ "reverse-dns": reverseDns, ...rest }) => ({ ...rest, reverseDns, forward: null }));

const otherZone: z.ZodType<ZoneSpec> = z
  .strictObject({
    zone: z.enum(exoscaleZones),
    instances: z.array(instanceElsewhere).default([]),
    "elastic-ips": z.array(elasticIpElsewhere).default([]),
  })
  .transform(({ "elastic-ips": elasticIps, ...rest }) => ({ ...rest, elasticIps }));

const exoscale: z.ZodType<ExoscaleSpec> = z
  .strictObject({
    zone: z.enum(exoscaleZones),
    "api-keys": z.array(apiKey).min(1),
    "operation-time": duration.prefault("400ms"),
    "operations-kept": duration.nullable().default(null),
    instances: z.array(instance).default([]),
    "elastic-ips": z.array(elasticIp).default([]),
    "other-zones": z.array(otherZone).default([]),
  })
  .transform((value) => ({
    zone: value.zone,
    apiKeys: value["api-keys"],
    operationTimeMs: value["operation-time"],
    operationsKeptMs: value["operations-kept"],
    instances: value.instances,
    elasticIps: value["elastic-ips"],
    otherZones: value["other-zones"],
  }));

const token = z.strictObject({
  token: z.string().min(1),
  scope: z.enum(["public", "admin"]),
  readonly: z.boolean().default(false),
});

const stack = z
  .strictObject({
    ...served,
    name,
    uid: name,
    fqdn: z.string().min(1).optional(),
    status: z.int().min(0).max(7).default(1),
    health: z.int().min(0).max(4).default(3),
    "maintenance-mode": z.boolean().default(false),
  })
  .transform(({ "maintenance-mode": maintenanceMode, fqdn, ...rest }) => ({
    ...rest,
    maintenanceMode,
    fqdn: fqdn ?? `${rest.name}.example.com`,
  }));

const failoverGroup = z.strictObject({
  uid: name,
  address: z.string().min(1),
  primary: z.string().nullable(),
  secondary: z.string().nullable(),
  current: z.enum(["primary", "secondary"]).default("primary"),
  forward: endpoint.nullable().default(null),
});

const cloud66: z.ZodType<Cloud66Spec> = z
  .strictObject({
    dialect: z
      .enum(["elastic-addresses", "elastic-addresses-model", "failover-groups"])
      .default("elastic-addresses"),
    "flip-time": duration.prefault("1s"),
    "dns-delay": duration.prefault("0s"),
    "page-size": z.int().min(1).max(1000).default(30),
    "requests-per-hour": z.int().min(1).nullable().default(null),
    tokens: z.array(token).min(1),
    stacks: z.array(stack).default([]),
    "failover-groups": z.array(failoverGroup).default([]),
  })
  .transform((value) => ({
    dialect: value.dialect,
    flipTimeMs: value["flip-time"],
    dnsDelayMs: value["dns-delay"],
    pageSize: value["page-size"],
    requestsPerHour: value["requests-per-hour"],
    tokens: value.tokens,
    stacks: value.stacks,
    failoverGroups: value["failover-groups"],
  }));

export const worldShape: z.ZodType<WorldSpec> = z.strictObject({
  listen: endpoint.prefault("127.0.0.1:9790"),
  exoscale: exoscale.nullable().default(null),
  cloud66: cloud66.nullable().default(null),
  faults: faultList.default([]),
});
