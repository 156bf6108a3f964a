/**
 * What an Exoscale operation does to a zone when it succeeds: one list of Elastic IPs becomes another, or it fails because
 * the zone has changed since it began.
 */
import { randomUUID } from "node:crypto";
import type { ElasticIpChange } from "./exoscale-shape.ts";
import type { OperationReason } from "./operations.ts";

export interface ElasticIp {
  /** UUID. */
  readonly id: string;
  readonly ip: string;
  readonly description: string | null;
  /** As in the Exoscale API, with its defaults. Null: a manual Elastic IP. */
  readonly healthcheck: Readonly<Record<string, unknown>> | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the reverse DNS record. Null: there is none. */
  readonly domainName: string | null;
  /** Ids of instances, in the order in which they got it. */
  readonly holders: readonly string[];
}

export type Zone = readonly ElasticIp[];

export interface Failure {
  readonly reason: OperationReason;
  readonly message: string;
}

export interface Change {
  /** Id of the Elastic IP that it changes. */
  readonly elasticIp: string;
  /** Where the operation's reference leads, without the id. */
  readonly path: "/elastic-ip" | "/reverse-dns/elastic-ip";
  /** The operation to look at it with. */
  readonly command: string;
  apply(zone: Zone): Zone | Failure;
}

/** @param ip An address that nobody has. */
export function create(ip: string, change: ElasticIpChange): Change {
  const elasticIp: ElasticIp = {
    id: randomUUID(),
    ip,
    description: change.description ?? null,
    healthcheck: change.healthcheck ?? null,
    labels: change.labels ?? {},
    domainName: null,
    holders: [],
  };
  return { ...ofElasticIp(elasticIp.id), apply: (zone) => [...zone, elasticIp] };
}

export function update(id: string, change: ElasticIpChange): Change {
  return {
    ...ofElasticIp(id),
    apply: edit(id, (eip) => ({
      ...eip,
      description: change.description ?? eip.description,
      healthcheck: change.healthcheck ?? eip.healthcheck,
      labels: change.labels ?? eip.labels,
    })),
  };
}

export function resetDescription(id: string): Change {
  return { ...ofElasticIp(id), apply: edit(id, (eip) => ({ ...eip, description: null })) };
}

/** An Elastic IP that is attached stays. */
export function remove(id: string): Change {
  return {
    ...ofElasticIp(id),
    apply: (zone) => {
      const eip = zone.find((each) => each.id === id);
      if (eip === undefined) return gone(id);
      return eip.holders.length > 0
        ? { reason: "conflict", message: `Elastic IP ${id} is attached` }
        : zone.filter((each) => each !== eip);
    },
  };
}

/** Takes it from nobody. */
export function attach(id: string, instance: string): Change {
  return {
    ...ofElasticIp(id),
    apply: edit(id, (eip) =>
      eip.holders.includes(instance) ? eip : { ...eip, holders: [...eip.holders, instance] },
    ),
  };
}

export function detach(id: string, instance: string): Change {
  return {
    ...ofElasticIp(id),
    apply: edit(id, (eip) => ({ ...eip, holders: eip.holders.filter((each) => each !== instance) })),
  };
}

/** @param domainName Null: takes the record away. */
export function setReverseDns(id: string, domainName: string | null): Change {
  return {
    elasticIp: id,
    path: "/reverse-dns/elastic-ip",
    command: "get-reverse-dns-elastic-ip",
    apply: edit(id, (eip) => ({ ...eip, domainName })),
  };
}

function ofElasticIp(id: string): Pick<Change, "elasticIp" | "path" | "command"> {
  return { elasticIp: id, path: "/elastic-ip", command: "get-elastic-ip" };
}

function edit(id: string, f: (eip: ElasticIp) => ElasticIp): Change["apply"] {
  return (zone) =>
    zone.some((eip) => eip.id === id) ? zone.map((eip) => (eip.id === id ? f(eip) : eip)) : gone(id);
}

function gone(id: string): Failure {
  return { reason: "not-found", message: `Elastic IP ${id} is gone` };
}
