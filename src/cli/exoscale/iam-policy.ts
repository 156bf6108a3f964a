/** The IAM policy that is enough for exactly the groups of a config. */
import { isIP } from "node:net";
import type { GroupConfig } from "../../config/config.ts";
import { policyFor } from "../../providers/exoscale/iam-policy.ts";
import type { ExoscaleConfig } from "../../providers/exoscale/kind.ts";
import { providerOf, type AccountOptions } from "../clouds/account.ts";
import type { CloudContext } from "../clouds/context.ts";
import { failedWith } from "../clouds/trouble.ts";
import { configPath, loadConfigAt } from "../config-option.ts";
import { printLine } from "../output.ts";
import { findElasticIp } from "./find.ts";
import { withExoscale } from "./session.ts";

/** Offline, but for groups that name their Elastic IP by its id: a policy knows addresses only. */
export async function printIamPolicy(options: AccountOptions, context: CloudContext): Promise<void> {
  const { env, output } = context;
  const known = loadConfigAt(configPath(options.config, env), env);
  const provider = providerOf("exoscale", known, options.provider);
  const groups = known.config.groups.filter((group) => group.provider === provider.name);
  const moving = groups.filter(({ policy }) => policy.mode !== "shadow");
  const addresses: string[] = [];
  for (const group of moving) addresses.push(await addressOf(group, provider, { options, context }));
  printLine(output.stdout, JSON.stringify(policyFor(addresses), null, 2));
  for (const { name } of groups.filter((group) => !moving.includes(group))) {
    printLine(
      output.stderr,
      `Group ${name} is in mode shadow, so the policy does not allow to move its address`,
    );
  }
}

async function addressOf(
  { name, address }: GroupConfig,
  provider: ExoscaleConfig,
  { options, context }: { readonly options: AccountOptions; readonly context: CloudContext },
): Promise<string> {
  if (address.kind !== "elastic-ip")
    throw new Error(`Group ${name} of an Exoscale provider has no Elastic IP`);
  const text = address.id;
  if (isIP(text) !== 0) return text;
  const asked = { ...options, provider: provider.name, json: false };
  const { ip } = await withExoscale(asked, context, (session) => findElasticIp(text, session));
  if (ip !== null) return ip;
  throw failedWith(`Elastic IP ${text} of group ${name} has no address that a policy could name`, null);
}
