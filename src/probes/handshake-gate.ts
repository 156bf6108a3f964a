/**
 * How many TLS handshakes may be under way at once, and whose turn is next.
 *
 * A full handshake costs one to two milliseconds of this thread. A thousand that begin together would all be slow, and
 * the time that they take would be our own. So only a few are under way, and the others wait outside, first come,
 * first served: their clock has not started yet. Since a probe never overlaps itself, that is also fair among targets.
 *
 * A place is for those who need this thread. Whoever holds one for five ticks waits for its target and gives it up, so
 * that dead targets do not keep out the living. That is counted in ticks of the loop and not in milliseconds: on a
 * machine that is too slow, ticks come late, and a place is kept as long as it is needed.
 */
import { deadlineWheel, type DeadlineWheel } from "./deadline-wheel.ts";

/** Their handshakes together take some 25 ms of one core: that long, at most, one of them waits for the others. */
const placeCount = 16;

/** 50 ms on a loop that is on time. With 16 places, 320 dead targets a second do not delay anybody. */
const ticksMax = 5;

/** Who asks for a place. */
export interface GateEntry {
  /** Called once for each `enter`, possibly before that returns. */
  onAdmitted(): void;
}

export class HandshakeGate {
  /** In the order of their coming. */
  readonly #waiting = new Set<GateEntry>();
  /** With the tick at which they came in, in that order. */
  readonly #inside = new Map<GateEntry, number>();
  #ticks = 0;

  constructor(wheel: Pick<DeadlineWheel, "eachTick">) {
    wheel.eachTick(() => this.#tick());
  }

  /** Must be followed by `leave` before it enters again. */
  enter(entry: GateEntry): void {
    if (this.#inside.size < placeCount) this.#admit(entry);
    else this.#waiting.add(entry);
  }

  /** Its handshake is over, or it does not want to wait any longer. Does nothing when it is not here (any more). */
  leave(entry: GateEntry): void {
    if (this.#inside.delete(entry)) this.#admitNext();
    else this.#waiting.delete(entry);
  }

  #admit(entry: GateEntry): void {
    this.#inside.set(entry, this.#ticks);
    entry.onAdmitted();
  }

  #admitNext(): void {
    const next = this.#waiting.values().next();
    if (next.done === true) return;
    this.#waiting.delete(next.value);
    this.#admit(next.value);
  }

  #tick(): void {
    this.#ticks += 1;
    for (const [entry, since] of this.#inside) {
      if (this.#ticks - since < ticksMax) return;
      this.leave(entry);
    }
  }
}

/** The one of this thread. */
export const handshakeGate: HandshakeGate = new HandshakeGate(deadlineWheel);
