/**
 * What the contract needs of a kind of provider, so that the same questions can be asked of each: a world that it moves an address
 * in, and the ways in which that world can go wrong. Add a kind to `kinds.ts`, and it has to keep the whole contract.
 */
import type { Reading, Step } from "../../../src/core/address.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import type { FastServices } from "./fast-services.ts";

/** How something goes wrong; only the kind's own world knows what it means. */
export interface Trouble {
  readonly kind: string;
}

export type Named = readonly [name: string, trouble: Trouble];

/** A step, what it is called in the world, and the holders before and after it. */
export interface StepCase {
  readonly step: Step;
  readonly operation: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Every way to go wrong that the contract has something to say of. */
export interface Troubles {
  /** Everything that is not the answer to a question; nothing is done. */
  readonly reading: readonly Named[];
  /** Trouble that, once, is an answer to that operation after all. */
  readonly answers: (name: string, operation: string) => boolean;
  /** The step is surely not done, and `said` is in the detail. */
  readonly refused: readonly (readonly [name: string, trouble: Trouble, said: string])[];
  /** Whether the step is done is not said; it is not. */
  readonly undone: readonly Named[];
  /** Never any answer. */
  readonly hang: Trouble;
  /** Done, and no answer. */
  readonly lostReply: Trouble;
  /** What goes wrong with `follow` while a step is done. */
  readonly following: readonly Named[];
  /** The world takes the step on and then fails. */
  readonly failing: Trouble;
  /** The world takes the step on and never ends. */
  readonly stuck: Trouble;
}

export interface Kind {
  readonly name: string;
  readonly steps: readonly StepCase[];
  /** The steps from the last of `steps` to the first again. */
  readonly back: readonly Step[];
  /** Steps that this kind does not know. */
  readonly unsupported: readonly Step[];
  /** The operations of a reading. */
  readonly reads: readonly string[];
  /** The operation by which a step is followed to its end. */
  readonly follow: string;
  readonly troubles: Troubles;
  /** `rejected` where the world says that a step has failed. */
  readonly failedStep: "rejected" | "uncertain";
  /** A step begins with a question, so nothing is sent while nothing answers. */
  readonly looksFirst: boolean;
  /** Aborting may end the step itself, and not only the waiting for it. */
  readonly abortStops: boolean;
  /** A step without an end is waited for on a timer of its own. */
  readonly stuckHangs: boolean;
  /** The world itself says that it is at work, also when that has no end. */
  readonly endlesslyBusy: boolean;
  readonly foreign: {
    readonly holders: readonly string[];
    readonly members: readonly string[];
    readonly named: string;
  };
  /** What makes every call fail before anything is asked. */
  readonly unfit: {
    /** To complete "… make the reading unknown". */
    readonly title: string;
    readonly said: RegExp;
    readonly fix: RegExp;
    /** Must be in no text. */
    readonly secret: RegExp;
  };
  start(options?: Options): Promise<Subject>;
}

export interface Options {
  /** Default: those before the first step. */
  readonly holders?: readonly string[];
  /** Names of the members that the provider knows. Default: all but the foreign one. */
  readonly members?: readonly string[];
  /** See `Kind.unfit`. */
  readonly isUnfit?: boolean;
}

/** One world, and the provider that is bound to its address. */
export interface Subject extends AsyncDisposable {
  readonly provider: Provider;
  readonly services: FastServices;
  /** Who holds the address in the world's own record, sorted. */
  readonly holders: readonly string[];
  /** As a person does it, by hand. */
  setHolders(names: readonly string[]): void;
  /** How many requests have arrived. */
  readonly asked: number;
  /** How many of them were to change something. */
  readonly changesAsked: number;
  /** How often the record has changed since the start, other than by hand. */
  readonly changes: number;
  /** From now on this operation, or `*`, goes wrong like that, and nothing else does. */
  breaks(operation: string, trouble: Trouble, times?: number | "always"): void;
  /** From now on nothing goes wrong. */
  mends(): void;
  /** Calls `listener` after every request, before its answer leaves. */
  onRequest(listener: () => void): void;
  /** Calls `action` once, when the operation has been asked for, and before its answer leaves. */
  once(operation: string, action: () => void): void;
  /** Calls `listener` when a request is known to be one that no answer will come to. */
  onHang(listener: () => void): void;
}

export const never: AbortSignal = new AbortController().signal;

/** A reading of these holders, by an idle provider. */
export function heldBy(names: readonly string[]): Reading {
  return { kind: "known", holders: [...names].sort(), foreign: [], busy: null };
}

/** Reads until the provider is neither busy nor blind. @returns all readings, the last one by an idle provider. */
export async function settled({ provider, services }: Subject): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (let tried = 1; tried <= 100; tried++) {
    const reading = await provider.read(never);
    readings.push(reading);
    if (reading.kind === "known" && reading.busy === null) return readings;
    await services.sleep(2_000, never);
    // Whatever the world had under way is over by now; the provider still waits for what never arrived.
    if (tried > 5) services.leapTo(services.now() + 18_000);
  }
  throw new Error(`The provider does not settle: ${JSON.stringify(readings.at(-1))}`);
}
