/**
 * All that one account asks of its provider, in order: how many questions at once, who is next, when nobody asks, and who asks again.
 * All groups of the account share it, so that a hundred that fail at the same moment are one client with much to ask, and not a
 * hundred clients.
 *
 * Only questions wait here. A change is sent at once or not at all: what allows it was looked at right before it, and would be stale
 * after a wait. That there are few is the planner's part, which takes one step at a time and backs off.
 *
 *   state    seen                                  next state
 *   open     429, or 5xx with a Retry-After        paused for as long as it says, at most a minute
 *   paused   the time is up                        narrow: one question at a time
 *   narrow   an answer that is no trouble          twice as many at a time, until it is open
 *   narrow   429, or 5xx with a Retry-After        paused
 */
import type { HttpResult } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import type { HeldBack, TrafficNews } from "./news.ts";
import type { Purpose } from "./purpose.ts";
import { RetryBudget } from "./retry-budget.ts";
import { WaitingLine, type Waiting } from "./waiting-line.ts";

/** So many requests of an account at once, by what the next one is for: the rest is kept free for what is more urgent. */
const atOnceMax: Readonly<Record<Purpose, number>> = { move: 64, reading: 16, check: 4 };
const openLimit = atOnceMax.move;
/** More than a thousand groups ask in one round. */
const waitingMax = 4_000;
/**
 * The longest that nobody asks, whatever `Retry-After` says: then one question finds out. To be blind for an hour would cost more than
 * sixty requests. Milliseconds.
 */
const pauseMaxMs = 60_000;
/** The first pause when a 429 does not say how long; doubled by each that follows. Milliseconds. */
const pauseBaseMs = 1_000;
/** An account's retries in a row. */
const retriesMax = 10;

export interface Asker {
  readonly purpose: Purpose;
  readonly group: string | null;
  readonly signal: AbortSignal;
  /** Monotonic milliseconds. */
  readonly deadlineAt: number;
}

export type Admission =
  /** Ask now, and call `leave` when the answer is there. */
  | { readonly kind: "go"; readonly leave: () => void }
  /** Do not ask. `detail` is one clause. */
  | { readonly kind: "held-back"; readonly detail: string };

interface Waiter extends Waiting {
  readonly asker: Asker;
  readonly end: (admission: Admission) => void;
}

type Services = Pick<ProviderServices, "now" | "sleep" | "onTraffic">;

export class Traffic {
  readonly #services: Services;
  readonly #budget: RetryBudget;
  readonly #line = new WaitingLine<Waiter>(waitingMax);
  #active = 0;
  #limit = openLimit;
  #pausedUntil = -Infinity;
  /** Answers in a row that want fewer requests. */
  #refusals = 0;
  #wakes = false;
  #strain: { readonly since: number; heldBack: number } | null = null;
  readonly #closing = new AbortController();

  constructor(services: Services, parent: RetryBudget | null) {
    this.#services = services;
    this.#budget = new RetryBudget(retriesMax, parent);
  }

