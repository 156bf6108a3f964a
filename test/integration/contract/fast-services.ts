/**
 * What a provider is lent, with waits that are 400 times as short as they say: a minute of polling takes 150 ms, and the
 * requests in between take the time that they take.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { ProviderServices, RequestRecord } from "../../../src/providers/provider.ts";

const haste = 400;

export class FastServices implements ProviderServices {
  readonly records: RequestRecord[] = [];
  #leaptMs = 0;

  now(): number {
    return performance.now() + this.#leaptMs;
  }

  wallNow(): number {
    return Date.now();
  }

  random(): number {
    return 0.5;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const until = this.now() + ms;
    // The timers of this module stay real when those of the global scope are faked.
    await wait(ms / haste, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) this.leapTo(until);
  }

  /** Time passes, and nobody notices. */
  leapTo(instant: number): void {
    this.#leaptMs = Math.max(this.#leaptMs, instant - performance.now());
  }

  onRequest(record: RequestRecord): void {
    this.records.push(record);
  }
}
