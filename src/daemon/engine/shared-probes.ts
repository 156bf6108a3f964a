/**
 * Members of several groups that are the same to probe are probed once, and all of them are told: a server behind ten
 * addresses is asked no more often than one behind a single one.
 */
import type { Target } from "../../core/target.ts";
import type { Probed, ProbeEngine, Scheduled } from "./engine.ts";

/** @returns true while a strike counts. */
export type Observer = (probed: Probed) => boolean;

interface Shared {
  readonly scheduled: Scheduled;
  readonly observers: Map<Observer, { striking: boolean }>;
}

export class SharedProbes {
  readonly #engine: ProbeEngine;
  readonly #shared = new Map<string, Shared>();

  constructor(engine: ProbeEngine) {
    this.#engine = engine;
  }

  /** How many targets are probed. */
  get size(): number {
    return this.#shared.size;
  }

  /** @param key what is the same for those that share a probe. */
  add(key: string, target: Target, observer: Observer): Scheduled {
    const shared = this.#shared.get(key) ?? this.#begin(key, target);
    shared.observers.set(observer, { striking: false });
    return {
      ...shared.scheduled,
      strike: (counts) => this.#strike(shared, observer, counts),
      remove: () => this.#leave(key, shared, observer),
    };
  }

  #begin(key: string, target: Target): Shared {
    const observers: Shared["observers"] = new Map();
    const scheduled = this.#engine.add(key, target, (probed) => {
      for (const [observer, state] of observers) state.striking = observer(probed);
      scheduled.strike(isStriking(shared));
    });
    const shared = { scheduled, observers };
    this.#shared.set(key, shared);
    return shared;
  }

  #strike(shared: Shared, observer: Observer, counts: boolean): void {
    const state = shared.observers.get(observer);
    if (state !== undefined) state.striking = counts;
    shared.scheduled.strike(isStriking(shared));
  }

  #leave(key: string, shared: Shared, observer: Observer): void {
    shared.observers.delete(observer);
    if (shared.observers.size > 0 || this.#shared.get(key) !== shared) return;
    shared.scheduled.remove();
    this.#shared.delete(key);
  }
}

function isStriking({ observers }: Shared): boolean {
  for (const { striking } of observers.values()) if (striking) return true;
  return false;
}
