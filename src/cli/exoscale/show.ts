/** What there is: Elastic IPs with their holders, instances, operations and zones. */
import { addressName } from "../../providers/exoscale/elastic-ip.ts";
import { askAllHolders, holdersOf, type AccountHolders } from "../../providers/exoscale/holders.ts";
import { healthcheckJson, healthcheckText } from "../../providers/exoscale/healthcheck.ts";
import type { ElasticIp, Instance } from "../../providers/exoscale/wire.ts";
import { budgetOf, type CloudContext } from "../clouds/context.ts";
import { printSheet, printTable } from "../clouds/print.ts";
import { answerOf } from "../clouds/trouble.ts";
import { printJson, printLine } from "../output.ts";
import { findElasticIp, findInstance, instanceName } from "./find.ts";
import { adviceOn, groupsWith, withExoscale, type ExoscaleOptions, type ExoscaleSession } from "./session.ts";

export interface ListOptions extends ExoscaleOptions {
  /** False: one call in place of one for each instance. */
  readonly holders: boolean;
}

export function listElasticIps(options: ListOptions, context: CloudContext): Promise<void> {
  return withExoscale(options, context, async (session) => {
    const listed = await session.client.listElasticIps(budgetOf(context));
    const all = answerOf(listed, "Cannot list the Elastic IPs", adviceOn("list-elastic-ips", context));
    const holders = options.holders && all.length > 0 ? await allHolders(session) : null;
    if (options.json) {
      return printJson(
        context.output,
        all.map((elasticIp) => elasticIpJson(elasticIp, holders)),
      );
    }
    const rows = all.map((elasticIp) => [
      addressName(elasticIp),
      elasticIp.managed ? "managed" : "manual",
      holders === null ? "not asked" : holdersText(elasticIp, holders),
      elasticIp.description ?? "",
    ]);
    printTable(
      context.output,
      ["ADDRESS", "KIND", "HELD BY", "DESCRIPTION"],
      rows,
      `Zone ${session.zone} has no Elastic IP of this account`,
    );
    if (holders !== null) warnOfUnasked(holders, context);
  });
}

export function showElasticIp(text: string, options: ExoscaleOptions, context: CloudContext): Promise<void> {
  return withExoscale(options, context, async (session) => {
    await printElasticIp(await findElasticIp(text, session), session, options.json);
  });
}

/** The whole of one Elastic IP, with its holders. */
export async function printElasticIp(
  elasticIp: ElasticIp,
  session: ExoscaleSession,
  json: boolean,
): Promise<void> {
  const { output } = session.context;
  const holders = await allHolders(session);
  if (json) return printJson(output, elasticIpJson(elasticIp, holders));
  const groups = groupsWith(session, elasticIp).map(({ name }) => name);
  printSheet(output, [
    ["Elastic IP", addressName(elasticIp)],
    ["id", elasticIp.id],
    ["zone", session.zone],
    ["family", elasticIp.addressFamily],
    ["range", elasticIp.cidr],
    ["kind", kindText(elasticIp)],
    ["description", elasticIp.description],
    ["labels", labelsText(elasticIp.labels)],
    ["healthcheck", elasticIp.healthcheck === null ? null : healthcheckText(elasticIp.healthcheck)],
    ["held by", holdersText(elasticIp, holders)],
    ["moved by", groups.length === 0 ? null : `group ${groups.join(", ")} of ${session.known?.path}`],
  ]);
  warnOfUnasked(holders, session.context);
}

export function listInstances(options: ExoscaleOptions, context: CloudContext): Promise<void> {
  return withExoscale(options, context, async ({ client, zone }) => {
    const listed = await client.listInstances(budgetOf(context));
    const all = answerOf(listed, "Cannot list the instances", adviceOn("list-instances", context));
    if (options.json) return printJson(context.output, all);
    const rows = all.map((instance) => [
      instanceName(instance),
      instance.state ?? "not said",
      instance.publicIp ?? "",
      instance.id,
    ]);
    const header = ["NAME", "STATE", "PUBLIC IP", "ID"];
    printTable(context.output, header, rows, `Zone ${zone} has no instance of this account`);
  });
}

export function showInstance(text: string, options: ExoscaleOptions, context: CloudContext): Promise<void> {
  return withExoscale(options, context, async (session) => {
    const instance = await withAddresses(await findInstance(text, session), session);
    if (options.json) return printJson(context.output, instance);
    printSheet(context.output, [
      ["instance", instanceName(instance)],
      ["id", instance.id],
      ["zone", session.zone],
      ["state", instance.state ?? "not said"],
      ["public IP", instance.publicIp],
      ["IPv6", instance.ipv6Address],
      ["created", instance.createdAt],
      ["labels", labelsText(instance.labels)],
      ["holds", instance.elasticIps.map(({ id, ip }) => ip ?? id).join(", ") || "no Elastic IP"],
    ]);
  });
}

/** An instance may name its Elastic IPs by their ids alone; people know their addresses. */
async function withAddresses(instance: Instance, { client, context }: ExoscaleSession): Promise<Instance> {
  if (instance.elasticIps.every(({ ip }) => ip !== null)) return instance;
  const listed = await client.listElasticIps(budgetOf(context));
  const all = answerOf(listed, "Cannot list the Elastic IPs", adviceOn("list-elastic-ips", context));
  const names = new Map(all.map((elasticIp) => [elasticIp.id, addressName(elasticIp)]));
  const elasticIps = instance.elasticIps.map(({ id, ip }) => ({ id, ip: ip ?? names.get(id) ?? null }));
  return { ...instance, elasticIps };
}

/** @returns who holds what. @throws CliError when the instances cannot be listed. */
export async function allHolders({ client, context }: ExoscaleSession): Promise<AccountHolders> {
  const asked = await askAllHolders(client, budgetOf(context));
  return answerOf(asked, "Cannot ask who holds the Elastic IPs", adviceOn("list-instances", context));
}

function warnOfUnasked({ unasked }: AccountHolders, { output }: CloudContext): void {
  for (const { instance, failure } of unasked) {
    const name = instanceName(instance);
    printLine(output.stderr, `Warning: cannot ask whether ${name} holds an Elastic IP: ${failure.detail}`);
  }
}

function holdersText({ id }: ElasticIp, holders: AccountHolders): string {
  const names = holdersOf(holders, id).map(holderText);
  const doubt = holders.unasked.length === 0 ? [] : [`${holders.unasked.length} not asked`];
  return [...names, ...doubt].join(", ") || "nobody";
}

function holderText(instance: Instance): string {
  const isRunning = instance.state === "running" || instance.state === null;
  return isRunning ? instanceName(instance) : `${instanceName(instance)} (${instance.state})`;
}

/** For scripts. `holders` is null when nobody asked; `unasked` are the instances that may hold it as well. */
export function elasticIpJson(elasticIp: ElasticIp, holders: AccountHolders | null): Record<string, unknown> {
  const { healthcheck } = elasticIp;
  return {
    ...elasticIp,
    healthcheck: healthcheck === null ? null : healthcheckJson(healthcheck),
    holders:
      holders === null
        ? null
        : holdersOf(holders, elasticIp.id).map(({ id, name, state }) => ({ id, name, state })),
    unasked: holders === null ? null : holders.unasked.map(({ instance: { id, name } }) => ({ id, name })),
  };
}

function kindText({ managed }: ElasticIp): string {
  return managed
    ? "managed: it has a healthcheck, by which Exoscale itself routes, and whose verdict it tells nobody"
    : "manual: traffic goes to whoever holds it";
}

function labelsText(labels: Readonly<Record<string, string>>): string | null {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? null : pairs.join(", ");
}
