/**
 * The near end of the protocol: an engine whose probes run in a thread of their own, so that a scrape, a large answer of the API
 * or a collection of garbage makes no probe late.
 *
 * It begins with the first target, so that who has none, or cannot even start, has no thread that keeps the process alive.
 *
 * A thread that dies or falls silent is begun anew with the targets that there are. What its probes had not told yet counts as
 * nothing: no strike is added or cleared, and what was known of the members grows old meanwhile.
 */
import { Worker } from "node:worker_threads";
import { errorText } from "../../core/error-text.ts";
import { backoffMs } from "../../core/backoff.ts";
import type { Target } from "../../core/target.ts";
import { addHints, noHints } from "../../core/watch-hint.ts";
import type { Clock } from "../clock.ts";
import { Backlog } from "./backlog.ts";
import type { EngineLoad, Probed, ProbeEngine, Scheduled } from "./engine.ts";
import { beatMs } from "./probe-host.ts";
import type { WorkerSettings } from "./probe-worker.ts";
import { readRows, type Batch, type Command, type Report, type Words } from "./thread-protocol.ts";
import { noWatches, type WatchCounts } from "./watches.ts";

/** A thread that has said nothing for this long is given up. Milliseconds: ten beats, more than any pause of a healthy one. */
const silenceMaxMs = 10 * beatMs;

/** How long one that stops may take. Milliseconds; the probes under way are given up, so it should take one turn of its loop. */
const stopMaxMs = 1_000;

/** Between the end of one thread and the beginning of the next. */
const restartBackoff = { baseMs: 500, maxMs: 30_000 } as const;

/** A thread that has lived this long begins no row of restarts. Milliseconds. */
const steadyMs = 60_000;

/** Results are read for about this long in one turn of the loop, which has other things to do, and longer when they wait. Milliseconds. */
const readMaxMs = 10;

export interface ThreadParts {
  readonly clock: Clock;
  readonly settings: WorkerSettings;
  /** Told why a thread has ended when it should not have, and in how many milliseconds the next one begins. */
  readonly onCrash: (why: string, restartInMs: number) => void;
  /** Begins a thread. Default: the probe thread. */
  readonly begin?: (settings: WorkerSettings) => Worker;
}

interface Held {
  readonly key: string;
  readonly onProbed: (probed: Probed) => void;
  target: Target;
  generation: number;
  striking: boolean;
  words: Words | undefined;
}

export class ProbeThread implements ProbeEngine {
  readonly isApart = true;
  readonly #parts: ThreadParts;
  readonly #held = new Map<number, Held>();
  readonly #unread: Backlog<Batch>;
  #worker: Worker | null = null;
  #isBegun = false;
  #nextId = 0;
  #beganAt = 0;
  #heardAt = 0;
  #crashes = 0;
  #why = "";
  #loopLateMs = 0;
  #overdueMs = 0;
  /** As the present thread has it. */
  #watches = noWatches;
  /** Of the threads before it. */
  #hintsBefore = noHints;
  #onStopped: (() => void) | null = null;
  #cancel: () => void = () => undefined;

