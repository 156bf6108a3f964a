/**
 * Virtual time in whole milliseconds: a queue of events, taken in order of time and, within an instant, in order of
 * arrival. Between two events everything that promises still have to do is done, so nothing depends on the real clock.
 * Most events touch no promise, and then there is nothing to wait for.
 */
import { promiseHooks } from "node:v8";

export interface Entry {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;
}

/** So many events go by between two turns of Node's own event loop. */
const eventsPerTurn = 5_000;

export class SimClock {
  #now = 0;
  #order = 0;
  readonly #heap: Entry[] = [];
  /** Events run so far. */
  events = 0;

  get now(): number {
    return this.#now;
  }

  /** Runs `run` once, `delayMs` from now, rounded up to whole milliseconds. Set `run` of the entry to null to cancel. */
  in(delayMs: number, run: () => void): Entry {
    const entry: Entry = { at: this.#now + Math.max(0, Math.ceil(delayMs)), order: this.#order++, run };
    this.#push(entry);
    return entry;
  }

  /**
   * Lets time pass until `end`.
   *
   * @param after called after each event and all that promises made of it.
   */
  async runUntil(end: number, after: () => void): Promise<void> {
    watchPromises();
    await settle();
    promised = false;
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#pop();
      if (next.run === null) continue;
      this.#now = next.at;
      this.events += 1;
      const { run } = next;
      next.run = null;
      run();
      if (this.events % eventsPerTurn === 0) await turn();
      else if (promised) await settle();
      // What is promised from here on is done after the next event.
      promised = false;
      after();
    }
    this.#now = end;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (isBefore(heap[parent]!, entry)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (isBefore(last, heap[child]!)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** A promise of this thread was made or settled since all that promises had to do was done: only that can have left more to do. */
let promised = false;
let watched = false;

/** For as long as the thread lives, since to begin and end it costs more than it does. */
function watchPromises(): void {
  if (watched) return;
  watched = true;
  const note = (): void => {
    promised = true;
  };
  promiseHooks.createHook({ init: note, settled: note });
}

/**
 * Everything that promises still have to do: Node empties their queue before it comes to the next tick, and that costs no
 * turn of its event loop.
 */
function settle(): Promise<void> {
  return new Promise(resolveSoon);
}

function resolveSoon(resolve: () => void): void {
  process.nextTick(resolve);
}

/** The same, and whoever else shares this thread gets a turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
