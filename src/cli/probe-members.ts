/** One probe of each member from here, as the daemon would make it. */
import type { ProbeResult } from "../core/probe-result.ts";
import type { MemberConfig } from "../config/config.ts";
import { isProbed } from "../config/stored-healthcheck.ts";
import { systemClock } from "../daemon/clock.ts";
import { probe } from "../probes/probe.ts";
import { createResolver } from "../probes/resolve.ts";

export interface MemberProbe {
  readonly member: string;
  readonly result: ProbeResult;
}

/** @returns in the order of the members, without those of which is not known how; each ends within its own timeout. */
export function probeMembers(members: readonly MemberConfig[]): Promise<readonly MemberProbe[]> {
  const signal = new AbortController().signal;
  const services = { now: () => systemClock.now(), resolve: createResolver(), signal };
  return Promise.all(
    members
      .filter(isProbed)
      .map(async ({ name, target }) => ({ member: name, result: await probe(target, services) })),
  );
}
