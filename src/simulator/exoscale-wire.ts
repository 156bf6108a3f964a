/** How the things of an Exoscale zone look on the wire, and Exoscale's answers to what it refuses. */
import type { ApiAnswer } from "./api.ts";
import type { ElasticIp } from "./exoscale-changes.ts";
import type { Operation } from "./exoscale-state.ts";
import type { InstanceSpec } from "./spec.ts";

/** Every simulated instance is of the same size and made from the same template, unless its `fields` say otherwise. */
const instanceType = { id: "b6cd1ff5-3a2f-4e9d-a4d1-8988c1191fe8", family: "standard", size: "small" };
const template = { id: "00000000-0000-4000-8000-000000000001", name: "Simulated Linux" };
const createdAt = "2026-01-01T00:00:00Z";

/** What only `GET /instance/{id}` shows. Source: `instance` and `list-instances` in Exoscale's OpenAPI description. */
const detailFields = new Set([
  "anti-affinity-groups",
  "application-consistent-snapshot-enabled",
  "deploy-target",
  "disk-encrypted",
  "disk-size",
  "elastic-ips",
  "secureboot-enabled",
  "snapshots",
  "tpm-enabled",
  "user-data",
]);

export function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}

export function failed(status: number, message: string): ApiAnswer {
  return { status, body: { message }, note: message };
}

export function missing(what: string, id: string): ApiAnswer {
  return failed(404, `${what} not found: ${id}`);
}

/** @param problems A sentence each. */
export function invalid(problems: readonly string[]): ApiAnswer {
  const message = `Invalid request: ${problems.join("; ")}`;
  const errors = problems.map((problem) => ({ message: problem }));
  return { status: 400, body: { message, errors }, note: message };
}

export function isIpv6(ip: string): boolean {
  return ip.includes(":");
}

export function elasticIpBody(eip: ElasticIp): unknown {
  return {
    id: eip.id,
    ip: eip.ip,
    addressfamily: isIpv6(eip.ip) ? "inet6" : "inet4",
    // An IPv6 Elastic IP is a /96.
    ...(isIpv6(eip.ip) && { cidr: `${eip.ip}/96` }),
    ...(eip.description !== null && { description: eip.description }),
    ...(eip.healthcheck !== null && { healthcheck: eip.healthcheck }),
    labels: eip.labels,
  };
}

/** As in a list: without what only `GET /instance/{id}` tells. */
export function listedInstanceBody(instance: InstanceSpec): Record<string, unknown> {
  const all = Object.entries(allFields(instance));
  return Object.fromEntries(all.filter(([name]) => !detailFields.has(name)));
}

export function instanceBody(instance: InstanceSpec, held: Iterable<ElasticIp>): Record<string, unknown> {
  const all = allFields(instance);
  return {
    ...all,
    "security-groups": all["security-groups"].map(({ id }) => ({ id })),
    "elastic-ips": Array.from(held, ({ id }) => ({ id })),
  };
}

/** Security groups as the list shows them. */
function allFields(
  instance: InstanceSpec,
): Record<string, unknown> & { "security-groups": readonly { readonly id?: unknown }[] } {
  const { publicIp, ipv6Address = null, fields = {} } = instance;
  const { "security-groups": groups = [], ...rest } = fields;
  return {
    "instance-type": instanceType,
    template,
    labels: {},
    "private-networks": [],
    "ssh-keys": [],
    "created-at": createdAt,
    "disk-size": 10,
    ...rest,
    "security-groups": Array.isArray(groups) ? groups : [],
    id: instance.id,
    name: instance.name,
    state: instance.state,
    ...(publicIp !== null && { "public-ip": publicIp }),
    ...(ipv6Address !== null && { "ipv6-address": ipv6Address }),
    "public-ip-assignment": publicIp === null ? "none" : ipv6Address === null ? "inet4" : "dual",
  };
}

export function operationBody({ id, state, reason, message, reference }: Operation): unknown {
  return {
    id,
    state,
    ...(reason !== null && { reason }),
    ...(message !== null && { message }),
    reference,
  };
}
