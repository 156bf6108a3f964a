/** One attach or detach, as a change that the instance shows. */
import type { Effect } from "../../core/address.ts";
import type { Budget } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import { carryOutChange, type Change } from "./change.ts";
import type { ExoscaleClient } from "./client.ts";
import { hasElasticIp } from "./elastic-ip.ts";
import type { Look } from "./outcome.ts";
import { seeInstance } from "./reading.ts";
import type { ElasticIp } from "./wire.ts";

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

export async function carryOut(
  client: ExoscaleClient,
  order: Order,
  services: ProviderServices,
  budget: Budget,
): Promise<StepEnd> {
  const end = await carryOutChange(stepChange(client, order), { client, services, budget });
  const operationId = end.isAskable ? (end.operation?.id ?? null) : null;
  return {
    effect: end.effect,
    unresolved: end.unresolved ? { order, operationId, since: services.now() } : null,
    notFound: end.notFound,
  };
}

export function stepChange(client: ExoscaleClient, order: Order): Change {
  const has = "the instance has the address";
  const hasNot = "the instance does not have the address";
  return {
    name: order.verb,
    send: (budget) => client[order.verb](order.elasticIp.id, order.instance, budget),
    look: (budget) => lookAt(client, order, budget),
    shows: order.verb === "attach" ? { wanted: has, unwanted: hasNot } : { wanted: hasNot, unwanted: has },
  };
}

/** @returns whether the instance is now as the order wants it. An instance that is gone has no address. */
async function lookAt(client: ExoscaleClient, order: Order, budget: Budget): Promise<Look> {
  const result = await seeInstance(client, order.instance, budget);
  if (result.kind === "failed" && result.failure.cause !== "not-found") return "unseen";
  const has = result.kind === "ok" && hasElasticIp(result.value, order.elasticIp);
  return has === (order.verb === "attach") ? "wanted" : "unwanted";
}
