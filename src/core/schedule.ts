/**
 * When the next probe starts. Probes are paced from start to start on a fixed grid, so that neither a slow answer nor a
 * late timer adds up to a drift, and each target has a phase of its own, so that they do not all start together.
 */
import type { Pace } from "./target.ts";

/**
 * The engine makes starts and looks at deadlines together, at the multiples of this: on an event loop that is on time each comes up to
 * a tick late, and no deadline early. The timing contract counts it. Milliseconds. Each turn of an idle loop costs as much as half a
 * probe: with 5 a probe costs a fifth more CPU.
 */
export const tickMs = 10;

/**
 * @param key what tells targets apart, e.g. `web/web-a http://10.0.0.11:80/healthz`.
 * @returns the place of this target in its interval: 0 ≤ phase < intervalMs, the same for the same key for ever.
 */
export function phaseOf(key: string, intervalMs: number): number {
  // FNV-1a (32 bits) with a final mix, since the keys of neighbours differ only in their last characters.
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * intervalMs;
}

/** @returns the first instant of the grid `phase + k × interval` that is later than `after`. */
export function nextOnGrid(after: number, intervalMs: number, phaseMs: number): number {
  const next = phaseMs + (Math.floor((after - phaseMs) / intervalMs) + 1) * intervalMs;
  // Rounding may give `after` itself back; the grid point after it is then the answer.
  return next > after ? next : next + intervalMs;
}

/** What is known when a probe has ended and the next start is to be chosen. Monotonic milliseconds. */
export interface LastProbe {
  /** The instant for which the last probe was planned. */
  readonly plannedAt: number;
  /** Now: the end of the last probe. */
  readonly endedAt: number;
  /** True while a strike counts, which calls for the fast interval. */
  readonly striking: boolean;
}

/** @returns when the next probe is to start; a start that the last probe ran into is left out, never made up for. */
export function nextStart(last: LastProbe, pace: Pace, phaseMs: number): number {
  if (last.striking && pace.fastIntervalMs !== null) {
    return Math.max(last.plannedAt + pace.fastIntervalMs, last.endedAt);
  }
  return nextOnGrid(Math.max(last.plannedAt, last.endedAt), pace.intervalMs, phaseMs);
}
