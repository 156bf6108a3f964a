/**
 * The far end of the protocol: runs the scheduler with real probes and reports what it sees. It knows nothing of threads, only of
 * commands and reports.
 */
import { tickMs } from "../../core/schedule.ts";
import type { Target } from "../../core/target.ts";
import type { Clock } from "../clock.ts";
import type { Probed, Scheduled } from "./engine.ts";
import { ProbeScheduler, type Prober } from "./scheduler.ts";
import { countRows, RowWriter, type Beat, type Command, type Report, type Words } from "./thread-protocol.ts";
import { Unread } from "./unread.ts";
import type { OpenWatch } from "./watches.ts";

/** From beat to beat. Milliseconds. */
export const beatMs = 1_000;

/**
 * A pass that is no news waits at most this long for others to go with: waking the other thread costs more than the probe. Milliseconds.
 */
const batchMs = 100;

/** Results that were sent and not read, 14 MB of them, while whoever reads stands still. */
const unreadMaxDefault = 131_072;

/**
 * A thread whose probes begin this late although it goes first wants more than its core: whoever shares that must not be starved. Milliseconds.
 */
const firstOverdueMaxMs = 500;

export interface HostParts {
  readonly clock: Clock;
  readonly proberOf: (target: Target) => Prober;
  readonly openWatch: OpenWatch;
  /** May take the numbers of the report away. */
  readonly send: (report: Report) => void;
  /** While more results than this were sent and not read, no probe begins. Default 131,072. */
  readonly unreadMax?: number;
  /** Told whether this thread is to go before others: from the start on, except while its probes begin late. */
  readonly goFirst?: (isFirst: boolean) => void;
}

interface Hosted {
  readonly scheduled: Scheduled;
  /** What was last said of it in words. */
  words: Words | undefined;
  /** How often its target was changed. */
  generation: number;
  /** Somebody waits for the next result, even for a pass: nothing else is known yet, or the last one was none. */
  isAwaited: boolean;
}

export class ProbeHost {
  readonly #parts: HostParts;
  readonly #scheduler: ProbeScheduler;
  readonly #hosted = new Map<number, Hosted>();
  readonly #writer = new RowWriter();
  readonly #unread: Unread;
  #cancelSend: () => void = () => undefined;
  /** After how long what is collected is sent. Milliseconds; infinite: nothing is. */
  #sendInMs = Infinity;
  #cancelBeat: () => void = () => undefined;
  #lastBeatAt: number;
  #overdueMs = 0;
  #isFirst = true;

  constructor(parts: HostParts) {
    this.#parts = parts;
    const { clock, proberOf, openWatch, unreadMax = unreadMaxDefault } = parts;
    this.#unread = new Unread(unreadMax);
    this.#scheduler = new ProbeScheduler({ clock, proberOf, openWatch, tickMs });
    this.#lastBeatAt = clock.now();
    this.#planBeat();
    parts.goFirst?.(true);
  }

  take(command: Command): void {
    switch (command.kind) {
      case "add":
        this.#add(command.id, command.key, command.target);
        return;
      case "retarget": {
        const hosted = this.#hosted.get(command.id);
        if (hosted === undefined) return;
        hosted.generation += 1;
        hosted.isAwaited = true;
        hosted.scheduled.retarget(command.target);
        return;
      }
      case "strike":
        this.#hosted.get(command.id)?.scheduled.setStriking(command.counts);
        return;
      case "hurry": {
        const hosted = this.#hosted.get(command.id);
        if (hosted === undefined) return;
        hosted.isAwaited = true;
        hosted.scheduled.hurry();
        return;
      }
      case "remove":
        this.#hosted.get(command.id)?.scheduled.remove();
        this.#hosted.delete(command.id);
        return;
      case "read":
        this.#unread.read(this.#parts.clock.now());
        this.#pace();
        return;
      case "stop":
        void this.#stop();
    }
  }

  #add(id: number, key: string, target: Target): void {
    const scheduled = this.#scheduler.add(key, target, (probed) => this.#report(id, probed));
    this.#hosted.set(id, { scheduled, words: undefined, generation: 0, isAwaited: true });
  }

  #report(id: number, { result, latenessMs, isOld }: Probed): void {
    const hosted = this.#hosted.get(id);
    if (hosted === undefined) return;
    const generation = isOld ? -1 : hosted.generation;
    hosted.words = this.#writer.add({ id, generation, latenessMs, result }, hosted.words);
    this.#overdueMs = Math.max(this.#overdueMs, latenessMs);
    const isPass = result.outcome === "pass";
    const isNews = !isPass || hosted.isAwaited;
    hosted.isAwaited = !isPass || (isOld && hosted.isAwaited);
    // News goes as soon as this turn of the loop is over.
    if (this.#writer.isFull) this.#send();
    else this.#sendIn(isNews ? 0 : untilTick(this.#parts.clock.now()));
  }

  /** At the latest; what is to be sent sooner already stays so. */
  #sendIn(delayMs: number): void {
    if (delayMs >= this.#sendInMs) return;
    this.#cancelSend();
    this.#sendInMs = delayMs;
    this.#cancelSend = this.#parts.clock.after(delayMs, () => this.#send());
  }

  #send(): void {
    this.#cancelSend();
    this.#sendInMs = Infinity;
    if (this.#writer.isEmpty) return;
    const batch = this.#writer.take();
    // Before it is sent: its numbers go over to the other thread.
    this.#unread.send(countRows(batch), this.#parts.clock.now());
    this.#parts.send({ kind: "results", ...batch });
    this.#pace();
  }

  #pace(): void {
    if (this.#unread.mustWait) this.#scheduler.hold();
    else this.#scheduler.release();
  }

  #planBeat(): void {
    this.#cancelBeat = this.#parts.clock.after(beatMs, () => {
      this.#parts.send({ kind: "beat", ...this.#beat() });
      this.#planBeat();
    });
  }

  #beat(): Beat {
    const now = this.#parts.clock.now();
    const loopLateMs = Math.max(0, now - this.#lastBeatAt - beatMs);
    const overdueMs = Math.max(this.#overdueMs, this.#scheduler.overdueMs);
    this.#lastBeatAt = now;
    this.#overdueMs = 0;
    this.#goFirst(overdueMs <= firstOverdueMaxMs);
    return { loopLateMs, overdueMs, watches: this.#scheduler.watches };
  }

  #goFirst(isFirst: boolean): void {
    if (isFirst === this.#isFirst) return;
    this.#isFirst = isFirst;
    this.#parts.goFirst?.(isFirst);
  }

  async #stop(): Promise<void> {
    this.#cancelBeat();
    await this.#scheduler.stop();
    this.#send();
    this.#parts.send({ kind: "stopped" });
  }
}

/** @returns how long until the last tick at which this thread wakes anyway, so that it need not wake once more to send. Milliseconds. */
function untilTick(now: number): number {
  return Math.floor((now + batchMs) / tickMs) * tickMs - now;
}
