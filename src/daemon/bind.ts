/** From the config to providers: one account for each that is used, one provider for each group's address. */
import type { Config } from "../config/config.ts";
import { groupIdentity } from "../config/identity.ts";
import { usesStored } from "../config/stored-healthcheck.ts";
import { openAccount } from "../providers/accounts.ts";
import type { ProviderServices, RequestRecord } from "../providers/provider.ts";
import type { TrafficNews } from "../providers/traffic/news.ts";
import { processRetryBudget, type RetryBudget } from "../providers/traffic/retry-budget.ts";
import { sleep, type Clock } from "./clock.ts";
import type { BoundGroup } from "./group.ts";

export interface Bound {
  readonly groups: readonly BoundGroup[];
  /** Lets go of the providers, their connections for one. */
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

export function bindGroups(config: Config, parts: BindParts): Bound {
  const retryBudget = processRetryBudget();
  const accounts = new Map(
    config.providers.map((provider) => [
      provider.name,
      { provider, account: openAccount(provider, servicesOf(provider.name, parts, retryBudget)) },
    ]),
  );
  const groups = config.groups.map((group): BoundGroup => {
    const found = accounts.get(group.provider);
    if (found === undefined)
      throw new Error(`Cannot bind group ${group.name}: no provider ${group.provider}`);
    const members = group.members.map(({ name, holder }) => ({ name, holder: holder.id }));
    return {
      config: group,
      provider: found.account.bind({
        name: group.name,
        address: group.address.id,
        members,
        usesStored: usesStored(group),
      }),
      identity: groupIdentity(group, found.provider),
    };
  });
  const close = async (): Promise<void> => {
    await Promise.all([...accounts.values()].map(({ account }) => account.close()));
  };
  return { groups, close };
}

function servicesOf(name: string, parts: BindParts, retryBudget: RetryBudget): ProviderServices {
  return {
    now: () => parts.clock.now(),
    wallNow: () => parts.clock.wallNow(),
    random: parts.random,
    sleep: (ms, signal) => sleep(parts.clock, ms, signal),
    onRequest: (record) => parts.onRequest(name, record),
    onTraffic: (news) => parts.onTraffic?.(name, news),
    retryBudget,
  };
}
