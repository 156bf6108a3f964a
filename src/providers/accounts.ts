/** From the config of a provider to its account. Opening one asks nothing yet. */
import type { Account } from "./account.ts";
import { openCloud66 } from "./cloud66/account.ts";
import { openExec } from "./exec/account.ts";
import { openExoscale } from "./exoscale/account.ts";
import type { ProviderConfig } from "./kinds.ts";
import type { ProviderServices } from "./provider.ts";

export function openAccount(config: ProviderConfig, services: ProviderServices): Account {
  switch (config.type) {
    case "exoscale":
      return openExoscale(config, services);
    case "cloud66":
      return openCloud66(config, services);
    case "exec":
      return openExec(config, services);
  }
}
