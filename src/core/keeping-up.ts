/**
 * Does probing keep up with its plan? When there are more probes than a core can do, they are begun later and later, and some
 * are left out. That is said, and it is nobody's fail: a probe's own time only begins when it does.
 *
 *   state      seen                       next state
 *   keeps up   overdue, thrice in a row   behind
 *   behind     overdue                    behind
 *   behind     in time, ten in a row      keeps up
 */

/** A start that is later than this is overdue. Milliseconds; a tenth of the shortest interval of Exoscale's schema. */
const overdueMaxMs = 500;
/** One late look is a pause, not a lack. */
const looksToFall = 3;
const looksToRecover = 10;

export interface KeepingUp {
  /** Looks in a row against the present state. */
  readonly looks: number;
  /** Null: probing keeps up. */
  readonly behind: Behind | null;
}

export interface Behind {
  /** Monotonic milliseconds. */
  readonly since: number;
  /** How late the latest start was when it was last looked at. Milliseconds. */
  readonly overdueMs: number;
}

export const keepsUp: KeepingUp = { looks: 0, behind: null };

/** @param overdueMs how late the latest start since the last look was; looks are a second apart. */
export function observeOverdue(
  { looks, behind }: KeepingUp,
  { now, overdueMs }: { readonly now: number; readonly overdueMs: number },
): KeepingUp {
  const isOverdue = overdueMs >= overdueMaxMs;
  const needed = behind === null ? looksToFall : looksToRecover;
  const against = isOverdue === (behind === null) ? looks + 1 : 0;
  if (against >= needed) return { looks: 0, behind: isOverdue ? { since: now, overdueMs } : null };
  return { looks: against, behind: behind && (isOverdue ? { ...behind, overdueMs } : behind) };
}

/** @returns what an operator is told. */
export function behindText({ overdueMs }: Pick<Behind, "overdueMs">): string {
  const late = `${(overdueMs / 1_000).toFixed(1)} s`;
  return `probing falls behind: probes begin up to ${late} late, so targets are probed less often than configured, and a dead one is found later; longer intervals, fewer targets or a faster core help`;
}
