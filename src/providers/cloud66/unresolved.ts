/**
 * Remembers the one flip whose end we did not see, and tells for each reading whether Cloud 66 may still be at work on it. Bounded:
 * a flip that never shows must not stop all moves for ever.
 */
import type { ProviderServices } from "../provider.ts";
import { lookOf, type FlipEnd, type FlipOrder } from "./flip.ts";
import type { FailoverGroup } from "./wire.ts";

interface Remembered {
  readonly order: FlipOrder;
  readonly certainty: NonNullable<FlipEnd["unresolved"]>;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/** After this an accepted flip that has not ended is left to itself. Milliseconds. */
const acceptedMs = 900_000;
/** A flip without an answer, and nothing to be seen of it for so long, was not received. Milliseconds. */
const sentMs = 60_000;

export class UnresolvedFlip {
  readonly #services: ProviderServices;
  #flip: Remembered | null = null;
  #givenUp: string | null = null;

  constructor(services: ProviderServices) {
    this.#services = services;
  }

  /** The last flip that we stopped waiting for, in words, or null. */
  get givenUp(): string | null {
    return this.#givenUp;
  }

  /** @param certainty null: the flip came to its end. */
  remember(order: FlipOrder, certainty: FlipEnd["unresolved"]): void {
    this.#flip = certainty === null ? null : { order, certainty, since: this.#services.now() };
    this.#givenUp = null;
  }

  /** @param group as it was read, not busy. @returns why Cloud 66 must not be given a step now, or null. */
  busyAfter(group: FailoverGroup): string | null {
    const flip = this.#flip;
    if (flip === null) return null;
    const sinceMs = this.#services.now() - flip.since;
    if (lookOf(group, flip.order) === "wanted" || (flip.certainty === "sent" && sinceMs >= sentMs)) {
      this.#flip = null;
      return null;
    }
    const what = `a flip to ${flip.order.role} that was ${flip.certainty}`;
    if (sinceMs < acceptedMs) {
      return `${what} cannot be seen yet, ${Math.round(sinceMs / 1_000)} s after we stopped following it`;
    }
    this.#givenUp = `${what} could not be seen in ${acceptedMs / 60_000} min, it is no longer waited for`;
    this.#flip = null;
    return null;
  }
}
