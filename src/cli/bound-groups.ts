/** The groups of a config, bound to their providers for as long as one command asks. */
import type { Config } from "../config/config.ts";
import { bindGroups } from "../daemon/bind.ts";
import { systemClock } from "../daemon/clock.ts";
import type { BoundGroup } from "../daemon/group.ts";

/** @returns what `ask` says of each group, in their order; the connections are closed whatever comes of it. */
export async function askGroups<T>(
  config: Config,
  ask: (group: BoundGroup) => Promise<T>,
): Promise<readonly T[]> {
  const bound = bindGroups(config, { clock: systemClock, random: Math.random, onRequest: () => undefined });
  try {
    return await Promise.all(bound.groups.map(ask));
  } finally {
    await bound.close();
  }
}
