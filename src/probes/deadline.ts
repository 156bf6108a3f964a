/**
 * The one absolute deadline of a probe. It knows nothing of protocols, so no state of a protocol can outlive it.
 *
 * What it does know is whether a passed deadline says anything of the target. When the timer fires late, or the loop
 * was stalled while the probe ran, the time that passed was our own. And when it fires in time, the answer may already
 * lie in the kernel, because Node runs timers before it looks at sockets: the loop gets one look at them, then
 * the deadline counts.
 */
import { StallWatch } from "./loop-stalls.ts";

/**
 * How much of a probe's time may have been our own before its timeout says nothing of the target. A tenth of the
 * timeout changes no verdict of a target that answers in a fraction of it, as a healthy one does; below 50 ms the
 * garbage collector and the kernel's scheduler would void every second timeout on a small VM.
 *
 * @returns milliseconds.
 */
export function lateLimitOf(timeoutMs: number): number {
  return Math.max(50, timeoutMs / 10);
}

interface DeadlineOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly timeoutMs: number;
  /** Milliseconds. */
  readonly lateLimitMs: number;
  /** Called at most once. `lateMs` is null when the deadline counts, else how much time was our own. */
  readonly onPassed: (lateMs: number | null) => void;
}

export class Deadline {
  readonly #options: DeadlineOptions;
  readonly #dueAt: number;
  readonly #timer: NodeJS.Timeout;
  readonly #stalls = new StallWatch();
  #lastLook: NodeJS.Immediate | undefined;

  constructor(options: DeadlineOptions) {
    this.#options = options;
    this.#dueAt = options.now() + options.timeoutMs;
    this.#timer = setTimeout(() => this.#fire(), options.timeoutMs);
  }

  /** True once the time is up, also when the timer has not fired yet or the loop has its last look at the sockets. */
  get passed(): boolean {
    return this.#options.now() > this.#dueAt;
  }

  /** Must be called exactly once, when the probe has ended. */
  close(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#lastLook);
    this.#stalls.close();
  }

  #fire(): void {
    const { now, lateLimitMs, onPassed } = this.#options;
    const lateMs = Math.max(now() - this.#dueAt, this.#stalls.stalledMs());
    if (lateMs > lateLimitMs) onPassed(lateMs);
    else this.#lastLook = setImmediate(() => onPassed(null));
  }
}
