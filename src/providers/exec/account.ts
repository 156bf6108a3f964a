/** Commands of one's own as an account: all its groups share the number of runs at once. */
import type { Account } from "../account.ts";
import type { ProviderServices } from "../provider.ts";
import { Commands, type CommandAccount } from "./commands.ts";
import { createExecProvider, type ExecManner } from "./provider.ts";

export function openExec(config: CommandAccount & ExecManner, services: ProviderServices): Account {
  const commands = new Commands(config, services);
  return {
    bind: (group) => createExecProvider({ group, commands, manner: config }, services),
    close: () => commands.close(),
  };
}
