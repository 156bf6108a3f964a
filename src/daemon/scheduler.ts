/**
 * Starts probes on time. Every target has its own place on a fixed grid and its own timer, so no target waits for
 * another, and a probe never overlaps itself: the next start is chosen when the last one has ended.
 */
import type { ProbeResult } from "../core/probe-result.ts";
import { nextOnGrid, nextStart, phaseOf } from "../core/schedule.ts";
import type { Pace } from "../core/target.ts";
import type { Clock } from "./clock.ts";

export interface ScheduledProbe {
  /** Tells targets apart and places them in their interval; the same after every restart. */
  readonly key: string;
  readonly target: Pace;
  /** One attempt. Never rejects. */
  run(): Promise<ProbeResult>;
  /**
   * Takes the result.
   *
   * @param latenessMs how much later than planned the probe started.
   * @returns true while a strike counts, which calls for the fast interval.
   */
  onResult(result: ProbeResult, latenessMs: number): boolean;
}

/** A probe that is started again and again. */
export interface Scheduled {
  /** The next one starts at once, unless one is under way. */
  hurry(): void;
  /** No further one starts, and what one under way sees counts no more. */
  remove(): void;
}

export class ProbeScheduler {
  readonly #clock: Clock;
  readonly #cancels = new Map<ScheduledProbe, () => void>();
  readonly #running = new Set<Promise<void>>();
  readonly #removed = new WeakSet<ScheduledProbe>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(probe: ScheduledProbe): Scheduled {
    const phaseMs = phaseOf(probe.key, probe.target.intervalMs);
    this.#startAt(probe, phaseMs, nextOnGrid(this.#clock.now(), probe.target.intervalMs, phaseMs));
    return {
      hurry: () => {
        if (this.#cancel(probe)) this.#startAt(probe, phaseMs, this.#clock.now());
      },
      remove: () => {
        this.#removed.add(probe);
        this.#cancel(probe);
      },
    };
  }

  /** Starts no further probe. @returns when those under way have ended; their runner bounds and aborts them. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    await Promise.all(this.#running);
  }

  /** @returns true when a start was planned. */
  #cancel(probe: ScheduledProbe): boolean {
    this.#cancels.get(probe)?.();
    return this.#cancels.delete(probe);
  }

  #startAt(probe: ScheduledProbe, phaseMs: number, plannedAt: number): void {
    const start = (): void => {
      this.#cancels.delete(probe);
      const running = this.#run(probe, phaseMs, plannedAt).finally(() => this.#running.delete(running));
      this.#running.add(running);
    };
    this.#cancels.set(probe, this.#clock.after(plannedAt - this.#clock.now(), start));
  }

  async #run(probe: ScheduledProbe, phaseMs: number, plannedAt: number): Promise<void> {
    const latenessMs = Math.max(0, this.#clock.now() - plannedAt);
    const result = await probe.run();
    if (this.#stopped || this.#removed.has(probe)) return;
    const striking = probe.onResult(result, latenessMs);
    const last = { plannedAt, endedAt: this.#clock.now(), striking };
    this.#startAt(probe, phaseMs, nextStart(last, probe.target, phaseMs));
  }
}
