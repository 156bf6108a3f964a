/**
 * The world as it is when the simulation starts: what a world file says, with durations in milliseconds and endpoints
 * taken apart. Plain data that never changes; the running state is in `world.ts`.
 */
import type { Fault } from "./faults.ts";
import type { Policy } from "./iam-policy.ts";

/** A loopback TCP endpoint. Port 0, where something listens, means any free port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface WorldSpec {
  /** Where the APIs and the control interface are served. Default 127.0.0.1:9790. */
  readonly listen: Endpoint;
  /** Null: the world has no Exoscale, `/v2` answers 404. */
  readonly exoscale: ExoscaleSpec | null;
  /** Null: the world has no Cloud 66, `/api/3` answers 404. */
  readonly cloud66: Cloud66Spec | null;
  /** The fault script at the start. Default empty. */
  readonly faults: readonly Fault[];
}

export interface ExoscaleSpec {
  /** One of Exoscale's zones, e.g. `ch-gva-2`. */
  readonly zone: string;
  readonly apiKeys: readonly ApiKeySpec[];
  /**
   * How long an attach or detach stays pending. Default 400; 0: the first answer is already `success`. Exoscale itself
   * was seen to take up to 3,000.
   */
  readonly operationTimeMs: number;
  /** How long a finished operation can still be asked for, milliseconds; then it is 404. Null, the default: as long as there is room. */
  readonly operationsKeptMs?: number | null;
  readonly instances: readonly InstanceSpec[];
  readonly elasticIps: readonly ElasticIpSpec[];
  /** Further zones of the account, with the same keys and times; nothing serves there. Default none. */
  readonly otherZones?: readonly ZoneSpec[];
}

/** What is local to a zone. */
export type ZoneSpec = Pick<ExoscaleSpec, "zone" | "instances" | "elasticIps">;

export interface ApiKeySpec {
  readonly key: string;
  readonly secret: string;
  /** Of its IAM role. Null, the default: everything is allowed. */
  readonly policy?: Policy | null;
}

/** Something that serves, and who makes it serve. */
export interface ServedSpec {
  readonly name: string;
  /** What really answers for it. Null: nothing does, connections are reset. */
  readonly backend: Endpoint | null;
  /** The simulator itself serves at `backend`. Null, the default: somebody else does. */
  readonly serve: "http" | "https" | null;
}

export interface InstanceSpec extends ServedSpec {
  /** UUID. */
  readonly id: string;
  /** Default `running`. */
  readonly state: string;
  /** IPv4 address. Null, the default: it has none. */
  readonly publicIp: string | null;
  /** Without it no IPv6 Elastic IP can be attached. Null, the default: it has none. */
  readonly ipv6Address?: string | null;
  /** Further fields of its description, shown as they are, e.g. `labels` and `manager`. Default none. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface ElasticIpSpec {
  /** UUID. */
  readonly id: string;
  readonly ip: string;
  readonly description: string | null;
  /** As in the Exoscale API, keys and units (seconds) included. Null: a manual Elastic IP. */
  readonly healthcheck: Readonly<Record<string, unknown>> | null;
  /** Default none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Domain name of its reverse DNS record. Null, the default: it has none. */
  readonly reverseDns?: string | null;
  /** Names or ids of instances. Default none. */
  readonly holders: readonly string[];
  /** The local port that stands for the address. Null: nothing listens for it. */
  readonly forward: Endpoint | null;
}

/**
 * Cloud 66's own pages contradict each other, so there are three wire formats:
 * `elastic-addresses`: the endpoint pages, words for `current_stack`, no `busy_toggling`;
 * `elastic-addresses-model`: the same path with the fields of the model pages;
 * `failover-groups`: the older path with the model's fields, 1 and 2 for `current_stack`.
 */
export type Dialect = "elastic-addresses" | "elastic-addresses-model" | "failover-groups";

export type Side = "primary" | "secondary";

export interface Cloud66Spec {
  /** Default `elastic-addresses`. */
  readonly dialect: Dialect;
  /** How long a flip takes. Default 1,000; 0: done when the PUT is answered. */
  readonly flipTimeMs: number;
  /** How long the forwarders follow a flip late, as clients do that have cached the name. Default 0; in reality 5 minutes. */
  readonly dnsDelayMs: number;
  /** Failover groups on one page of the list, 1–1,000. Default 30. */
  readonly pageSize: number;
  /** More than that in one hour, with all tokens together, are 503. Null, the default: no limit. In reality 3,000 for each user. */
  readonly requestsPerHour?: number | null;
  readonly tokens: readonly TokenSpec[];
  readonly stacks: readonly StackSpec[];
  readonly failoverGroups: readonly FailoverGroupSpec[];
}

export interface TokenSpec {
  readonly token: string;
  /** `public` reads; `admin` also changes. */
  readonly scope: "public" | "admin";
  /** True: this token may not edit the groups, whatever its scope. Default false. */
  readonly readonly: boolean;
}

export interface StackSpec extends ServedSpec {
  readonly uid: string;
  /** Default `<name>.example.com`. */
  readonly fqdn: string;
  /** Cloud 66's number: 1 is ok, 2 deploy failed, 6 deploying. Default 1. */
  readonly status: number;
  /** Cloud 66's number: 3 is healthy, 2 impaired, 4 failed. Default 3. */
  readonly health: number;
  /** Default false. */
  readonly maintenanceMode: boolean;
}

export interface FailoverGroupSpec {
  readonly uid: string;
  /** An IP address or a DNS name. */
  readonly address: string;
  /** Uid or name of a stack. Null: the side is empty. */
  readonly primary: string | null;
  readonly secondary: string | null;
  /** Default `primary`. */
  readonly current: Side;
  readonly forward: Endpoint | null;
}

/** @returns `127.0.0.1:9790`, `[::1]:9790`. */
export function endpointText(endpoint: Endpoint): string {
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}

/** @returns the world with every port replaced by `f(port)`; `() => 0` makes each listener take any free port. */
export function mapPorts(world: WorldSpec, f: (port: number) => number): WorldSpec {
  const at = ({ host, port }: Endpoint): Endpoint => ({ host, port: f(port) });
  const mapBackend = <T extends ServedSpec>(thing: T): T => ({
    ...thing,
    backend: thing.backend && at(thing.backend),
  });
  const mapForward = <T extends { readonly forward: Endpoint | null }>(address: T): T => ({
    ...address,
    forward: address.forward && at(address.forward),
  });
  const { exoscale, cloud66 } = world;
  return {
    ...world,
    listen: at(world.listen),
    exoscale: exoscale && {
      ...exoscale,
      instances: exoscale.instances.map(mapBackend),
      elasticIps: exoscale.elasticIps.map(mapForward),
    },
    cloud66: cloud66 && {
      ...cloud66,
      stacks: cloud66.stacks.map(mapBackend),
      failoverGroups: cloud66.failoverGroups.map(mapForward),
    },
  };
}
