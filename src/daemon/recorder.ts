/** Keeps the history of a daemon: what it does and decides as entries, what its probes see as runs, and that it was there at all. */
import type { Clock } from "./clock.ts";
import type { DaemonEvent } from "./events.ts";
import type { Past } from "./history/why.ts";
import { compileMoves } from "./journal/entry.ts";
import { allGroups, type Journal } from "./journal/journal.ts";
import { entryOf } from "./event-entry.ts";
import { ProbeRuns } from "./probe-runs.ts";

export interface RecorderParts {
  readonly clock: Clock;
  readonly journal: Journal;
  /** Of failoverd. */
  readonly version: string;
}

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #runs: ProbeRuns;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#runs = new ProbeRuns(parts);
  }

  /** The daemon begins to run. */
  start(): void {
    compileMoves();
    this.#parts.journal.append({ type: "started", group: allGroups, version: this.#parts.version });
    this.#runs.start();
  }

  /** A listener of the daemon's events, called before the daemon goes on: so an intent is on the disk before the first call. */
  take(event: DaemonEvent): void {
    const entry = entryOf(event);
    if (entry !== null) this.#parts.journal.append(entry);
    this.#runs.take(event);
  }

  /** What can be asked for of what was recorded, what is not on the disk yet included. */
  get past(): Past {
    const { journal } = this.#parts;
    return {
      page: (query) => journal.page(query),
      segments: (group, fromWallMs, toWallMs) => this.#runs.segments(group, fromWallMs, toWallMs),
      lastRunHour: (untilWallMs) => this.#runs.lastRunHour(untilWallMs),
    };
  }

  /** The daemon has ended of its own will. The journal is not closed by this. */
  stop(): void {
    this.#runs.stop();
    this.#parts.journal.append({ type: "stopped", group: allGroups, version: this.#parts.version });
  }
}
