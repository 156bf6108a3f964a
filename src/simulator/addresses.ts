/** The addresses of the world that have a forwarder, and where each of them leads at any moment. */
import type { Backend } from "./backend.ts";
import type { Destination, ForwarderOptions } from "./forwarder.ts";
import type { ServedSpec } from "./spec.ts";
import type { World } from "./world.ts";

export interface ForwardedAddress extends ForwarderOptions {
  /** Address of the Elastic IP or uid of the failover group. */
  readonly key: string;
}

/** @param backends Those that the simulator serves itself: their real ports are known only here. */
export function addresses(world: World, backends: ReadonlyMap<string, Backend>): ForwardedAddress[] {
  const destination = (thing: ServedSpec | undefined): Destination[] =>
    thing === undefined
      ? []
      : [{ name: thing.name, backend: backends.get(thing.name)?.endpoint ?? thing.backend }];

  const { exoscale, cloud66 } = world;
  const elasticIps = (exoscale?.spec.elasticIps ?? []).flatMap((eip): ForwardedAddress[] =>
    eip.forward === null
      ? []
      : [
          {
            key: eip.ip,
            label: `Elastic IP ${eip.ip}`,
            listen: eip.forward,
            destinations: () =>
              exoscale?.holders(eip).flatMap((id) => destination(exoscale.instance(id))) ?? [],
          },
        ],
  );
  const groups = (cloud66?.spec.failoverGroups ?? []).flatMap(({ uid, forward }): ForwardedAddress[] =>
    forward === null
      ? []
      : [
          {
            key: uid,
            label: `failover group ${uid}`,
            listen: forward,
            destinations: () => {
              const group = cloud66?.group(uid);
              const stack = group?.[group.resolved] ?? null;
              return stack === null ? [] : destination(cloud66?.stack(stack));
            },
          },
        ],
  );
  return [...elasticIps, ...groups];
}
