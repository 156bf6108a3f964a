/** Turns what was recovered into the facts that the planner knows: from stamps of the wall clock to monotonic instants. */
import type { Effect } from "../../core/address.ts";
import type { HistoryFacts } from "../../core/facts.ts";
import { ageMs } from "./age.ts";
import type { RestoredDrill } from "../drill-run.ts";
import type { RestoredMoves } from "../moves.ts";
import type { Recovered, RecoveredDrill } from "./journal.ts";

/** @returns what a fresh process takes over from its predecessor, in monotonic instants. */
export function restoredMoves(recovered: Recovered, now: number, wallNow: number): RestoredMoves {
  const { openMove } = recovered;
  const last = openMove?.lastStep ?? null;
  const effect: Effect = { kind: last?.effect ?? "uncertain", detail: "sent by the process before this one" };
  return {
    ...restoredHistory(recovered, now, wallNow),
    drill: restoredDrill(recovered.drill, now, wallNow),
    counted: openMove?.counted ?? false,
    sent:
      last === null || effect.kind === "rejected"
        ? []
        : [{ step: last.step, effect, at: now - ageMs(last.sentWallMs, wallNow), waitMs: 0 }],
  };
}

function restoredDrill({ open, ...stamps }: RecoveredDrill, now: number, wallNow: number): RestoredDrill {
  if (open === null) return { ...stamps, open: null };
  const { phase, home, away, holdMs, atWallMs } = open;
  const startedAt = now - ageMs(atWallMs, wallNow);
  return { ...stamps, open: { phase, home, away, startedAt, until: startedAt + holdMs } };
}

/**
 * @param now monotonic milliseconds.
 * @param wallNow milliseconds since 1970 at the same moment.
 * @returns the history with instants at or before `now`, negative ones for what is older than the monotonic clock.
 */
export function restoredHistory(
  { openMove, pastMoves, changedByHand }: Omit<Recovered, "drill">,
  now: number,
  wallNow: number,
): Pick<HistoryFacts, "moves" | "inFlight" | "changedByHand"> {
  const instant = (stampWallMs: number): number => now - ageMs(stampWallMs, wallNow);
  return {
    moves: pastMoves.map(({ atWallMs, from }) => ({ at: instant(atWallMs), from })),
    inFlight: openMove === null ? null : { ...openMove.move, startedAt: instant(openMove.startedWallMs) },
    changedByHand:
      changedByHand === null ? null : { at: instant(changedByHand.atWallMs), added: changedByHand.added },
  };
}
