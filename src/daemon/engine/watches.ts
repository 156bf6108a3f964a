/** All watches of an engine: how many hints a second are followed, and what became of them. */
import { noHints, type HintCounts, type HintOutcome } from "../../core/watch-hint.ts";
import type { Target } from "../../core/target.ts";
import type { WatchConnection, WatchListener } from "../../probes/watch-connection.ts";
import type { Clock } from "../clock.ts";
import { Watch } from "./watch.ts";

/**
 * Hints that are followed within a second, over all targets. A host with many targets may die at once, and each should be looked at;
 * when our own network resets everything, a hundred probes more are a small part of what a core can do.
 */
export const hintsPerSecondMax = 100;

/** Opens the idle connection of a watch. Neither function of the listener is called before this returns. */
export type OpenWatch = (target: Target, listener: WatchListener) => WatchConnection;

/** How it stands with the targets that are watched. */
export interface WatchCounts {
  readonly watched: number;
  /** Of these, the connections that are open. */
  readonly open: number;
  /** Since the engine began. */
  readonly hints: HintCounts;
}

export const noWatches: WatchCounts = { watched: 0, open: 0, hints: noHints };

export class Watches {
  readonly #clock: Clock;
  readonly #open: OpenWatch;
  readonly #watches = new Set<Watch>();
  readonly #hints = { ...noHints };
  #secondBeganAt = -Infinity;
  #inSecond = 0;

  constructor(clock: Clock, open: OpenWatch) {
    this.#clock = clock;
    this.#open = open;
  }

  get counts(): WatchCounts {
    let open = 0;
    for (const watch of this.#watches) if (watch.isOpen) open += 1;
    return { watched: this.#watches.size, open, hints: { ...this.#hints } };
  }

  /**
   * Watches `target` once a probe of it has passed.
   *
   * @param spread 0 ≤ x < 1, another for each target.
   * @param onHint called for a hint that is to be followed.
   */
  add(target: Target, spread: number, onHint: () => void): Watch {
    const watch = new Watch({
      clock: this.#clock,
      intervalMs: target.intervalMs,
      spread,
      open: (listener) => this.#open(target, listener),
      onHint: () => {
        if (this.#admits()) onHint();
        else this.count("limited");
      },
    });
    this.#watches.add(watch);
    return watch;
  }

  remove(watch: Watch): void {
    watch.close();
    this.#watches.delete(watch);
  }

  /** Closes all of them for good. */
  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches.clear();
  }

  /** A hint has come to its end. */
  count(outcome: HintOutcome): void {
    this.#hints[outcome] += 1;
  }

  #admits(): boolean {
    const now = this.#clock.now();
    if (now - this.#secondBeganAt >= 1_000) {
      this.#secondBeganAt = now;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    return this.#inSecond <= hintsPerSecondMax;
  }
}
