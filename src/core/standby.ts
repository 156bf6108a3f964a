/** If the holder died now, would there be somebody to take the address over? Only what is seen of members counts, no rule of moving. */
import { drainedText, lastSeen } from "./eligible.ts";
import { isFresh } from "./evidence.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";

export type Standby =
  | { readonly kind: "eligible" }
  /** Nobody, and why, member by member. */
  | { readonly kind: "none"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

export function standbyOf({ members, truth, now }: Pick<GroupFacts, "members" | "truth" | "now">): Standby {
  const { reading } = truth;
  if (reading?.kind !== "known") return { kind: "unknown", why: "who holds the address is not known" };
  const others = members.filter(({ name }) => !reading.holders.includes(name));
  // All of them have it: a pool, which goes on with those that are left.
  if (others.length === 0) return { kind: "eligible" };
  const obstacles = others.map((member) => obstacleOf(member));
  const open = others.filter((_, i) => obstacles[i] === null);
  if (open.length === 0) return { kind: "none", why: obstacles.filter((text) => text !== null).join("; ") };
  // One that has just failed a probe is no less healthy for that: only strikes make a verdict.
  const isKnown = open.some((member) => member.health.health === "healthy" && isFresh(member, now));
  if (isKnown) return { kind: "eligible" };
  const names = open.map(({ name }) => name).join(", ");
  return { kind: "unknown", why: `the health of ${names} is not known` };
}

/** @returns what surely keeps the member from taking the address, or null. */
function obstacleOf(member: MemberFacts): string | null {
  if (member.drained !== null) return drainedText(member);
  return member.health.health === "unhealthy" ? `${member.name} is unhealthy${lastSeen(member)}` : null;
}