  constructor(parts: ThreadParts) {
    this.#parts = parts;
    this.#unread = new Backlog({
      clock: parts.clock,
      turnMs: readMaxMs,
      handle: (batch, heardAt) => this.#read(batch, heardAt),
      nextTurn: setImmediate,
    });
  }

  add(key: string, target: Target, onProbed: (probed: Probed) => void): Scheduled {
    const id = this.#nextId++;
    const held: Held = { key, onProbed, target, generation: 0, striking: false, words: undefined };
    this.#held.set(id, held);
    if (this.#isBegun) this.#send({ kind: "add", id, key, target });
    else this.#begin();
    return {
      hurry: () => this.#send({ kind: "hurry", id }),
      setStriking: (counts) => {
        if (held.striking === counts) return;
        held.striking = counts;
        const { fastIntervalMs, watch } = held.target;
        if (fastIntervalMs !== null || watch) this.#send({ kind: "strike", id, counts });
      },
      retarget: (next) => {
        held.target = next;
        held.generation += 1;
        this.#send({ kind: "retarget", id, target: next });
      },
      remove: () => {
        if (this.#held.delete(id)) this.#send({ kind: "remove", id });
      },
    };
  }

  get watches(): WatchCounts {
    let watched = 0;
    for (const { target } of this.#held.values()) if (target.watch) watched += 1;
    const { open, hints } = this.#watches;
    return { watched, open, hints: addHints(this.#hintsBefore, hints) };
  }

  get loopLateMs(): number {
    return this.#loopLateMs;
  }

  takeLoad(): EngineLoad {
    const heardAgoMs = this.#isBegun ? this.#parts.clock.now() - this.#heardAt : 0;
    const silentMs = Math.max(0, heardAgoMs - 2 * beatMs);
    const load = { loopLateMs: this.#loopLateMs, overdueMs: Math.max(this.#overdueMs, silentMs) };
    this.#loopLateMs = this.#overdueMs = 0;
    return load;
  }

  stop(): Promise<void> {
    this.#cancel();
    const worker = this.#worker;
    if (worker === null) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(stopMaxMs, () => void worker.terminate());
      this.#onStopped = () => {
        cancel();
        resolve();
      };
      this.#send({ kind: "stop" });
    });
  }

  #begin(): void {
    const { clock, settings, begin = beginWorker } = this.#parts;
    const worker = begin(settings);
    this.#isBegun = true;
    this.#worker = worker;
    this.#beganAt = this.#heardAt = clock.now();
    this.#why = "";
    worker.on("message", (report: Report) => this.#take(report));
    worker.on("error", (error) => {
      this.#why = errorText(error);
    });
    worker.on("exit", (code) => this.#ended(code));
    for (const [id, held] of this.#held) {
      const { key, target, striking } = held;
      held.generation = 0;
      held.words = undefined;
      this.#send({ kind: "add", id, key, target });
      if (striking) this.#send({ kind: "strike", id, counts: true });
    }
    this.#listen();
  }

  /** Looks from time to time whether the thread has been heard. */
  #listen(): void {
    const { clock } = this.#parts;
    const lookAt = clock.now() + beatMs;
    this.#cancel = clock.after(beatMs, () => {
      const now = clock.now();
      // When this thread was late itself, what the other one has said may still wait to be read.
      const isLate = now - lookAt > beatMs;
      if (!isLate && now - this.#heardAt > silenceMaxMs) {
        this.#why = `it said nothing for ${Math.round((now - this.#heardAt) / 1_000)} s`;
        void this.#worker?.terminate();
      } else this.#listen();
    });
  }

  #take(report: Report): void {
    this.#heardAt = this.#parts.clock.now();
    switch (report.kind) {
      case "results":
        this.#unread.add(report);
        return;
      case "beat":
        this.#loopLateMs = Math.max(this.#loopLateMs, report.loopLateMs);
        this.#overdueMs = Math.max(this.#overdueMs, report.overdueMs);
        this.#watches = report.watches;
        return;
      case "stopped":
        void this.#worker?.terminate();
    }
  }

  #read(batch: Batch, heardAt: number): void {
    readRows(
      batch,
      (id) => this.#held.get(id)?.words,
      ({ id, generation, latenessMs, result }, words) => {
        const held = this.#held.get(id);
        if (held === undefined || this.#onStopped !== null) return;
        held.words = words;
        held.onProbed({ result, latenessMs, heardAt, isOld: generation !== held.generation });
      },
    );
    this.#send({ kind: "read" });
  }

  #ended(code: number): void {
    this.#worker = null;
    this.#unread.clear();
    this.#hintsBefore = addHints(this.#hintsBefore, this.#watches.hints);
    this.#watches = noWatches;
    this.#cancel();
    if (this.#onStopped !== null) {
      this.#onStopped();
      return;
    }
    const { clock, onCrash } = this.#parts;
    this.#crashes = clock.now() - this.#beganAt >= steadyMs ? 1 : this.#crashes + 1;
    const restartInMs = backoffMs(this.#crashes, restartBackoff, 1);
    onCrash(this.#why === "" ? `it ended with code ${code}` : this.#why, restartInMs);
    this.#cancel = clock.after(restartInMs, () => this.#begin());
  }

  #send(command: Command): void {
    this.#worker?.postMessage(command);
  }
}

function beginWorker(settings: WorkerSettings): Worker {
  // In a checkout Node runs the source itself; a release has it compiled.
  const file = import.meta.url.endsWith(".ts") ? "./probe-worker.ts" : "./probe-worker.js";
  return new Worker(new URL(file, import.meta.url), { workerData: settings, name: "probes" });
}
