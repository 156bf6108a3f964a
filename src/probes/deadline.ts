/**
 * The one absolute deadline of a probe. It knows nothing of protocols, so no state of a protocol can outlive it. A resolver that was
 * slow is the one reason for another in its place, once (see `Attempt.resolved`): a probe takes less than two timeouts.
 *
 * What it does know is whether a passed deadline says anything of the target. When it is seen late, or the loop
 * was stalled while the probe ran, the time that passed was our own. And when it is seen in time, the answer may already
 * lie in the kernel, because Node runs timers before it looks at sockets: the loop gets one look at them, then
 * the deadline counts.
 */
import { deadlineWheel, type Timed } from "./deadline-wheel.ts";

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

export interface DeadlineRules {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly timeoutMs: number;
  /** Milliseconds. */
  readonly lateLimitMs: number;
}

/** Whose deadline it is. */
export interface DeadlineOwner {
  /** Called at most once. `lateMs` is null when the deadline counts, else how much time was our own. */
  onDeadline(lateMs: number | null): void;
}

export class Deadline implements Timed {
  /** On the clock of the wheel, which is not the probe's in a test that turns it. */
  readonly dueAt: number;
  readonly #rules: DeadlineRules;
  readonly #owner: DeadlineOwner;
  readonly #passedAt: number;
  readonly #stalledBeforeMs: number;
  #lastLook: NodeJS.Immediate | undefined;

  /** @param startedAt on the clock of the rules. */
  constructor(rules: DeadlineRules, startedAt: number, owner: DeadlineOwner) {
    this.#rules = rules;
    this.#owner = owner;
    this.#passedAt = startedAt + rules.timeoutMs;
    this.dueAt = deadlineWheel.now() + rules.timeoutMs;
    deadlineWheel.add(this);
    this.#stalledBeforeMs = deadlineWheel.stalledMs();
  }

  /** True once the time is up, also when nobody has seen it yet or the loop has its last look at the sockets. */
  get passed(): boolean {
    return this.#rules.now() > this.#passedAt;
  }

  /** Must be called when the probe has ended. */
  close(): void {
    deadlineWheel.remove(this);
    if (this.#lastLook !== undefined) clearImmediate(this.#lastLook);
  }

  onDue(): void {
    const { now, lateLimitMs } = this.#rules;
    const lateMs = Math.max(now() - this.#passedAt, deadlineWheel.stalledMs() - this.#stalledBeforeMs);
    if (lateMs > lateLimitMs) this.#owner.onDeadline(lateMs);
    else this.#lastLook = setImmediate(() => this.#owner.onDeadline(null));
  }
}
