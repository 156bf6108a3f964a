/**
 * Which instances hold which Elastic IPs, for a person who looks at the whole account. An Elastic IP does not say so, and a list
 * of instances does not either: every instance is asked by itself, a few at a time.
 */
import type { Failure, Result } from "../failure.ts";
import type { Budget } from "../http.ts";
import type { ExoscaleClient } from "./client.ts";
import { seeInstance } from "./reading.ts";
import type { Instance, ListedInstance } from "./wire.ts";

export interface AccountHolders {
  /** All that could be asked. */
  readonly instances: readonly Instance[];
  /** Each of these may hold any Elastic IP: "could not ask" is never "does not hold it". */
  readonly unasked: readonly { readonly instance: ListedInstance; readonly failure: Failure }[];
}

/** So many at once: no limit of requests is published, and a large account should not find out what it is. */
const atOnce = 8;

export async function askAllHolders(client: ExoscaleClient, budget: Budget): Promise<Result<AccountHolders>> {
  const listed = await client.listInstances(budget);
  if (listed.kind === "failed") return listed;
  const instances: Instance[] = [];
  const unasked: AccountHolders["unasked"][number][] = [];
  const queue = [...listed.value];
  const work = async (): Promise<void> => {
    for (let instance = queue.shift(); instance !== undefined; instance = queue.shift()) {
      const result = await seeInstance(client, instance.id, budget);
      if (result.kind === "ok") instances.push(result.value);
      // One that has gone since the list was made holds nothing.
      else if (result.failure.cause !== "not-found") unasked.push({ instance, failure: result.failure });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const order = new Map(listed.value.map(({ id }, i) => [id, i]));
  instances.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  return { ...listed, value: { instances, unasked } };
}

/** @returns the instances that have the Elastic IP with this id. */
export function holdersOf({ instances }: AccountHolders, id: string): readonly Instance[] {
  return instances.filter(({ elasticIps }) => elasticIps.some((elasticIp) => elasticIp.id === id));
}
