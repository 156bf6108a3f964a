/** From what a person types to the thing that is meant: an Elastic IP by address or id, an instance by name or id. */
import { isIP } from "node:net";
import { ElasticIpLookup } from "../../providers/exoscale/elastic-ip.ts";
import { seeInstance } from "../../providers/exoscale/reading.ts";
import { isUuid, type ElasticIp, type Instance, type ListedInstance } from "../../providers/exoscale/wire.ts";
import { budgetOf } from "../clouds/context.ts";
import { answerOf, failedCall, failedWith } from "../clouds/trouble.ts";
import { usage } from "../exit-codes.ts";
import { adviceOn, type ExoscaleSession } from "./session.ts";

/** @throws CliError: 2 when the text can be no Elastic IP, 1 when there is none or it cannot be asked. */
export async function findElasticIp(
  text: string,
  { client, context, zone }: ExoscaleSession,
): Promise<ElasticIp> {
  const isId = isUuid(text);
  if (!isId && isIP(text.split("/")[0] ?? "") === 0) {
    throw usage(`An Elastic IP is named by its address or its id: "${text}"`);
  }
  const result = await new ElasticIpLookup(client, text).find(budgetOf(context));
  if (result.kind === "ok") return result.value;
  const { failure } = result;
  if (failure.cause === "not-found") {
    throw failedWith(
      `There is no Elastic IP ${text} in zone ${zone}: ${failure.detail}`,
      "failoverd exoscale elastic-ip list shows those of the zone; each zone has its own",
    );
  }
  const operation = isId ? "get-elastic-ip" : "list-elastic-ips";
  throw failedCall(`Cannot look up Elastic IP ${text}`, failure, adviceOn(operation, context));
}

/** @throws CliError: 1 when there is none, when several have the name, or when it cannot be asked. */
export async function findInstance(text: string, session: ExoscaleSession): Promise<Instance> {
  const { client, context, zone } = session;
  const id = isUuid(text) ? text : (await namedInstance(text, session)).id;
  const result = await seeInstance(client, id, budgetOf(context));
  if (result.kind === "failed" && result.failure.cause === "not-found") {
    throw failedWith(`There is no instance ${text} in zone ${zone}`, listHint);
  }
  return answerOf(result, `Cannot read instance ${text}`, adviceOn("get-instance", context));
}

const listHint = "failoverd exoscale instance list shows those of the zone; each zone has its own";

async function namedInstance(
  name: string,
  { client, context, zone }: ExoscaleSession,
): Promise<ListedInstance> {
  const listed = await client.listInstances(budgetOf(context));
  const all = answerOf(listed, "Cannot list the instances", adviceOn("list-instances", context));
  const [found, ...more] = all.filter((instance) => instance.name === name);
  if (found === undefined) throw failedWith(`There is no instance named ${name} in zone ${zone}`, listHint);
  if (more.length === 0) return found;
  const ids = [found, ...more].map(({ id }) => id).join(", ");
  throw failedWith(`Several instances are named ${name}`, `Name the one that you mean by its id: ${ids}`);
}

/** @returns how a person calls it: its name. */
export function instanceName({ name, id }: Pick<ListedInstance, "name" | "id">): string {
  return name ?? id;
}
