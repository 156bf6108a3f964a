/**
 * Time that stands still while a request is under way, and else leaps to the next thing that somebody waits for: an hour of a
 * daemon with real HTTP in it takes as long as its requests take, whatever machine it runs on.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Clock } from "../../../src/daemon/clock.ts";

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

/** Turns of the event loop after the last answer, in which everybody takes note of it. */
const turnsToSettle = 4;
/** Timers this near to each other are one moment. Milliseconds. */
const momentMs = 50;

export class LeapingClock implements Clock, Disposable {
  #now = 1_000;
  readonly #wallOffset = Date.now() - this.#now;
  readonly #timers = new Set<Timer>();
  readonly #underWay = new Set<unknown>();
  readonly #begun = (message: unknown): void => void this.#underWay.add(requestOf(message));
  readonly #ended = (message: unknown): void => void this.#underWay.delete(requestOf(message));

  constructor() {
    subscribe("undici:request:create", this.#begun);
    subscribe("undici:request:trailers", this.#ended);
    subscribe("undici:request:error", this.#ended);
  }

  [Symbol.dispose](): void {
    unsubscribe("undici:request:create", this.#begun);
    unsubscribe("undici:request:trailers", this.#ended);
    unsubscribe("undici:request:error", this.#ended);
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#wallOffset + this.#now;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), fn };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets time pass until it is so. @throws when it is not so after `ms`. */
  async until(isSo: () => boolean, ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await this.#settled();
      if (isSo()) return;
      const first = Math.min(...[...this.#timers].map(({ at }) => at));
      if (first > end) throw new Error(`It did not come to that in ${ms} ms`);
      const due = [...this.#timers].filter(({ at }) => at <= first + momentMs).sort((a, b) => a.at - b.at);
      for (const timer of due) {
        if (!this.#timers.delete(timer)) continue;
        this.#now = Math.max(this.#now, timer.at);
        timer.fn();
      }
    }
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    this.after(ms, () => undefined);
    await this.until(() => this.#now >= end, ms);
  }

  /** @returns once nobody waits for an answer, and all who got one have taken note. */
  async #settled(): Promise<void> {
    for (let quiet = 0; quiet < turnsToSettle;) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.#underWay.size === 0 ? quiet + 1 : 0;
    }
  }
}

function requestOf(message: unknown): unknown {
  return typeof message === "object" && message !== null && "request" in message ? message.request : message;
}