  /** @returns when it may be asked, or that it may not, by the asker's deadline at the latest. Never rejects. */
  enter(asker: Asker): Promise<Admission> {
    const { purpose, group, signal } = asker;
    // Who has given up already is told so by the exchange, which does not begin.
    const isOver = signal.aborted || this.#closing.signal.aborted;
    if (isOver || (this.#line.length === 0 && this.#mayAsk(purpose))) return Promise.resolve(this.#go());
    if (this.#pausedUntil >= asker.deadlineAt) return Promise.resolve(this.#hold("retry-after"));
    return new Promise((resolve) => {
      const giveUp = (): void => this.#leave(waiter);
      const timer = setTimeout(giveUp, Math.max(0, asker.deadlineAt - this.#services.now()));
      const either = AbortSignal.any([signal, this.#closing.signal]);
      either.addEventListener("abort", giveUp);
      const end = (admission: Admission): void => {
        clearTimeout(timer);
        either.removeEventListener("abort", giveUp);
        resolve(admission);
      };
      const waiter: Waiter = { purpose, group, asker, end };
      this.#line.add(waiter)?.end(this.#hold("queue"));
      this.#pump();
    });
  }

  /** An answer has come, or none. Also of a change. */
  note(result: HttpResult): void {
    const pauseMs = this.#pauseOf(result);
    if (pauseMs !== null) {
      this.#refusals += 1;
      this.#limit = 1;
      this.#pausedUntil = Math.max(this.#pausedUntil, this.#services.now() + pauseMs);
      for (const waiter of this.#line.takeWhere(({ asker }) => asker.deadlineAt <= this.#pausedUntil))
        waiter.end(this.#hold("retry-after"));
      this.#tell({ kind: "throttled" });
      const status = result.kind === "answer" ? result.status : 0;
      this.#strained(`it answers HTTP ${status} and wants no requests for ${Math.ceil(pauseMs / 1_000)} s`);
    } else if (result.kind === "answer" && result.status < 500) {
      this.#refusals = 0;
      this.#limit = Math.min(openLimit, this.#limit * 2);
      this.#relieve();
    }
  }

  /** Something is asked or sent for the first time. */
  first(): void {
    this.#budget.pay();
  }

  /** @returns true when it may be asked again. */
  mayRetry(purpose: Purpose): boolean {
    const may = this.#budget.take(purpose);
    if (may) {
      this.#tell({ kind: "retry" });
    } else {
      this.#strained("so much fails that questions are not asked again at once");
      this.#held("retry-budget");
    }
    return may;
  }

  /** Nobody waits any more; who did is let in, and finds that there are no connections. */
  close(): void {
    this.#closing.abort();
  }

  #pauseOf(result: HttpResult): number | null {
    if (result.kind !== "answer") return null;
    const { status, retryAfterMs } = result;
    if (status !== 429 && (status < 500 || retryAfterMs === null)) return null;
    return Math.min(pauseMaxMs, retryAfterMs ?? pauseBaseMs * 2 ** Math.min(this.#refusals, 10));
  }

  #mayAsk(purpose: Purpose): boolean {
    return (
      this.#services.now() >= this.#pausedUntil && this.#active < Math.min(this.#limit, atOnceMax[purpose])
    );
  }

  #go(): Admission {
    this.#active += 1;
    let isIn = true;
    const leave = (): void => {
      if (!isIn) return;
      isIn = false;
      this.#active -= 1;
      this.#pump();
    };
    return { kind: "go", leave };
  }

  #pump(): void {
    for (;;) {
      const waiter = this.#line.next((purpose) => this.#mayAsk(purpose));
      if (waiter === null) break;
      waiter.end(this.#services.now() < waiter.asker.deadlineAt ? this.#go() : this.#hold("queue"));
    }
    if (this.#line.length > 0) this.#wakeAfterPause();
  }

  #wakeAfterPause(): void {
    const leftMs = this.#pausedUntil - this.#services.now();
    if (leftMs <= 0 || this.#wakes) return;
    this.#wakes = true;
    void this.#wakeIn(leftMs);
  }

  async #wakeIn(ms: number): Promise<void> {
    await this.#services.sleep(ms, this.#closing.signal);
    this.#wakes = false;
    this.#pump();
  }

  /** It waits no longer: its time is up, it has given up, or we close. */
  #leave(waiter: Waiter): void {
    this.#line.remove(waiter);
    const isOver = waiter.asker.signal.aborted || this.#closing.signal.aborted;
    const isPaused = this.#services.now() < this.#pausedUntil;
    waiter.end(isOver ? this.#go() : this.#hold(isPaused ? "retry-after" : "queue"));
  }

  #hold(reason: "retry-after" | "queue"): Admission {
    this.#strained("more is asked than it answers in time");
    this.#held(reason);
    const leftS = Math.max(0, Math.ceil((this.#pausedUntil - this.#services.now()) / 1_000));
    const detail =
      reason === "queue"
        ? "too many other questions of the account were in front"
        : `the provider wants no requests of the account for another ${leftS} s`;
    return { kind: "held-back", detail };
  }

  #held(reason: HeldBack): void {
    if (this.#strain !== null) this.#strain.heldBack += 1;
    this.#tell({ kind: "held-back", reason });
  }

  #strained(why: string): void {
    if (this.#strain !== null) return;
    this.#strain = { since: this.#services.now(), heldBack: 0 };
    this.#tell({ kind: "strained", why });
  }

  #relieve(): void {
    const strain = this.#strain;
    if (strain === null || this.#limit < openLimit || !this.#budget.isWell) return;
    this.#strain = null;
    const afterMs = this.#services.now() - strain.since;
    this.#tell({ kind: "relieved", afterMs, heldBack: strain.heldBack });
  }

  #tell(news: TrafficNews): void {
    this.#services.onTraffic?.(news);
  }
}
