/** The running world as JSON, with the keys of the world file. Keys, secrets and tokens are left out. */
import type { Backend } from "./backend.ts";
import type { FailoverGroup } from "./cloud66-state.ts";
import type { ExoscaleState } from "./exoscale-state.ts";
import type { Fault } from "./faults.ts";
import type { World } from "./world.ts";

export function worldView(world: World, backends: ReadonlyMap<string, Backend>): unknown {
  const { exoscale, otherZones, cloud66 } = world;
  return {
    exoscale: exoscale && {
      ...zoneView(exoscale),
      ...(otherZones.length > 0 && { "other-zones": otherZones.map(zoneView) }),
    },
    cloud66: cloud66 && {
      dialect: cloud66.spec.dialect,
      "failover-groups": cloud66.groups().map(groupView),
    },
    backends: [...backends.values()].map(backendView),
    faults: world.faults.faults.map(faultView),
    requests: world.requests.entries,
  };
}

function zoneView(state: ExoscaleState): Readonly<Record<string, unknown>> {
  return {
    zone: state.spec.zone,
    instances: state.spec.instances.map(({ id, name, state: instanceState }) => ({
      id,
      name,
      state: instanceState,
      "elastic-ips": state
        .elasticIps()
        .filter(({ holders }) => holders.includes(id))
        .map(({ ip }) => ip),
    })),
    "elastic-ips": state.elasticIps().map((eip) => ({
      id: eip.id,
      ip: eip.ip,
      description: eip.description,
      healthcheck: eip.healthcheck,
      labels: eip.labels,
      "reverse-dns": eip.domainName,
      holders: eip.holders.map((id) => state.instance(id)?.name ?? id),
    })),
    operations: state.operations,
  };
}

export function groupView({
  uid,
  address,
  primary,
  secondary,
  current,
  busy,
  resolved,
}: FailoverGroup): unknown {
  return { uid, address, primary, secondary, current, busy, resolved };
}

export function backendView({ name, scheme, endpoint, state }: Backend): unknown {
  return { name, url: `${scheme}://${endpoint.host}:${endpoint.port}`, state };
}

/** @returns the fault as it is written in a fault script. */
export function faultView({ operation, times, effect }: Fault): unknown {
  const line = { operation, times };
  switch (effect.kind) {
    case "status":
      return {
        ...line,
        status: effect.status,
        body: effect.body,
        ...(effect.retryAfterS !== null && { "retry-after": `${effect.retryAfterS}s` }),
        ...(effect.location !== undefined && { location: effect.location }),
      };
    case "latency":
      return { ...line, latency: `${effect.ms}ms` };
    case "operation-state":
      return {
        ...line,
        "operation-state": effect.state,
        ...(effect.reason !== null && { reason: effect.reason }),
        ...(effect.message !== null && { message: effect.message }),
        ...(effect.atOnce === true && { "at-once": true }),
      };
    case "clock-skew":
      return { ...line, "clock-skew": `${effect.ms}ms` };
    case "garble":
      return { ...line, garble: effect.as };
    case "lose-reply":
    case "drop":
    case "hang":
    case "stuck":
    case "stale-read":
      return { ...line, [effect.kind]: true };
  }
}
