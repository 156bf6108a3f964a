/**
 * Whose account a command speaks for: a provider of the config, or the environment variables of the clouds' own tools.
 *
 *   --config, --provider or $FAILOVERD_CONFIG    the config's provider
 *   else the tools' variables, when they are set the environment
 *   else the default config                      its provider
 */
import { existsSync } from "node:fs";
import type { Config, GroupConfig } from "../../config/config.ts";
import { isLoopback } from "../../config/ip.ts";
import { loadConfigFile } from "../../config/load.ts";
import type { ProviderConfig } from "../../providers/kinds.ts";
import { configPath, loadConfigAt } from "../config-option.ts";
import { usage, type CliError } from "../exit-codes.ts";

export interface AccountOptions {
  readonly config?: string;
  readonly provider?: string;
}

export interface Account<T> {
  readonly account: T;
  /** The config that tells which addresses the daemon moves. Null: there is none that can be read. */
  readonly known: KnownConfig | null;
}

export interface KnownConfig {
  readonly config: Config;
  readonly path: string;
}

/** The clouds that have commands of their own. */
type CloudConfig = Extract<ProviderConfig, { type: keyof typeof variables }>;
type Type = CloudConfig["type"];
type ConfigOf<T extends Type> = Extract<CloudConfig, { type: T }>;

/**
 * @param fromEnvironment finds the account in the variables, null when none of them is set; throws when they are half set.
 * @throws CliError with exit code 2 and what to set.
 */
export function chooseAccount<T extends Type>(
  type: T,
  options: AccountOptions,
  env: NodeJS.ProcessEnv,
  fromEnvironment: () => ConfigOf<T> | null,
): Account<ConfigOf<T>> {
  const path = configPath(options.config, env);
  const wantsConfig =
    options.config !== undefined || options.provider !== undefined || env["FAILOVERD_CONFIG"] !== undefined;
  if (!wantsConfig) {
    const account = fromEnvironment();
    if (account !== null) return { account, known: knownConfig(path, env) };
    if (!existsSync(path)) throw noAccount(type, path);
  }
  const known = loadConfigAt(path, env);
  return { account: providerOf(type, known, options.provider), known };
}

/** The config next to the environment only adds warnings, so one that cannot be used is no trouble. */
function knownConfig(path: string, env: NodeJS.ProcessEnv): KnownConfig | null {
  const { result } = loadConfigFile(path, env);
  return "ok" in result ? { config: result.ok, path } : null;
}

/** @returns the provider of this type: the one that is named, or the only one. @throws CliError with exit code 2. */
export function providerOf<T extends Type>(
  type: T,
  known: KnownConfig,
  name: string | undefined,
): ConfigOf<T> {
  const { config, path } = known;
  const all = config.providers.filter((provider): provider is ConfigOf<T> => provider.type === type);
  const names = all.map((provider) => provider.name).join(", ");
  const found = name === undefined ? all[0] : all.find((provider) => provider.name === name);
  if (all.length === 0) throw usage(`${path} has no provider of type ${type}`);
  if (found === undefined)
    throw usage(`--provider must be one of type ${type} in ${path} (${names}): "${name}"`);
  if (name === undefined && all.length > 1) {
    throw usage(`${path} has several providers of type ${type}: choose one with --provider: ${names}`);
  }
  return found;
}

/** What an account of the variables is called; no provider of a config can have this name. */
export const environmentName = "the environment";

/** @returns name of the config's provider, or null: the account is the environment's. */
export function providerName({ name }: Pick<ProviderConfig, "name">): string | null {
  return name === environmentName ? null : name;
}

/** @param provider as `providerName` says; null: those of any. @returns the groups whose address is meant. */
export function groupsOf(
  { known, provider }: Pick<Account<unknown>, "known"> & { readonly provider: string | null },
  isMeant: (address: GroupConfig["address"]) => boolean,
): readonly GroupConfig[] {
  const groups = known?.config.groups ?? [];
  return groups.filter(
    (group) => (provider === null || group.provider === provider) && isMeant(group.address),
  );
}

const variables = {
  exoscale: "EXOSCALE_API_KEY, EXOSCALE_API_SECRET and EXOSCALE_ZONE",
  cloud66: "CLOUD66_ACCESS_TOKEN",
} as const;

function noAccount(type: Type, path: string): CliError {
  return usage(
    `No credentials: set ${variables[type]}, or name a config with --config FILE (there is no ${path})`,
  );
}

/** @returns the variable's text, or null when it is not set or empty. @throws CliError when it cannot be a credential. */
export function credentialVariable(name: string, env: NodeJS.ProcessEnv): string | null {
  const text = env[name] ?? "";
  if (text === "") return null;
  if (/^[\x21-\x7e]{1,4096}$/.test(text)) return text;
  throw usage(`${name} must be text without spaces and line breaks, at most 4096 characters`);
}

/** @returns the variable's URL: https, or http on loopback only, since credentials go there. @throws CliError when it is none. */
export function urlVariable(name: string, text: string, example: string): URL {
  const url = URL.parse(text);
  const isHttp =
    url?.protocol === "https:" ||
    (url?.protocol === "http:" && isLoopback(url.hostname.replace(/^\[(.*)\]$/, "$1")));
  if (url !== null && isHttp && url.username + url.password + url.search + url.hash === "") return url;
  throw usage(`${name} must be an https URL such as ${example}`);
}
