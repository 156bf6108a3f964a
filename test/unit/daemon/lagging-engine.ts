/** The real scheduler, whose probes and results can be made late. A watched target accepts each idle connection and keeps it. */
import type { Cause } from "../../../src/core/cause.ts";
import type { Target } from "../../../src/core/target.ts";
import { sleep, type Clock } from "../../../src/daemon/clock.ts";
import type { EngineLoad, Probed, ProbeEngine, Scheduled } from "../../../src/daemon/engine/engine.ts";
import { ProbeScheduler } from "../../../src/daemon/engine/scheduler.ts";
import type { WatchCounts } from "../../../src/daemon/engine/watches.ts";
import { promisedProber } from "./engine/promised-prober.ts";
import { resultOf } from "./results.ts";

/** From now on. Milliseconds. */
export interface Lags {
  /** How long a probe takes. */
  probesTakeMs: number;
  /** How long a result waits, between being told and being looked at, as when many come at once. */
  readsAfterMs: number;
  /** Probes run in a loop of their own, which has just been this late. Null: they do not. */
  probeLoopLateMs: number | null;
}

export class LaggingEngine implements ProbeEngine {
  readonly #clock: Clock;
  readonly #lags: Lags;
  readonly #scheduler: ProbeScheduler;

  /** @param answer how a probe ends that ends now. */
  constructor(clock: Clock, answer: (target: Target) => Cause, lags: Lags) {
    this.#clock = clock;
    this.#lags = lags;
    this.#scheduler = new ProbeScheduler({
      clock,
      openWatch: (_, listener) => ({ close: clock.after(0, () => listener.onOpen()) }),
      proberOf: promisedProber(async (target, signal) => {
        const takesMs = lags.probesTakeMs;
        if (takesMs === 0) return resultOf(answer(target));
        await sleep(clock, takesMs, signal);
        return { ...resultOf(answer(target)), durationMs: takesMs };
      }),
    });
  }

  get isApart(): boolean {
    return this.#lags.probeLoopLateMs !== null;
  }

  get loopLateMs(): number {
    return this.#lags.probeLoopLateMs ?? 0;
  }

  get watches(): WatchCounts {
    return this.#scheduler.watches;
  }

  add(key: string, target: Target, onProbed: (probed: Probed) => void): Scheduled {
    return this.#scheduler.add(key, target, (probed) => {
      const { readsAfterMs } = this.#lags;
      if (readsAfterMs === 0) onProbed(probed);
      else this.#clock.after(readsAfterMs, () => onProbed(probed));
    });
  }

  takeLoad(): EngineLoad {
    const load = { ...this.#scheduler.takeLoad(), loopLateMs: this.loopLateMs };
    if (this.isApart) this.#lags.probeLoopLateMs = 0;
    return load;
  }

  stop(): Promise<void> {
    return this.#scheduler.stop();
  }
}
