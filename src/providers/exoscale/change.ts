/**
 * One change, from the request to the end of its operation. All mutations of the API go this way, the daemon's own and those that
 * a person asks for.
 *
 *   request → operation pending → … → success      applied
 *                                   → failure      look: applied, else rejected or uncertain by its reason
 *                                   → timeout      uncertain
 *           → refused (4xx), trouble (5xx)         look: applied, else rejected or uncertain
 *           → no answer                            uncertain when it was sent, else rejected
 *   deadline or abort while pending                uncertain, and the operation is remembered
 */
import type { Effect } from "../../core/address.ts";
import type { Failure, FailureCause, Result } from "../failure.ts";
import type { Budget } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import type { ExoscaleClient } from "./client.ts";
import { effectOfFailure, effectOfRefusal, readState, reasonText, type Look } from "./outcome.ts";
import type { Operation } from "./wire.ts";

export interface Change {
  /** In one word, e.g. `attach`. Begins every sentence about it. */
  readonly name: string;
  send(budget: Budget): Promise<Result<Operation>>;
  /** Whether what is wanted can be seen now. */
  look(budget: Budget): Promise<Look>;
  /** What a look shows, e.g. `the instance has the address`. */
  readonly shows: Readonly<Record<"wanted" | "unwanted", string>>;
}

export interface ChangeEnd {
  readonly effect: Effect;
  /** The last that was seen of the operation. Null: no answer named one. */
  readonly operation: Operation | null;
  /** True: it may still be under way, or have been carried out unseen. */
  readonly unresolved: boolean;
  /** Whether there is an operation left to ask for. */
  readonly isAskable: boolean;
  /** The answer that was no operation, or null. */
  readonly failure: Failure | null;
  /** True when the provider says that something that is changed does not exist. */
  readonly notFound: boolean;
}

export interface Following {
  readonly client: Pick<ExoscaleClient, "getOperation">;
  readonly services: ProviderServices;
  readonly budget: Budget;
  /** Told after each look at an operation that has not ended. */
  readonly onPending?: (operation: Operation, elapsedMs: number) => void;
}

/** The first polls are quick, because attach and detach were seen to end within 3 s. Milliseconds. */
const pollFirstMs = 500;
const pollLastMs = 3_000;
const pollGrowth = 1.5;
/** A finished operation may be forgotten (404). After so many, and no change to be seen, waiting is pointless. */
const goneMax = 3;

/** Refusals that would meet any other member just as well. */
const callCauses: ReadonlySet<FailureCause> = new Set([
  "no-answer",
  "not-sendable",
  "unauthorized",
  "signature",
  "forbidden",
  "throttled",
  "unsupported",
]);

export async function carryOutChange(change: Change, following: Following): Promise<ChangeEnd> {
  const { budget } = following;
  const first = await change.send(budget);
  if (first.kind === "ok") return followChange(change, first.value, following);

  const { cause, executed, detail } = first.failure;
  const look = cause === "no-answer" || cause === "not-sendable" ? "unseen" : await change.look(budget);
  const kind = effectOfRefusal(executed, look);
  const text = `${change.name}: ${detail}${lookText(look, change)}`;
  const aboutCall = kind === "rejected" && callCauses.has(cause);
  return {
    effect: aboutCall ? { kind, about: "call", detail: text } : { kind, detail: text },
    operation: null,
    unresolved: kind === "uncertain",
    isAskable: false,
    failure: first.failure,
    notFound: cause === "not-found",
  };
}

/** Follows an operation that was accepted to its end. */
export function followChange(change: Change, first: Operation, following: Following): Promise<ChangeEnd> {
  return new Follow(change, first, following).toTheEnd();
}

class Follow {
  readonly #change: Change;
  readonly #following: Following;
  #operation: Operation;

  constructor(change: Change, first: Operation, following: Following) {
    this.#change = change;
    this.#operation = first;
    this.#following = following;
  }

  async toTheEnd(): Promise<ChangeEnd> {
    const { client, services, budget, onPending } = this.#following;
    const { id } = this.#operation;
    const startedAt = services.now();
    let gone = 0;
    for (let waitMs = pollFirstMs; ; waitMs = Math.min(pollLastMs, waitMs * pollGrowth)) {
      const end = await this.#endOf(this.#operation);
      if (end !== null) return end;
      onPending?.(this.#operation, services.now() - startedAt);
      if (services.now() + waitMs >= budget.deadlineAt) {
        return this.#uncertain("has not ended within the deadline", true);
      }
      await services.sleep(waitMs, budget.signal);
      if (budget.signal.aborted) return this.#uncertain("was still under way when we stopped waiting", true);
      const polled = await client.getOperation(id, budget);
      if (polled.kind === "ok") {
        this.#operation = polled.value;
        continue;
      }
      // The operation does not tell. What it works on may.
      if ((await this.#change.look(budget)) === "wanted") {
        return this.#end("applied", `cannot be read, but ${this.#change.shows.wanted}`);
      }
      if (polled.failure.cause === "not-found" && ++gone >= goneMax) {
        return this.#uncertain("is forgotten by Exoscale, and the wanted state cannot be seen", false);
      }
    }
  }

  /** @returns the end of the change when the operation is at its end, else null. */
  async #endOf({ state, reason, message }: Operation): Promise<ChangeEnd | null> {
    switch (readState(state)) {
      case "wait":
        return null;
      case "applied":
        return this.#end("applied", "succeeded");
      case "uncertain":
        return this.#uncertain(`timed out at Exoscale${message === null ? "" : ` (${message})`}`, false);
      case "look": {
        const look = await this.#change.look(this.#following.budget);
        const kind = effectOfFailure(reason, look);
        const said = message === null ? "" : ` (${message})`;
        const what = `failed, ${reasonText(reason)}${said}${lookText(look, this.#change)}`;
        if (kind === "uncertain") return this.#uncertain(what, false);
        return { ...this.#end(kind, what), notFound: reason === "not-found" };
      }
    }
  }

  #end(kind: Effect["kind"], what: string): ChangeEnd {
    return {
      effect: { kind, detail: `${this.#change.name}: the operation ${what}` },
      operation: this.#operation,
      unresolved: false,
      isAskable: false,
      failure: null,
      notFound: false,
    };
  }

  #uncertain(what: string, isAskable: boolean): ChangeEnd {
    return { ...this.#end("uncertain", what), unresolved: true, isAskable };
  }
}

function lookText(look: Look, { shows }: Change): string {
  if (look === "unseen") return "";
  return look === "wanted" ? `; already so, ${shows.wanted}` : `; ${shows.unwanted}`;
}
