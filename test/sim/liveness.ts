/**
 * After the faults: every member is up or dead for good, the cloud answers, nobody interferes. Within a bound the holders
 * are what the policy wants, and stay so.
 */
import type { Random } from "./random.ts";
import type { SimConfig } from "./setup.ts";
import type { SimGroup } from "./world.ts";

const minute = 60_000;

/** A hold-down grows to this many times its configured length. */
const holdDownGrowth = 12;

/** So long everything must stay as it is wanted. */
export const quietMs: number = 10 * minute;

/** Fixes the health of all members: mostly some are up, now and then none is. */
export function settleMembers(groups: readonly SimGroup[], random: Random): void {
  for (const { members } of groups) {
    const kind = random.next();
    const upShare = kind < 0.15 ? 0 : kind < 0.3 ? 1 : 0.6;
    for (const member of members) {
      const up = !member.deleted && random.chance(upShare);
      member.settle(up ? "up" : "dead");
    }
  }
}

/**
 * The limit may be used up for its whole window, the hold-down and what a person did last for theirs; then a failback
 * waits for unbroken health and for the hold-down again. Maintenance windows and a drill may come in between. The rest is
 * detection, repeats and a move's own deadline.
 */
export function boundMs({ config }: SimGroup): number {
  const { holdDownMs, failbackAfterMs, limit } = config.policy;
  const { maintenance, drill } = config.calendar;
  const windowsMs = maintenance.reduce((sum, { forMs }) => sum + forMs, 0);
  const drillMs = drill === null ? 0 : drill.holdMs + 20 * minute;
  return (
    windowsMs +
    drillMs +
    limit.windowMs +
    2 * holdDownGrowth * holdDownMs +
    2 * (failbackAfterMs ?? 0) +
    30 * minute +
    quietMs
  );
}

/** Members that have left the config are strangers to it. */
function whoIsWho(
  { members }: SimConfig,
  has: readonly string[],
): { readonly names: readonly string[]; readonly strangers: number } {
  const names = members.map(({ name }) => name);
  return { names, strangers: has.filter((name) => !names.includes(name)).length };
}

/** @returns null when the holders are what the policy wants, else what is wrong. */
export function unwanted(group: SimGroup): string | null {
  const { config, members, truth } = group;
  const { policy } = config;
  const { holders, foreign } = truth.now;
  const { names, strangers } = whoIsWho(config, [...holders, ...foreign]);
  const up = names.filter((name) =>
    members.some((member) => member.name === name && member.service === "up"),
  );
  // Shadow mode moves nothing, a stranger is left alone, and with nobody up no place is better.
  if (policy.mode === "shadow" || strangers > 0 || up.length === 0) return null;
  const has = holders.toSorted().join("+") || "nobody";
  if (policy.holders === "all-healthy") {
    const wanted = up.toSorted().join("+");
    return has === wanted ? null : `${has} instead of ${wanted}`;
  }
  if (holders.length !== 1) return `${has} instead of one of ${up.join(", ")}`;
  if (!up.includes(holders[0]!)) return `${has}, which is dead, instead of one of ${up.join(", ")}`;
  const failback = policy.failbackAfterMs !== null;
  return failback && holders[0] !== up[0] ? `${has} instead of ${up[0]}, which is preferred` : null;
}
