/** A world without network and without waiting: the clock moves only when somebody sleeps. */
import type { Failure, FailureCause, Result } from "../../../src/providers/failure.ts";
import type { ExoscaleClient } from "../../../src/providers/exoscale/client.ts";
import type { ElasticIp, Instance, Operation } from "../../../src/providers/exoscale/wire.ts";
import type { ProviderServices, RequestRecord } from "../../../src/providers/provider.ts";

export interface FakeServices extends ProviderServices {
  readonly records: RequestRecord[];
  readonly slept: number[];
  /** Moves the clock. */
  leap(ms: number): void;
}

export function fakeServices(): FakeServices {
  let now = 1_000;
  const records: RequestRecord[] = [];
  const slept: number[] = [];
  return {
    records,
    slept,
    leap: (ms) => void (now += ms),
    now: () => now,
    wallNow: () => 1_800_000_000_000 + now,
    random: () => 0.5,
    sleep: (ms, signal) => {
      if (!signal.aborted) {
        slept.push(ms);
        now += ms;
      }
      return Promise.resolve();
    },
    onRequest: (record) => void records.push(record),
  };
}

export const never: AbortSignal = new AbortController().signal;

export function ok<T>(value: T): Result<T> {
  return { kind: "ok", value, serverWallMs: null };
}

export function failed(
  cause: FailureCause,
  executed: Failure["executed"] = "no",
  detail = "the detail",
): Result<never> {
  return { kind: "failed", failure: { cause, executed, detail, serverWallMs: null, requestId: null } };
}

export const ids = {
  elasticIp: "9237ef31-854f-4143-b015-5eb714a76f72",
  a: "0b12cb6b-7e3e-4c0e-9e10-000000000001",
  b: "0b12cb6b-7e3e-4c0e-9e10-000000000002",
  foreign: "0b12cb6b-7e3e-4c0e-9e10-00000000000f",
  operation: "5a0b1c2d-7e3e-4c0e-9e10-1e5d8a7c4b2a",
} as const;

/** The Elastic IP 198.51.100.7, manual. */
export function elasticIp(fields: Partial<ElasticIp> = {}): ElasticIp {
  return {
    id: ids.elasticIp,
    ip: "198.51.100.7",
    cidr: null,
    managed: false,
    healthcheck: null,
    addressFamily: "inet4",
    description: null,
    labels: {},
    ...fields,
  };
}

/** A running instance without Elastic IPs. */
export function instance(id: string, fields: Partial<Instance> = {}): Instance {
  return {
    id,
    name: null,
    state: "running",
    publicIp: null,
    ipv6Address: null,
    labels: {},
    createdAt: null,
    elasticIps: [],
    ...fields,
  };
}

export function operation(state: string, fields: Partial<Operation> = {}): Operation {
  return { id: ids.operation, state, reason: null, message: null, reference: null, ...fields };
}

/** An Exoscale with one Elastic IP. `holders` says which instances have it; every call can be replaced. */
export function fakeExoscale(holders: Set<string>, calls: Partial<ExoscaleClient> = {}): ExoscaleClient {
  const unexpected = () => Promise.reject(new Error("Nobody was expected to ask this"));
  return {
    listElasticIps: () => Promise.resolve(ok([elasticIp()])),
    getElasticIp: () => Promise.resolve(ok(elasticIp())),
    getInstance: (id) => {
      const elasticIps = holders.has(id) ? [{ id: ids.elasticIp, ip: null }] : [];
      return Promise.resolve(ok(instance(id, { elasticIps })));
    },
    listInstancesByIp: () => Promise.resolve(ok([...holders])),
    listInstanceIds: () => Promise.resolve(ok([...holders])),
    async findCandidates(ip, budget) {
      const found = await this.listInstancesByIp(ip, budget);
      return found.kind === "failed" ? found : { ...found, value: { ids: found.value, isWholeZone: false } };
    },
    attach: (_, id) => {
      holders.add(id);
      return Promise.resolve(ok(operation("success")));
    },
    detach: (_, id) => {
      holders.delete(id);
      return Promise.resolve(ok(operation("success")));
    },
    getOperation: () => Promise.resolve(failed("not-found")),
    createElasticIp: unexpected,
    updateElasticIp: unexpected,
    deleteElasticIp: unexpected,
    resetElasticIpField: unexpected,
    listInstances: unexpected,
    listZones: unexpected,
    close: () => Promise.resolve(),
    ...calls,
  };
}

export const members: readonly { name: string; instance: string }[] = [
  { name: "web-a", instance: ids.a },
  { name: "web-b", instance: ids.b },
];
