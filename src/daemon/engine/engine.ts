/**
 * What the daemon asks of whatever probes for it, be it in this thread or in another: targets come and go, and what is
 * seen of each comes back, again and again.
 */
import type { ProbeResult } from "../../core/probe-result.ts";
import type { Target } from "../../core/target.ts";
import type { WatchCounts } from "./watches.ts";

/** One probe that has ended. */
export interface Probed {
  readonly result: ProbeResult;
  /** How much later than planned it was begun: our own delay, not the target's. Milliseconds, ≥ 0. */
  readonly latenessMs: number;
  /** When it was told to this thread, whose clock that is; it may have waited since. Milliseconds. */
  readonly heardAt: number;
  /** It was begun before the target was last changed: what it saw is of the one before. */
  readonly isOld: boolean;
}

/** A target that is probed again and again. */
export interface Scheduled {
  /** The next probe starts at once, unless one is under way. */
  hurry(): void;
  /** A strike counts, or does no more: that calls for the fast interval, if the target has one. */
  setStriking(counts: boolean): void;
  /** From the next probe on this is probed, at the same pace. A probe under way ends as an old one. */
  retarget(target: Target): void;
  /** No further one starts, and what one under way sees counts no more. */
  remove(): void;
}

/** How well probing keeps up. Milliseconds, at worst since it was last asked. */
export interface EngineLoad {
  /** How late the event loop was in which the probes run; 0 when that is the caller's own. */
  readonly loopLateMs: number;
  /** How late the most overdue start was. */
  readonly overdueMs: number;
}

export interface ProbeEngine {
  /** Probes have an event loop of their own, so what keeps the caller's busy makes none late. */
  readonly isApart: boolean;
  /**
   * Probes `target` from now on.
   *
   * @param key places the target in its interval, the same after every restart, and tells it from others.
   * @param onProbed must not throw.
   */
  add(key: string, target: Target, onProbed: (probed: Probed) => void): Scheduled;
  takeLoad(): EngineLoad;
  /** As `takeLoad` would tell it, and it will still do so. */
  readonly loopLateMs: number;
  /** How it stands with the targets that are watched; up to a second old. */
  readonly watches: WatchCounts;
  /** Starts no further probe and gives up those under way. @returns when none of them runs any more. */
  stop(): Promise<void>;
}
