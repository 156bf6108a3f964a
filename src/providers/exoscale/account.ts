/** An Exoscale account in one zone: one client for all groups. */
import type { Account } from "../account.ts";
import type { ProviderServices } from "../provider.ts";
import { createExoscaleClient } from "./client.ts";
import { createExoscaleProvider } from "./provider.ts";
import { ZoneSearch, type ZonedAccount } from "./zone-search.ts";

export function openExoscale(config: ZonedAccount, services: ProviderServices): Account {
  const client = createExoscaleClient(config, services);
  const zones = new ZoneSearch(config, client, services);
  return {
    bind: ({ name, address, members, usesStored }) => {
      const bound = members.map((member) => ({ name: member.name, instance: member.holder }));
      return createExoscaleProvider(
        { name, client, zones, elasticIp: address, members: bound, usesStored },
        services,
      );
    },
    close: async () => {
      await Promise.all([client.close(), zones.close()]);
    },
  };
}
