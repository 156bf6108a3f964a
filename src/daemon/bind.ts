/** From the config to providers: one client for each account, one provider for each group's address. */
import type { Cloud66Config, Config, ExoscaleConfig, GroupConfig, HolderConfig } from "../config/config.ts";
import { createCloud66Client, type Cloud66Client } from "../providers/cloud66/client.ts";
import { createCloud66Provider } from "../providers/cloud66/provider.ts";
import { createExoscaleClient, type ExoscaleClient } from "../providers/exoscale/client.ts";
import { createExoscaleProvider } from "../providers/exoscale/provider.ts";
import type { Provider, ProviderServices, RequestRecord } from "../providers/provider.ts";
import type { TrafficNews } from "../providers/traffic/news.ts";
import { processRetryBudget, type RetryBudget } from "../providers/traffic/retry-budget.ts";
import { sleep, type Clock } from "./clock.ts";
import type { BoundGroup } from "./group.ts";
import { groupIdentity } from "../config/identity.ts";
import { usesStored } from "../config/stored-healthcheck.ts";

export interface Bound {
  readonly groups: readonly BoundGroup[];
  /** Closes the connections to the providers. */
  close(): Promise<void>;
}

export interface BindParts {
  readonly clock: Clock;
  /** 0 ≤ x < 1; for jitter. */
  readonly random: () => number;
  readonly onRequest: (provider: string, record: RequestRecord) => void;
  /** Told when an account asks again, or holds questions back. Default: nobody is told. */
  readonly onTraffic?: (provider: string, news: TrafficNews) => void;
}

type Account =
  | { readonly type: "exoscale"; readonly client: ExoscaleClient; readonly services: ProviderServices }
  | { readonly type: "cloud66"; readonly client: Cloud66Client; readonly services: ProviderServices };

export function bindGroups(config: Config, parts: BindParts): Bound {
  const retryBudget = processRetryBudget();
  const accounts = new Map(
    config.providers.map((account) => [account.name, openAccount(account, parts, retryBudget)]),
  );
  const groups = config.groups.map((group): BoundGroup => {
    const account = accounts.get(group.provider);
    const provider = config.providers.find(({ name }) => name === group.provider);
    if (account === undefined || provider === undefined)
      throw new Error(`Cannot bind group ${group.name}: no provider ${group.provider}`);
    const identity = groupIdentity(group, provider);
    return { config: group, provider: bind(group, account), identity };
  });
  const close = async (): Promise<void> => {
    await Promise.all([...accounts.values()].map((account) => account.client.close()));
  };
  return { groups, close };
}

function openAccount(
  config: ExoscaleConfig | Cloud66Config,
  parts: BindParts,
  retryBudget: RetryBudget,
): Account {
  const services: ProviderServices = {
    now: () => parts.clock.now(),
    wallNow: () => parts.clock.wallNow(),
    random: parts.random,
    sleep: (ms, signal) => sleep(parts.clock, ms, signal),
    onRequest: (record) => parts.onRequest(config.name, record),
    onTraffic: (news) => parts.onTraffic?.(config.name, news),
    retryBudget,
  };
  return config.type === "exoscale"
    ? { type: "exoscale", client: createExoscaleClient(config, services), services }
    : { type: "cloud66", client: createCloud66Client(config, services), services };
}

/** The config's rules across fields have made sure that group, members and account are of one kind. */
function bind(group: GroupConfig, account: Account): Provider {
  const { name, address, members } = group;
  if (account.type === "exoscale" && address.kind === "elastic-ip") {
    const { client, services } = account;
    const bound = members.map((member) => ({ name: member.name, instance: instanceOf(member.holder) }));
    const stored = { elasticIp: address.elasticIp, usesStored: usesStored(group) };
    return createExoscaleProvider({ name, client, members: bound, ...stored }, services);
  }
  if (account.type === "cloud66" && address.kind === "failover-group") {
    const { client, services } = account;
    const bound = members.map((member) => ({ name: member.name, stack: stackOf(member.holder) }));
    return createCloud66Provider({ name, client, uid: address.uid, members: bound }, services);
  }
  throw new Error(`Cannot bind group ${group.name}: its address is no ${account.type} address`);
}

function instanceOf(holder: HolderConfig): string {
  if (holder.kind === "instance") return holder.instance;
  throw new Error("Cannot bind member: an instance was expected");
}

function stackOf(holder: HolderConfig): "primary" | "secondary" {
  if (holder.kind === "stack") return holder.stack;
  throw new Error("Cannot bind member: a stack was expected");
}
