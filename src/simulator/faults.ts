/**
 * The fault script: what goes wrong, at which operation, how often. It comes from the world file and can be replaced
 * while the simulation runs.
 *
 * Faults act at one of three layers, and at each layer the first fault of the list that matches is taken, so that a slow
 * answer (transport) can go with an operation that ends in failure (mutation).
 *
 * | layer     | effects                                    | matches                         |
 * |-----------|--------------------------------------------|---------------------------------|
 * | transport | status, lose-reply, drop, latency, hang    | any request to the operation    |
 * | mutation  | operation-state, stuck                     | an attach, detach or flip begun |
 * | read      | stale-read                                 | a get or list that is answered  |
 */
import type { OperationName } from "./operations.ts";

/** One line of the script. */
export interface Fault {
  /** `*`: every operation that the effect can act on. */
  readonly operation: OperationName | "*";
  /** How many requests it hits before it is used up, 1–1,000,000. Default 1. */
  readonly times: number | "always";
  readonly effect: FaultEffect;
}

export type FaultEffect = TransportEffect | MutationEffect | ReadEffect;

export type TransportEffect =
  /** Answered with this status, nothing is done. `retryAfterS`: the header in seconds, null: none. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfterS: number | null;
      readonly body: FaultBody;
    }
  /** The request is carried out and the connection is destroyed instead of the answer. */
  | { readonly kind: "lose-reply" }
  /** The connection is destroyed and nothing is done. */
  | { readonly kind: "drop" }
  /** The request is carried out and answered that much later, even when the client has gone meanwhile. */
  | { readonly kind: "latency"; readonly ms: number }
  /** Nothing is done and nothing is ever answered; the connection stays open. */
  | { readonly kind: "hang" };

export type MutationEffect =
  /** Accepted, pending, and then ended in this state with nothing changed. At Cloud 66: the flip ends where it began. */
  | {
      readonly kind: "operation-state";
      readonly state: "failure" | "timeout";
      readonly reason: string;
      readonly message: string | null;
    }
  /** Accepted and pending for ever. At Cloud 66: `busy_toggling` for ever. */
  | { readonly kind: "stuck" };

/** The answer shows the world as it was before its last change. */
export type ReadEffect = { readonly kind: "stale-read" };

/**
 * What comes with a fault status: the cloud's own error JSON, a gateway's HTML page, JSON that ends in the middle, nothing,
 * or Cloud 66's `{"response":{"ok":false}}`.
 */
export type FaultBody = "json" | "html" | "truncated" | "empty" | "not-ok";

export function isTransport(effect: FaultEffect): effect is TransportEffect {
  return !isMutation(effect) && !isRead(effect);
}

export function isMutation(effect: FaultEffect): effect is MutationEffect {
  return effect.kind === "operation-state" || effect.kind === "stuck";
}

export function isRead(effect: FaultEffect): effect is ReadEffect {
  return effect.kind === "stale-read";
}

export class FaultScript {
  #entries: { readonly fault: Fault; left: number }[] = [];

  constructor(faults: readonly Fault[]) {
    this.replace(faults);
  }

  /** The faults that are left; one that is used up is gone. */
  get faults(): readonly Fault[] {
    return this.#entries.map(({ fault, left }) => ({
      ...fault,
      times: left === Number.POSITIVE_INFINITY ? "always" : left,
    }));
  }

  replace(faults: readonly Fault[]): void {
    this.#entries = faults.map((fault) => ({
      fault,
      left: fault.times === "always" ? Number.POSITIVE_INFINITY : fault.times,
    }));
  }

  /**
   * @param operation Null: an unknown route.
   * @param inLayer `isTransport`, `isMutation` or `isRead`.
   * @returns the first effect of this layer for the operation, which is counted as used, or null.
   */
  take<E extends FaultEffect>(
    operation: OperationName | null,
    inLayer: (effect: FaultEffect) => effect is E,
  ): E | null {
    for (const [index, entry] of this.#entries.entries()) {
      const { effect, operation: wanted } = entry.fault;
      if (!inLayer(effect) || (wanted !== "*" && wanted !== operation)) continue;
      entry.left -= 1;
      if (entry.left === 0) this.#entries.splice(index, 1);
      return effect;
    }
    return null;
  }
}
