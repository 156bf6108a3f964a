/**
 * One request for all who want to know the same: a question is joined as long as it has not been sent, and never after that. So an
 * answer is never older than the wish for it, whoever else shares it, and a reading that judges a step cannot get what was asked before
 * the step ended.
 *
 * A question waits a moment for others before it is sent, and may be joined as well while it waits for its turn; not by somebody more
 * urgent, who has an earlier turn.
 */
import type { Budget, HttpCall, HttpClient, HttpResult } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import { purposes, type Purpose } from "./purpose.ts";

/** Groups that read in step ask within this. Milliseconds. */
const gatherMs = 5;

interface Shared {
  /** Nobody joins who could wait less long. Monotonic milliseconds. */
  readonly deadlineAt: number;
  readonly purpose: Purpose;
  group: string | null;
  /** Those who have not given up. */
  waiting: number;
  /** All have given up. */
  readonly abandoned: AbortController;
  readonly result: Promise<HttpResult>;
}

type Services = Pick<ProviderServices, "sleep">;

export class SharedQuestions {
  readonly #http: Pick<HttpClient, "call">;
  readonly #services: Services;
  /** By path; those that are not sent yet. */
  readonly #open = new Map<string, Shared>();

  constructor(http: Pick<HttpClient, "call">, services: Services) {
    this.#http = http;
    this.#services = services;
  }

  /** @param call a question: nothing else may be shared. Never rejects. */
  call(call: HttpCall, budget: Budget): Promise<HttpResult> {
    const open = this.#open.get(call.path);
    const shared = open !== undefined && mayJoin(open, budget) ? open : this.#begin(call, budget);
    if (shared.group !== budget.group) shared.group = null;
    return wait(shared, budget.signal);
  }

  #begin(call: HttpCall, budget: Budget): Shared {
    const { deadlineAt, purpose = "reading", group } = budget;
    const { path } = call;
    const abandoned = new AbortController();
    const close = (): void => {
      if (this.#open.get(path) === shared) this.#open.delete(path);
    };
    const send = async (): Promise<HttpResult> => {
      await this.#services.sleep(gatherMs, abandoned.signal);
      const common = { deadlineAt, purpose, signal: abandoned.signal };
      // Sent or not: what is over can be joined no longer.
      return this.#http.call({ ...call, onSent: close }, { ...common, group: shared.group }).finally(close);
    };
    const shared: Shared = { deadlineAt, purpose, group, waiting: 0, abandoned, result: later(send) };
    this.#open.set(path, shared);
    return shared;
  }
}

function mayJoin(open: Shared, { deadlineAt, purpose = "reading" }: Budget): boolean {
  const isAsUrgent = purposes.indexOf(open.purpose) <= purposes.indexOf(purpose);
  return !open.abandoned.signal.aborted && isAsUrgent && deadlineAt >= open.deadlineAt;
}

/** The signal ends the waiting of this one, and the question only when nobody is left. */
function wait(shared: Shared, signal: AbortSignal): Promise<HttpResult> {
  const given: HttpResult = {
    kind: "no-answer",
    reason: "aborted",
    sent: false,
    detail: "given up by the caller",
  };
  shared.waiting += 1;
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      shared.waiting -= 1;
      if (shared.waiting === 0) shared.abandoned.abort();
      resolve(given);
    };
    if (signal.aborted) return leave();
    signal.addEventListener("abort", leave, { once: true });
    shared.result.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

function later<T>(work: () => Promise<T>): Promise<T> {
  return Promise.resolve().then(work);
}
