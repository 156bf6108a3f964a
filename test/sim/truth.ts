/** Who has the address of one group in truth, and every change of it with its author. */
import type { Step } from "../../src/core/address.ts";
import type { SimProcess } from "./process.ts";

/** One call of a daemon that asks for a step. */
export interface StepCall {
  readonly id: number;
  readonly process: SimProcess;
  readonly group: string;
  readonly step: Step;
}

/** `late`: the work is done after the call has ended for the daemon. */
export type Author =
  | { readonly by: "daemon"; readonly call: StepCall; readonly late: boolean }
  | { readonly by: "person" | "cloud" };

export interface TruthChange {
  readonly group: string;
  /** Counts from 1; 0 is the beginning. */
  readonly version: number;
  readonly at: number;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly author: Author;
}

export interface TruthState {
  readonly at: number;
  readonly version: number;
  readonly holders: readonly string[];
  readonly foreign: readonly string[];
}

/** How far back a stale reading may look. Milliseconds. */
export const staleMaxMs = 20_000;

export class SimTruth {
  readonly group: string;
  #states: TruthState[];
  readonly #onChange: (change: TruthChange) => void;

  constructor(group: string, holders: readonly string[], onChange: (change: TruthChange) => void) {
    this.group = group;
    this.#states = [{ at: 0, version: 0, holders, foreign: [] }];
    this.#onChange = onChange;
  }

  get now(): TruthState {
    return this.#states.at(-1)!;
  }

  /** @returns the state that was true at that instant, at most as far back as a stale reading looks. */
  asOf(at: number): TruthState {
    return this.#states.findLast((state) => state.at <= at) ?? this.#states[0]!;
  }

  /** Carries out the work of a step. */
  carryOut(step: Step, at: number, author: Author): void {
    const { holders, foreign } = this.now;
    const others = holders.filter((name) => name !== step.member);
    if (step.kind === "flip") this.set([step.member], [], at, author);
    else this.set(step.kind === "attach" ? [...others, step.member] : others, foreign, at, author);
  }

  set(holders: readonly string[], foreign: readonly string[], at: number, author: Author): void {
    const before = this.now;
    const from = [...before.holders, ...before.foreign].toSorted();
    const to = [...holders, ...foreign].toSorted();
    if (from.join() === to.join()) return;
    const state = { at, version: before.version + 1, holders, foreign };
    this.#states = [...this.#states, state].filter(
      (old, i, all) => old === state || (all[i + 1]?.at ?? at) >= at - 2 * staleMaxMs,
    );
    this.#onChange({ group: this.group, version: state.version, at, from, to, author });
  }
}
