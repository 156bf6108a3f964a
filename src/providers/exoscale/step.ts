/**
 * One attach or detach, from the request to the end of its operation.
 *
 *   PUT → operation pending → … → success          applied
 *                               → failure          look at the instance: applied, else rejected
 *                               → timeout          uncertain
 *       → refused (4xx), trouble (5xx)             look at the instance: applied, else rejected or uncertain
 *       → no answer                                uncertain when it was sent, else rejected
 *   deadline or abort while pending                uncertain, and the operation is remembered
 */
import type { Effect } from "../../core/address.ts";
import type { FailureCause } from "../failure.ts";
import type { Budget } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import type { ExoscaleClient } from "./client.ts";
import { hasElasticIp } from "./elastic-ip.ts";
import { effectOfFailure, effectOfRefusal, readState, reasonText, type Look } from "./outcome.ts";
import { seeInstance } from "./reading.ts";
import type { ElasticIp, Operation } from "./wire.ts";

export interface Order {
  readonly verb: "attach" | "detach";
  readonly elasticIp: ElasticIp;
  /** UUID. */
  readonly instance: string;
}

/** A step whose end was not seen. Later readings watch for it. */
export interface Unresolved {
  readonly order: Order;
  /** Null when no answer named an operation: there is nothing to ask for. */
  readonly operationId: string | null;
  /** When we stopped waiting, monotonic milliseconds. */
  readonly since: number;
}

export interface StepEnd {
  readonly effect: Effect;
  readonly unresolved: Unresolved | null;
  /** True when the provider says that something of the order does not exist. */
  readonly notFound: boolean;
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
  "unauthorized",
  "signature",
  "forbidden",
  "throttled",
  "unsupported",
]);

export async function carryOut(
  client: ExoscaleClient,
  order: Order,
  services: ProviderServices,
  budget: Budget,
): Promise<StepEnd> {
  const first = await client[order.verb](order.elasticIp.id, order.instance, budget);
  if (first.kind === "ok") return new Follow(client, order, services, budget).toTheEnd(first.value);

  const { cause, executed, detail } = first.failure;
  const look = cause === "no-answer" ? "unseen" : await lookAt(client, order, budget);
  const kind = effectOfRefusal(executed, look);
  const text = `${order.verb}: ${detail}${lookText(look, order)}`;
  return {
    effect:
      kind === "rejected" && callCauses.has(cause)
        ? { kind, about: "call", detail: text }
        : { kind, detail: text },
    unresolved: kind === "uncertain" ? { order, operationId: null, since: services.now() } : null,
    notFound: cause === "not-found",
  };
}

class Follow {
  readonly #client: ExoscaleClient;
  readonly #order: Order;
  readonly #services: ProviderServices;
  readonly #budget: Budget;

  constructor(client: ExoscaleClient, order: Order, services: ProviderServices, budget: Budget) {
    this.#client = client;
    this.#order = order;
    this.#services = services;
    this.#budget = budget;
  }

  async toTheEnd(first: Operation): Promise<StepEnd> {
    const { signal, deadlineAt } = this.#budget;
    let operation = first;
    let gone = 0;
    for (let waitMs = pollFirstMs; ; waitMs = Math.min(pollLastMs, waitMs * pollGrowth)) {
      const end = await this.#endOf(operation);
      if (end !== null) return end;
      if (this.#services.now() + waitMs >= deadlineAt)
        return this.#uncertain("has not ended within the deadline", first.id);
      await this.#services.sleep(waitMs, signal);
      if (signal.aborted) return this.#uncertain("was still under way when we stopped waiting", first.id);
      const polled = await this.#client.getOperation(first.id, this.#budget);
      if (polled.kind === "ok") {
        operation = polled.value;
        continue;
      }
      // The operation does not tell. The instance may.
      if ((await lookAt(this.#client, this.#order, this.#budget)) === "wanted") {
        return this.#end("applied", "cannot be read, but the instance shows the wanted state");
      }
      if (polled.failure.cause === "not-found" && ++gone >= goneMax) {
        return this.#uncertain(
          "is forgotten by Exoscale, and the instance does not show the wanted state",
          null,
        );
      }
    }
  }

  /** @returns the end of the step when the operation is at its end, else null. */
  async #endOf(operation: Operation): Promise<StepEnd | null> {
    const meaning = readState(operation.state);
    switch (meaning) {
      case "wait":
        return null;
      case "applied":
        return this.#end("applied", "succeeded");
      case "uncertain":
        return this.#uncertain("timed out at Exoscale", null);
      case "look": {
        const look = await lookAt(this.#client, this.#order, this.#budget);
        const kind = effectOfFailure(operation.reason, look);
        const said = operation.message === null ? "" : ` (${operation.message})`;
        const what = `failed, ${reasonText(operation.reason)}${said}${lookText(look, this.#order)}`;
        if (kind === "uncertain") return this.#uncertain(what, null);
        return { ...this.#end(kind, what), notFound: operation.reason === "not-found" };
      }
    }
  }

  #end(kind: Effect["kind"], what: string): StepEnd {
    const effect = { kind, detail: `${this.#order.verb}: the operation ${what}` };
    return { effect, unresolved: null, notFound: false };
  }

  #uncertain(what: string, operationId: string | null): StepEnd {
    const unresolved = { order: this.#order, operationId, since: this.#services.now() };
    return { ...this.#end("uncertain", what), unresolved };
  }
}

/** @returns whether the instance is now as the order wants it. An instance that is gone has no address. */
async function lookAt(client: ExoscaleClient, order: Order, budget: Budget): Promise<Look> {
  const result = await seeInstance(client, order.instance, budget);
  if (result.kind === "failed" && result.failure.cause !== "not-found") return "unseen";
  const has = result.kind === "ok" && hasElasticIp(result.value, order.elasticIp);
  return has === (order.verb === "attach") ? "wanted" : "unwanted";
}

function lookText(look: Look, order: Order): string {
  if (look === "unseen") return "";
  const has = (look === "wanted") === (order.verb === "attach");
  const already = look === "wanted" ? "already so, " : "";
  return `; ${already}the instance ${has ? "has" : "does not have"} the address`;
}
