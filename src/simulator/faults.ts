/**
 * The fault script: what goes wrong, at which operation, how often. It comes from the world file and can be replaced
 * while the simulation runs.
 *
 * Faults act at one of five layers, and at each layer the first fault of the list that matches is taken, so that a slow
 * answer (transport) can go with an operation that ends in failure (mutation).
 *
 * | layer     | effects                                 | matches                                                |
 * |-----------|-----------------------------------------|--------------------------------------------------------|
 * | clock     | clock-skew                              | any request                                            |
 * | transport | status, lose-reply, drop, latency, hang | any request to the operation                           |
 * | mutation  | operation-state, stuck                  | an operation or flip that begins                       |
 * | read      | stale-read                              | a get or list of Elastic IPs, instances, groups        |
 * | reply     | garble                                  | an answer of the API itself, after the work is done    |
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

export type FaultEffect = ClockEffect | TransportEffect | MutationEffect | ReadEffect | ReplyEffect;

/** The cloud's clock, which checks expiries and writes the Date header, is that far ahead; negative: behind. */
export interface ClockEffect {
  readonly kind: "clock-skew";
  readonly ms: number;
}

export type TransportEffect =
  /** Answered with this status, nothing is done. `retryAfterS`: the header in seconds, null: none. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfterS: number | null;
      readonly body: FaultBody;
      /** Where a redirect leads. Default: no such header. */
      readonly location?: string | undefined;
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
  /**
   * Accepted, pending, and then ended in this state: with nothing changed, unless it is `success`. At Cloud 66: the flip
   * ends where it began.
   */
  | {
      readonly kind: "operation-state";
      readonly state: "success" | "failure" | "timeout";
      /** Null only for success. */
      readonly reason: string | null;
      readonly message: string | null;
      /** The first answer is already the end. Default false. */
      readonly atOnce?: boolean | undefined;
    }
  /** Accepted and pending for ever. At Cloud 66: `busy_toggling` for ever. */
  | { readonly kind: "stuck"; readonly atOnce?: never };

/** The answer shows the world as it was before its last change. */
export interface ReadEffect {
  readonly kind: "stale-read";
}

/** The request is carried out, and the answer keeps its status but arrives like that. */
export interface ReplyEffect {
  readonly kind: "garble";
  readonly as: Garbled;
}

/**
 * JSON that ends in the middle, the same but with fewer bytes than its Content-Length, an HTML page, the right JSON as
 * `text/plain`, nothing, or the right JSON after 100 MB of white space.
 */
export const garbledKinds = ["truncated", "cut-off", "html", "wrong-type", "empty", "huge"] as const;
export type Garbled = (typeof garbledKinds)[number];

/**
 * What comes with a fault status: the cloud's own error JSON, the same with a list of `errors`, RFC 9457 problem details,
 * Exoscale's `{"error","retry_after"}`, a gateway's HTML page, JSON that ends in the middle, nothing, 100 MB, or Cloud 66's
 * `{"response":{"ok":false}}`.
 */
export const faultBodies = [
  "json",
  "errors",
  "problem",
  "rate-limited",
  "html",
  "truncated",
  "empty",
  "huge",
  "not-ok",
] as const;
export type FaultBody = (typeof faultBodies)[number];

export function isClock(effect: FaultEffect): effect is ClockEffect {
  return effect.kind === "clock-skew";
}

export function isTransport(effect: FaultEffect): effect is TransportEffect {
  return !isClock(effect) && !isMutation(effect) && !isRead(effect) && !isReply(effect);
}

export function isMutation(effect: FaultEffect): effect is MutationEffect {
  return effect.kind === "operation-state" || effect.kind === "stuck";
}

function isRead(effect: FaultEffect): effect is ReadEffect {
  return effect.kind === "stale-read";
}

export function isReply(effect: FaultEffect): effect is ReplyEffect {
  return effect.kind === "garble";
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
   * @param inLayer `isClock`, `isTransport`, `isMutation` or `isReply`.
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

  /** @returns which truth this reading shows: `before` when there is a stale read for it, which is counted as used. */
  view(operation: OperationName): "now" | "before" {
    return this.take(operation, isRead) === null ? "now" : "before";
  }
}
