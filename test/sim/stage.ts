/** What every part of the world shares: time, the record, and whether faults still happen. */
import type { SimClock } from "./clock.ts";
import type { FaultKind, FaultRates } from "./faults.ts";
import type { Witness } from "./witness.ts";
import type { History } from "./history.ts";
import type { SimProcess } from "./process.ts";
import type { Random } from "./random.ts";

export class Stage {
  readonly clock: SimClock;
  readonly history: History;
  readonly #rates: FaultRates;
  /** From now on nothing goes wrong any more. */
  calm = false;
  /** Who listens to the processes and looks at them now and then. */
  readonly witness: Witness | null;
  /** Called at each point at which a process touches something outside of it; the process may be killed there. */
  onTouch: ((process: SimProcess, what: string) => void) | null = null;

  constructor(clock: SimClock, history: History, rates: FaultRates, witness: Witness | null = null) {
    this.clock = clock;
    this.history = history;
    this.#rates = rates;
    this.witness = witness;
  }

  enabled(kind: FaultKind): boolean {
    return this.#rates.has(kind);
  }

  /** @returns true when a call shall suffer this fault. */
  strikes(kind: FaultKind, random: Random): boolean {
    const rate = this.#rates.get(kind);
    return rate !== undefined && !this.calm && random.chance(rate);
  }

  /** Brings a fault about again and again, at random with the seed's mean time between two. */
  every(kind: FaultKind, random: Random, happen: () => void): void {
    const meanMs = this.#rates.get(kind);
    if (meanMs === undefined) return;
    const next = (): void => {
      this.clock.in(random.wait(meanMs), () => {
        if (this.calm) return;
        happen();
        next();
      });
    };
    next();
  }
}
