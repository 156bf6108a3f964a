/**
 * One listener's server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). It takes from the feed at
 * the pace at which it is read, so a slow reader costs no memory beyond one full buffer: it falls behind in the feed. Who reads
 * nothing for a while, or falls behind more than the feed keeps, is cut off, and goes on with the id that it has.
 */
import { Readable } from "node:stream";
import type { Beginning, EventFeed, FedEvent } from "../event-feed.ts";

export interface Wanted {
  /** The id of the last event that is known, `oldest`, or null: from now on. */
  readonly after: string | null;
  /** Null: all. What concerns all groups concerns this one. */
  readonly group: string | null;
  /** Null: all. */
  readonly types: readonly string[] | null;
  /** False: it ends with what is kept. */
  readonly follow: boolean;
}

/** So long a listener waits before it connects again. Milliseconds. */
const retryMs = 2_000;
/** The longest silence: what is between may end a connection that is quiet, and a listener may tell that it is dead. Milliseconds. */
const silenceMs = 15_000;
/** Who takes nothing for so long is cut off. Milliseconds. */
const stuckMs = 30_000;

/** What is taken from the feed before it is read, beside one event. Bytes. */
const bufferBytes = 16_384;

export class EventStream extends Readable {
  readonly #feed: EventFeed;
  readonly #wanted: Wanted;
  readonly #unlisten: () => void;
  /** The last event that was passed on, or passed over. */
  #n: number;
  #isRead = false;
  #isFinished = false;
  #opening: string;
  #cancelAlive: () => void;
  #cancelCut = (): void => undefined;

  constructor(feed: EventFeed, wanted: Wanted) {
    super({ highWaterMark: bufferBytes });
    this.#feed = feed;
    this.#wanted = wanted;
    const beginning = feed.beginning(wanted.after);
    this.#n = beginning.n;
    this.#opening = openingOf(feed, beginning);
    this.#unlisten = feed.listen(() => this.#pump());
    this.#cancelAlive = feed.clock.after(silenceMs, () => this.#stayAlive());
  }

  finish(): void {
    if (this.#isFinished || this.destroyed) return;
    this.#pump();
    this.#end();
  }

  override _read(): void {
    this.#cancelCut();
    this.#isRead = true;
    this.#pump();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#unlisten();
    this.#cancelAlive();
    this.#cancelCut();
    done(error);
  }

  #pump(): void {
    if (this.#isFinished || this.destroyed) return;
    if (this.#isRead && this.#opening !== "") {
      const opening = this.#opening;
      this.#opening = "";
      this.#send(opening);
    }
    while (this.#isRead && this.#n < this.#feed.newest) {
      const event = this.#feed.get(this.#n + 1);
      if (event === null) {
        this.destroy();
        return;
      }
      this.#n += 1;
      if (this.#wants(event)) this.#send(event.frame);
    }
    if (this.#isRead && !this.#wanted.follow) this.#end();
  }

  #wants({ type, group }: FedEvent): boolean {
    const { group: only, types } = this.#wanted;
    return (only === null || group === null || group === only) && (types === null || types.includes(type));
  }

  #send(frame: string): void {
    if (this.push(frame)) return;
    this.#isRead = false;
    this.#cancelCut();
    this.#cancelCut = this.#feed.clock.after(stuckMs, () => this.destroy());
  }

  /** It also tells how far the listener is, for whom there may have been nothing for a long time. */
  #stayAlive(): void {
    this.#cancelAlive = this.#feed.clock.after(silenceMs, () => this.#stayAlive());
    if (this.#isRead) this.#send(markOf(this.#feed.idOf(this.#n)));
  }

  #end(): void {
    this.#isFinished = true;
    this.push(null);
  }
}

function openingOf(feed: EventFeed, { n, gap }: Beginning): string {
  const opening = `retry: ${retryMs}\n${markOf(feed.idOf(n))}`;
  return gap === null ? opening : `${opening}${feed.gapFrame({ n, gap })}`;
}

/** No event, and yet an id to go on from; the comment says it too, since few clients hand on an id without an event. */
function markOf(id: string): string {
  return `: at ${id}\nid: ${id}\n\n`;
}
