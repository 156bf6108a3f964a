/**
 * What the entries of a group say to a fresh process: a fold over them in the order of writing.
 *
 *   entry            open move                                          past moves
 *   intent           settled, then the new one                          —
 *   step             settled, goes on with this lastStep, effect null   —
 *   effect           lastStep gets it                                   —
 *   seen             lastStep is seen, unless the provider is busy      + it, once, when a step of ours shows, or may have
 *                                                                       worked before somebody moved the address on or back
 *   ended            settled, then none                                 —
 *   changed-by-hand  settled, then none: the person has the last word   —
 *   drill            as before; whether one is under way, and where
 *   order            as before; an acknowledged change by hand is forgotten
 *
 * Settling a move whose last step may have been carried out, while nobody looked, counts it. A hold-down too many is late,
 * one too few is an unneeded move.
 */
import type { Step } from "../../core/address.ts";
import { isVisible } from "../../core/move.ts";
import { pastMovesMax } from "../../core/policy.ts";
import { settledStamps } from "./age.ts";
import type { Stamped } from "./entry.ts";
import type { JournalEntry, LastStep, OpenMove, Recovered, RecoveredDrill } from "./journal.ts";

const noDrill: RecoveredDrill = { open: null, endedWallMs: null, succeededWallMs: null };

interface Open extends OpenMove {
  /** The last step takes the address off before anybody else gets it. */
  readonly takesOff: boolean;
  readonly lastStep: LastStep | null;
  /** Steps that were not rejected. */
  readonly sent: readonly Step[];
}

interface State extends Recovered {
  readonly openMove: Open | null;
}

/**
 * @param entries those of one group, in the order of writing; the older ones may be missing.
 * @param laterWallMs the first stamp after them that can be true, of whatever group, or null.
 */
export function recoverFrom(
  entries: readonly Stamped[],
  wallNow: number,
  laterWallMs: number | null = null,
): Recovered {
  const stamps = settledStamps(
    entries.map(({ atWallMs }) => atWallMs),
    wallNow,
    laterWallMs,
  );
  let state: State = { openMove: null, pastMoves: [], changedByHand: null, drill: noDrill };
  for (const [i, { entry }] of entries.entries()) state = next(state, entry, stamps[i] ?? wallNow);
  const { pastMoves, openMove } = isUnresolved(state.openMove) ? counted(state) : state;
  return {
    openMove: openMove === null ? null : publicPart(openMove),
    pastMoves: pastMoves.slice(-pastMovesMax),
    changedByHand: state.changedByHand,
    drill: state.drill,
  };
}

function next(state: State, entry: JournalEntry, at: number): State {
  const open = state.openMove;
  switch (entry.type) {
    case "intent": {
      const { trigger, why, from, to } = entry;
      const move = { trigger, why, from, to, tookOff: false };
      const fresh = { move, startedWallMs: at, counted: false, lastStep: null, takesOff: false, sent: [] };
      return { ...settled(state), openMove: fresh };
    }
    case "step": {
      // Its intent is missing: pruned, or the entry is damaged. The truth will tell.
      if (open === null) return state;
      const lastStep = { step: entry.step, sentWallMs: at, effect: null, seen: false };
      const move = { ...open.move, to: entry.to, tookOff: tookOff(open) };
      const sent = sentSteps(open);
      const before = isUnresolved(open) ? counted(state) : state;
      const counts = open.counted || before !== state;
      return {
        ...before,
        openMove: { ...open, move, counted: counts, lastStep, takesOff: entry.takesOff, sent },
      };
    }
    case "effect": {
      const sent = open?.lastStep?.step;
      if (sent?.kind !== entry.step.kind || sent.member !== entry.step.member) return state;
      return withLastStep(state, { effect: entry.effect });
    }
    case "seen": {
      if (open === null) return state;
      const shows = sentSteps(open).some((step) => isVisible(step, entry.holders));
      // Who sent the step has not lived to look. Until somebody did it may have worked, and the address may have been moved back.
      const isTooLate = entry.isFirst === true && isUnresolved(open);
      const mayHaveWorked = isTooLate || isMovedOn(open, entry.holders);
      const looked = shows ? counted(state, at) : mayHaveWorked ? counted(state) : state;
      return entry.busy === null ? withLastStep(looked, { seen: true }) : looked;
    }
    case "ended":
      return settled(state);
    case "changed-by-hand": {
      const added = entry.to.filter((name) => !entry.from.includes(name));
      return { ...settled(state), changedByHand: { atWallMs: at, added } };
    }
    case "order":
      // Whoever has taken note of a change by hand wants it left alone no longer.
      return entry.act === "acknowledge" ? { ...state, changedByHand: null } : state;
    case "drill": {
      const { phase, home, away, holdMs, outcome } = entry;
      if (phase !== "ended")
        return { ...state, drill: { ...state.drill, open: { phase, home, away, holdMs, atWallMs: at } } };
      const succeededWallMs = outcome === "completed" ? at : state.drill.succeededWallMs;
      return { ...state, drill: { open: null, endedWallMs: at, succeededWallMs } };
    }
    case "verified":
    case "transition":
    case "decision":
    case "situation":
    case "question":
    case "brown-out":
    case "preflight":
    case "healthcheck":
    case "trust":
    case "started":
    case "stopped":
      return state;
  }
}

/** The open move has come to an end. */
function settled(state: State): State {
  return { ...(isUnresolved(state.openMove) ? counted(state) : state), openMove: null };
}

/**
 * The move counts once, from the first change that it made; the default is when its last step was sent. Those of a drill do not
 * count.
 */
function counted(state: State, at = state.openMove?.lastStep?.sentWallMs ?? 0): State {
  const open = state.openMove;
  if (open === null || open.counted || open.move.trigger === "drill") return state;
  const pastMoves = [...state.pastMoves, { atWallMs: at, from: open.move.from }];
  return { ...state, openMove: { ...open, counted: true }, pastMoves };
}

/** The last step may have been carried out, and nobody has looked since. */
function isUnresolved(open: Open | null): boolean {
  const last = open?.lastStep ?? null;
  return last !== null && last.effect !== "rejected" && !last.seen;
}

/**
 * A step that may have been carried out, and then others who should have lost the address have lost it, although it does not
 * show: somebody else has moved it on, and the step may well have worked before that.
 */
function isMovedOn(open: Open, holders: readonly string[]): boolean {
  return isUnresolved(open) && open.move.from.some((name) => !holders.includes(name));
}

function withLastStep(state: State, change: Partial<LastStep>): State {
  const open = state.openMove;
  if (open === null || open.lastStep === null) return state;
  return { ...state, openMove: { ...open, lastStep: { ...open.lastStep, ...change } } };
}

/** The steps so far that may have been carried out, the last one among them. */
function sentSteps({ sent, lastStep }: Open): readonly Step[] {
  return lastStep === null || lastStep.effect === "rejected" ? sent : [...sent, lastStep.step];
}

function tookOff({ move, takesOff, lastStep }: Open): boolean {
  return move.tookOff || (takesOff && lastStep !== null && lastStep.effect !== "rejected");
}

function publicPart(open: Open): OpenMove {
  const { move, startedWallMs, counted, lastStep } = open;
  return { move: { ...move, tookOff: tookOff(open) }, startedWallMs, counted, lastStep };
}
