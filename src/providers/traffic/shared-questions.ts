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
import { JointWork } from "./joint-work.ts";
import { purposes, type Purpose } from "./purpose.ts";

/** Groups that read in step ask within this. Milliseconds. */
export const gatherMs: number = 5;

interface Shared {
  /** Nobody joins who could wait less long. Monotonic milliseconds. */
  readonly deadlineAt: number;
  readonly purpose: Purpose;
  group: string | null;
  readonly work: JointWork<HttpResult>;
}

const given: HttpResult = {
  kind: "no-answer",
  reason: "aborted",
  sent: false,
  detail: "given up by the caller",
};

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
    return shared.work.wait(budget.signal, given);
  }

  #begin(call: HttpCall, budget: Budget): Shared {
    const { deadlineAt, purpose = "reading", group } = budget;
    const { path } = call;
    const close = (): void => {
      if (this.#open.get(path) === shared) this.#open.delete(path);
    };
    const send = async (signal: AbortSignal): Promise<HttpResult> => {
      await this.#services.sleep(gatherMs, signal);
      const common = { deadlineAt, purpose, signal };
      // Sent or not: what is over can be joined no longer.
      return this.#http.call({ ...call, onSent: close }, { ...common, group: shared.group }).finally(close);
    };
    const shared: Shared = { deadlineAt, purpose, group, work: new JointWork(send) };
    this.#open.set(path, shared);
    return shared;
  }
}

function mayJoin(open: Shared, { deadlineAt, purpose = "reading" }: Budget): boolean {
  const isAsUrgent = purposes.indexOf(open.purpose) <= purposes.indexOf(purpose);
  return !open.work.isAbandoned && isAsUrgent && deadlineAt >= open.deadlineAt;
}
