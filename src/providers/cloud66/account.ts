/** A Cloud 66 account: one client, and one list of failover groups, for all groups. */
import type { Account } from "../account.ts";
import type { ProviderServices } from "../provider.ts";
import { createCloud66Client, type Cloud66Account } from "./client.ts";
import { createCloud66Provider } from "./provider.ts";
import type { StackRole } from "./wire.ts";

export function openCloud66(config: Cloud66Account, services: ProviderServices): Account {
  const client = createCloud66Client(config, services);
  return {
    bind: ({ name, address, members }) => {
      const bound = members.map((member) => ({ name: member.name, stack: stackOf(member.holder) }));
      return createCloud66Provider({ name, client, uid: address, members: bound }, services);
    },
    close: () => client.close(),
  };
}

function stackOf(holder: string): StackRole {
  if (holder === "primary" || holder === "secondary") return holder;
  throw new Error(`Cannot bind member: a stack is primary or secondary: got "${holder}"`);
}
