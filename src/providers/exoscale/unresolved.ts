/**
 * Remembers the one step whose end we did not see, and tells for each reading whether the provider may still be at work on
 * it. Bounded: a stuck operation must not stop all moves for ever.
 */
import type { Budget } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import type { ExoscaleClient } from "./client.ts";
import { hasElasticIp } from "./elastic-ip.ts";
import { readState } from "./outcome.ts";
import type { MemberSeen } from "./reading.ts";
import type { Unresolved } from "./step.ts";

/** After this an operation that still has not ended is left to itself. Milliseconds. */
const unresolvedMs = 900_000;
/** A request without an answer takes effect within this or never: attach and detach were seen to end within 3 s. Milliseconds. */
const settleMs = 5_000;

export class UnresolvedStep {
  readonly #client: ExoscaleClient;
  readonly #services: ProviderServices;
  #step: Unresolved | null = null;
  #givenUp: string | null = null;

  constructor(client: ExoscaleClient, services: ProviderServices) {
    this.#client = client;
    this.#services = services;
  }

  /** The last operation that we stopped waiting for, in words, or null. */
  get givenUp(): string | null {
    return this.#givenUp;
  }

  /** @param step null: the last step came to its end. */
  remember(step: Unresolved | null): void {
    this.#step = step;
    this.#givenUp = null;
  }

  /**
   * Asks once for the operation.
   * @returns `silent` when there is nothing to ask for, or asking is not allowed: then only the instances can tell.
   */
  async poll(budget: Budget): Promise<"ended" | "under-way" | "silent"> {
    const step = this.#step;
    if (step === null) return "ended";
    if (step.operationId === null) return "silent";
    const result = await this.#client.getOperation(step.operationId, budget);
    if (result.kind === "ok") return readState(result.value.state) === "wait" ? "under-way" : "ended";
    const { cause } = result.failure;
    if (cause === "not-found") return "ended";
    return cause === "forbidden" ? "silent" : "under-way";
  }

  /**
   * @param polled what `poll` said in the same reading.
   * @param members what the instances said in the same reading.
   * @returns why the provider must not be given a step now, or null.
   */
  busyAfter(polled: "ended" | "under-way" | "silent", members: readonly MemberSeen[]): string | null {
    const step = this.#step;
    if (step === null) return null;
    const sinceMs = this.#services.now() - step.since;
    if (polled === "ended" || (polled === "silent" && (isDone(step, members) || sinceMs >= settleMs))) {
      this.#step = null;
      return null;
    }
    const { verb, instance } = step.order;
    const name = step.operationId === null ? "" : ` (operation ${step.operationId})`;
    const what = `${verb} of instance ${instance}${name}`;
    if (sinceMs < unresolvedMs) {
      return `${what} has not ended, ${Math.round(sinceMs / 1_000)} s after we stopped following it`;
    }
    this.#givenUp = `${what} did not end in ${unresolvedMs / 60_000} min, it is no longer waited for`;
    this.#step = null;
    return null;
  }
}

function isDone(step: Unresolved, members: readonly MemberSeen[]): boolean {
  const { verb, instance, elasticIp } = step.order;
  const seen = members.find(({ member }) => member.instance === instance);
  if (seen === undefined || seen.result.kind === "failed") return false;
  return hasElasticIp(seen.result.value, elasticIp) === (verb === "attach");
}
