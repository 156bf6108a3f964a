/** An Exoscale account in one zone: one client for all groups. */
import type { Account } from "../account.ts";
import type { ProviderServices } from "../provider.ts";
import { createExoscaleClient, type ExoscaleAccount } from "./client.ts";
import { createExoscaleProvider } from "./provider.ts";

export function openExoscale(config: ExoscaleAccount, services: ProviderServices): Account {
  const client = createExoscaleClient(config, services);
  return {
    bind: ({ name, address, members, usesStored }) => {
      const bound = members.map((member) => ({ name: member.name, instance: member.holder }));
      return createExoscaleProvider(
        { name, client, elasticIp: address, members: bound, usesStored },
        services,
      );
    },
    close: () => client.close(),
  };
}
