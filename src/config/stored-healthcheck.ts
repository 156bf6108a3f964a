/**
 * Members that are probed by the healthcheck which the provider stores with the address. The config says so and no more; with
 * the object that was read it becomes one in which every target is known, and nobody who probes or decides sees a difference.
 */
import type { Healthcheck, Target } from "../core/target.ts";
import { fromElasticIp, type GroupConfig, type MemberConfig } from "./config.ts";

/** A member of which is known how it is probed. */
export interface ProbedMember extends MemberConfig {
  readonly target: Target;
}

export function isProbed(member: MemberConfig): member is ProbedMember {
  return member.target.mode !== fromElasticIp;
}

/** @returns true when a member of the group, as its config has it, is probed by the healthcheck that is stored with the address. */
export function usesStored({ members }: Pick<GroupConfig, "members">): boolean {
  return !members.every(isProbed);
}

/** @param check null: it has not been read. @returns the group with all that is known of its targets. */
export function withStored(group: GroupConfig, check: Healthcheck | null): GroupConfig {
  if (check === null || !usesStored(group)) return group;
  const members = group.members.map((member) =>
    isProbed(member) ? member : { ...member, target: { ...check, host: member.target.host } },
  );
  return { ...group, members };
}

/** @returns why the group cannot be probed by this healthcheck although the provider accepts it, or null. */
export function misfitOf({ path }: Pick<GroupConfig, "path">, check: Healthcheck): string | null {
  return check.mode === "tcp" && path !== null && path.identity !== null
    ? "its mode is tcp, and verify.identity of the group needs http or https"
    : null;
}
