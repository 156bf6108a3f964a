/** A clock that stands still until it is told to go on; a day passes in as long as its work takes. */
import type { Clock } from "../../../src/daemon/clock.ts";

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

export class VirtualClock implements Clock {
  #now = 1_000;
  #timers: Timer[] = [];
  #wallOffset = 1_800_000_000_000;

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#wallOffset + this.#now;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Lets `ms` pass: every timer that falls due runs at its own instant, and all that follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
      await settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** What runs now takes this long; nothing else runs meanwhile. */
  work(ms: number): void {
    this.#now += ms;
  }

  /** Somebody sets the wall clock, or NTP steps it. */
  stepWall(ms: number): void {
    this.#wallOffset += ms;
  }

  /** The machine was busy or suspended: time has passed and no timer ran; those that are due run late. */
  async stall(ms: number): Promise<void> {
    this.work(ms);
    await this.advance(0);
  }
}

/** Everything that promises still have to do. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
