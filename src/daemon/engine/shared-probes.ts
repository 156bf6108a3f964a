/**
 * Members of several groups that are the same to probe are probed once, and all of them are told: a server behind ten
 * addresses is asked no more often than one behind a single one.
 */
import type { Target } from "../../core/target.ts";
import type { Probed, ProbeEngine, Scheduled } from "./engine.ts";

/** @returns true while a strike counts. */
export type Observer = (probed: Probed) => boolean;

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
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = new Shared(this.#shared, key);
      this.#shared.set(key, shared);
      shared.begin(this.#engine, target);
    }
    return shared.join(observer);
  }
}

/** One probe. There are thousands: what belongs to each is in its fields, not in functions of its own. */
class Shared {
  readonly #all: Map<string, Shared>;
  readonly #key: string;
  /** Another list whenever somebody joins or leaves. */
  #shares: readonly Share[] = [];
  #scheduled: Scheduled | null = null;

  constructor(all: Map<string, Shared>, key: string) {
    this.#all = all;
    this.#key = key;
  }

  begin(engine: ProbeEngine, target: Target): void {
    this.#scheduled = engine.add(this.#key, target, (probed) => {
      for (const share of this.#shares) share.tell(probed);
      this.tellStriking();
    });
  }

  join(observer: Observer): Scheduled {
    const share = new Share(this, observer);
    this.#shares = [...this.#shares, share];
    return share;
  }

  leave(share: Share): void {
    this.#shares = this.#shares.filter((other) => other !== share);
    if (this.#shares.length > 0 || this.#all.get(this.#key) !== this) return;
    this.#scheduled?.remove();
    this.#all.delete(this.#key);
  }

  hurry(): void {
    this.#scheduled?.hurry();
  }

  retarget(target: Target): void {
    this.#scheduled?.retarget(target);
  }

  /** A strike counts as long as it does for anyone. */
  tellStriking(): void {
    this.#scheduled?.setStriking(this.#shares.some(({ striking }) => striking));
  }
}

/** What one of those who asked for it has of a probe. */
class Share implements Scheduled {
  readonly #shared: Shared;
  readonly #observer: Observer;
  #isThere = true;
  striking = false;

  constructor(shared: Shared, observer: Observer) {
    this.#shared = shared;
    this.#observer = observer;
  }

  tell(probed: Probed): void {
    if (this.#isThere) this.striking = this.#observer(probed);
  }

  hurry(): void {
    this.#shared.hurry();
  }

  setStriking(counts: boolean): void {
    if (this.#isThere) this.striking = counts;
    this.#shared.tellStriking();
  }

  retarget(target: Target): void {
    this.#shared.retarget(target);
  }

  remove(): void {
    this.#isThere = false;
    this.#shared.leave(this);
  }
}
