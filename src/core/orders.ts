/**
 * What people have told us to do or to leave. An order holds until it expires or is taken back; it never moves an address by
 * itself, it only changes what the planner may do.
 *
 *   pause    no automatic move: of one group, or of all
 *   drain    the member may keep the address, not receive it
 *   force    the health of the member is what the person says, whatever its probes see
 */
import type { MemberFacts } from "./facts.ts";

/** Who, why and for how long. */
export interface Order {
  /** The person or the program that gave it. */
  readonly by: string;
  readonly reason: string;
  /** Monotonic milliseconds. */
  readonly since: number;
  /** When it ends by itself, monotonic milliseconds. Null: only a person ends it. */
  readonly until: number | null;
}

/** A health that is pinned by a person. */
export interface Force extends Order {
  readonly health: "healthy" | "unhealthy";
}

/** The longest that a pause or a force may last, in milliseconds (30 days): what is forgotten must end by itself. */
export const orderMaxMs: number = 30 * 86_400_000;

/** @returns true while the order holds. */
export function standing({ until }: Order, now: number): boolean {
  return until === null || now < until;
}

/** @returns e.g. `ann: kernel upgrade`. */
export function orderText({ by, reason }: Order): string {
  return `${by}: ${reason}`;
}

/**
 * @returns the member with the health that a person has pinned. A person's word is proof, and it does not grow old; nor does a
 *   rule beside the strikes gainsay it.
 */
export function withForce(member: MemberFacts, now: number): MemberFacts {
  const { forced } = member;
  if (forced === null) return member;
  const cause = forced.health === "healthy" ? "ok" : (member.evidence?.cause ?? "ok");
  return {
    ...member,
    health: { health: forced.health, since: forced.since, strikes: null },
    evidence: { at: now, cause },
    recoveredAt: null,
    brownOut: null,
  };
}
