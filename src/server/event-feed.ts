/**
 * What happens, kept for those who listen: the last of it, in memory, each event under an id by which a listener goes on where it
 * was. An id is `<start>-<n>`: when this process began, in milliseconds since 1970, and the how-manieth event of it this is. What is
 * older, or of a process before, is in the history only.
 */
import type { Clock } from "../daemon/clock.ts";
import type { DaemonEvent } from "../daemon/events.ts";
import { lineOf } from "../daemon/log.ts";

/** Single probes, looks at the provider and requests are no news. */
const isNews = {
  transition: true,
  decision: true,
  question: true,
  "move-started": true,
  "step-started": true,
  "step-ended": true,
  "move-ended": true,
  holders: true,
  verified: true,
  "brown-out": true,
  preflight: true,
  order: true,
  trust: true,
  behind: true,
  "probe-crash": true,
  maintenance: true,
  drill: true,
  healthcheck: true,
  probe: false,
  "path-probe": false,
  reading: false,
  request: false,
  traffic: false,
  // What decisions and transitions say in few words.
  situation: false,
} as const satisfies Record<DaemonEvent["type"], boolean>;

export const eventTypes: readonly string[] = Object.entries(isNews).flatMap(([type, is]) => (is ? type : []));

/** The type of an event that says what is missing before the next one. */
export const gapType = "gap";

/** What one event says to everybody. */
export interface EventData {
  /** ISO 8601, in UTC. */
  readonly time: string;
  /** As in the log. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** Null: it concerns all groups. */
  readonly group: string | null;
  /** The sentence of the log. */
  readonly text: string;
  /** And the facts in it. */
  readonly [fact: string]: unknown;
}

export interface FedEvent {
  readonly type: string;
  readonly group: string | null;
  /** As it is sent. */
  readonly frame: string;
}

/** Where a listener begins. */
export interface Beginning {
  /** Every event after this one. */
  readonly n: number;
  /** What is missing before it, in words; null: nothing. */
  readonly gap: string | null;
}

export interface FeedParts {
  readonly clock: Pick<Clock, "wallNow" | "after">;
  /** How many events are kept. Default 2,000. */
  readonly keptMax?: number;
  /** And how many bytes of them. Default 4 MiB. */
  readonly bytesMax?: number;
  /** Told of a listener that throws, which is a bug. */
  readonly onBug: (error: Error) => void;
}

export class EventFeed {
  readonly clock: FeedParts["clock"];
  readonly #parts: FeedParts;
  readonly #startedAt: number;
  readonly #kept = new Map<number, FedEvent>();
  readonly #listeners = new Set<() => void>();
  #bytes = 0;
  #newest = 0;
  #isWaking = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.#startedAt = parts.clock.wallNow();
  }

  /** Never waits, and nothing that a listener does comes back to whoever tells it. */
  take(event: DaemonEvent): void {
    if (event.type === "situation" || !isNews[event.type]) return;
    const { level, text, fields } = lineOf(event);
    const group = "group" in event ? event.group : null;
    const id = this.idOf(++this.#newest);
    const data: EventData = { time: this.#time(), level, group, text, ...fields };
    const frame = frameOf(id, event.type, data);
    this.#kept.set(this.#newest, { type: event.type, group, frame });
    this.#bytes += frame.length;
    this.#forget();
    this.#wakeSoon();
  }

  /** Of the newest event; 0: there is none yet. */
  get newest(): number {
    return this.#newest;
  }

  /** @returns null when it is not kept any more. */
  get(n: number): FedEvent | null {
    return this.#kept.get(n) ?? null;
  }

  idOf(n: number): string {
    return `${this.#startedAt}-${n}`;
  }

  /** @param after the id of the last event that is known; `oldest`: all that is kept; null: only what happens from now on. */
  beginning(after: string | null): Beginning {
    const oldest = this.#newest - this.#kept.size;
    if (after === null) return { n: this.#newest, gap: null };
    if (after === "oldest") return { n: oldest, gap: null };
    const [start, n] = after.split("-").map(Number);
    if (start !== this.#startedAt || n === undefined || n > this.#newest) {
      const text = `The daemon was started anew after event ${after}: what happened before the start is in failoverd history`;
      return { n: oldest, gap: text };
    }
    if (n >= oldest) return { n, gap: null };
    const text = `${oldest - n} events after ${after} are not kept here any more: they are in failoverd history`;
    return { n: oldest, gap: text };
  }

  /** @returns the frame that says what is missing before event `n + 1`. */
  gapFrame({ n, gap }: { readonly n: number; readonly gap: string }): string {
    return frameOf(this.idOf(n), gapType, { time: this.#time(), level: "warn", group: null, text: gap });
  }

  /** @param wake called soon after something has happened. @returns a function that ends it. */
  listen(wake: () => void): () => void {
    this.#listeners.add(wake);
    return () => this.#listeners.delete(wake);
  }

  #time(): string {
    return new Date(this.clock.wallNow()).toISOString();
  }

  #forget(): void {
    const { keptMax = 2_000, bytesMax = 4 << 20 } = this.#parts;
    for (const [n, { frame }] of this.#kept) {
      if (this.#kept.size <= keptMax && this.#bytes <= bytesMax) return;
      this.#kept.delete(n);
      this.#bytes -= frame.length;
    }
  }

  /** Once for all that happens at a time, and after it: a provider call is not to wait for those who watch. */
  #wakeSoon(): void {
    if (this.#isWaking || this.#listeners.size === 0) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      for (const wake of this.#listeners) this.#wake(wake);
    });
  }

  #wake(wake: () => void): void {
    try {
      wake();
    } catch (error) {
      this.#parts.onBug(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function frameOf(id: string, type: string, data: EventData): string {
  // Joined, which makes one text of it: of a template V8 keeps the parts, which take half as much again.
  return ["id: ", id, "\nevent: ", type, "\ndata: ", JSON.stringify(data), "\n\n"].join("");
}
