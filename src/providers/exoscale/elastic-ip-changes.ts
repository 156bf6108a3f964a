/**
 * The changes of an Elastic IP itself. Each can be looked at afterwards, but for a creation: a new Elastic IP has no name by which
 * one could tell that it is ours.
 */
import type { Result } from "../failure.ts";
import type { Budget } from "../http.ts";
import type { Change } from "./change.ts";
import type { ExoscaleClient } from "./client.ts";
import { fieldsJson, type ElasticIpFields, type NewElasticIp, type ResetField } from "./fields.ts";
import type { Look } from "./outcome.ts";
import type { ElasticIp } from "./wire.ts";

export function createChange(client: ExoscaleClient, wanted: NewElasticIp): Change {
  return {
    name: "create",
    send: (budget) => client.createElasticIp(wanted, budget),
    look: () => Promise.resolve("unseen"),
    shows: { wanted: "the Elastic IP exists", unwanted: "the Elastic IP does not exist" },
  };
}

export function updateChange(client: ExoscaleClient, id: string, fields: ElasticIpFields): Change {
  return {
    name: "update",
    send: (budget) => client.updateElasticIp(id, fields, budget),
    look: (budget) =>
      lookAt(client, id, budget, (result) => result.kind === "ok" && shows(result.value, fields)),
    shows: { wanted: "the Elastic IP shows it", unwanted: "the Elastic IP does not show it" },
  };
}

export function deleteChange(client: ExoscaleClient, id: string): Change {
  return {
    name: "delete",
    send: (budget) => client.deleteElasticIp(id, budget),
    look: (budget) => lookAt(client, id, budget, (result) => result.kind === "failed"),
    shows: { wanted: "the Elastic IP does not exist", unwanted: "the Elastic IP exists" },
  };
}

export function resetChange(client: ExoscaleClient, id: string, field: ResetField): Change {
  return {
    name: "reset",
    send: (budget) => client.resetElasticIpField(id, field, budget),
    look: (budget) =>
      lookAt(client, id, budget, (result) => result.kind === "ok" && (result.value[field] ?? "") === ""),
    shows: { wanted: `the Elastic IP has no ${field}`, unwanted: `the Elastic IP has a ${field}` },
  };
}

/** @param isWanted told what was found, or that it does not exist. */
async function lookAt(
  client: ExoscaleClient,
  id: string,
  budget: Budget,
  isWanted: (result: Result<ElasticIp>) => boolean,
): Promise<Look> {
  const result = await client.getElasticIp(id, budget);
  if (result.kind === "failed" && result.failure.cause !== "not-found") return "unseen";
  return isWanted(result) ? "wanted" : "unwanted";
}

function shows(elasticIp: ElasticIp, fields: ElasticIpFields): boolean {
  const { description, healthcheck, labels } = elasticIp;
  const seen = {
    description: description ?? "",
    labels,
    ...(healthcheck === null ? {} : { healthcheck }),
  };
  const [wanted, found] = [fieldsJson(fields), fieldsJson(seen)];
  return Object.entries(wanted).every(([key, value]) => sorted(value) === sorted(found[key]));
}

/** As text in which the order of keys does not matter. */
function sorted(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
