/**
 * A maintenance window: somebody works on the members at this time, so what is seen of them is no reason to move by itself. The
 * group probes and records as always.
 *
 *   what is due                              mode hold         mode approve
 *   an automatic move                        is left           waits for a person
 *   a move that has begun before             goes on           goes on
 *   an address that a move of ours took off  is put somewhere  is put somewhere
 *   a move that a person asks for            is made           is made
 *
 * A pause stops a move under way before its next step, since a person says "stop" then and there. A window is known beforehand
 * and says nothing of the move that happens to be under way; half-way is worse than either end of it.
 */
import type { GroupFacts } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { hold, type Hold } from "./hold.ts";

/** The window that is open now. */
export interface Maintenance {
  /** `hold`: no automatic move begins. `approve`: none begins without a person. */
  readonly mode: "hold" | "approve";
  /** Which one, e.g. `0 3 * * SUN, Europe/Zurich, for 1h`. */
  readonly text: string;
  /** When it ends, monotonic milliseconds. */
  readonly until: number;
}

/** Asked before an automatic move begins. @returns null when it may. */
export function inMaintenance(goal: Goal, { maintenance }: GroupFacts): Hold | null {
  if (maintenance?.mode !== "hold") return null;
  const why = `in the maintenance window (${maintenance.text}), so nothing is moved, although ${goal.why}`;
  return hold("maintenance", why, maintenance.until);
}
