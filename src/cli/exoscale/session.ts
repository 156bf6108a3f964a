/** One command's connection to an Exoscale account and zone. */
import { exoscaleZoneName } from "../../core/exoscale-zones.ts";
import type { GroupConfig } from "../../config/config.ts";
import { canonicalHost } from "../../config/ip.ts";
import { Secret } from "../../config/secret.ts";
import type { Advice } from "../../providers/findings.ts";
import { createExoscaleClient, type ExoscaleClient } from "../../providers/exoscale/client.ts";
import type { ExoscaleConfig } from "../../providers/exoscale/kind.ts";
import type { ElasticIp } from "../../providers/exoscale/wire.ts";
import {
  chooseAccount,
  credentialVariable,
  environmentName,
  groupsOf,
  providerName,
  urlVariable,
  type AccountOptions,
  type KnownConfig,
} from "../clouds/account.ts";
import type { CloudContext } from "../clouds/context.ts";
import { usage } from "../exit-codes.ts";

export interface ExoscaleOptions extends AccountOptions {
  readonly zone?: string;
  readonly json: boolean;
}

export interface ExoscaleSession {
  readonly client: ExoscaleClient;
  readonly context: CloudContext;
  readonly zone: string;
  readonly known: KnownConfig | null;
  /** Name of the config's provider, or null: the account is the environment's. */
  readonly provider: string | null;
}

/** Opens the account, does the work, and closes the connections whatever comes of it. */
export async function withExoscale<T>(
  options: ExoscaleOptions,
  context: CloudContext,
  work: (session: ExoscaleSession) => Promise<T>,
): Promise<T> {
  const { env } = context;
  const { account, known } = chooseAccount("exoscale", options, env, () =>
    fromEnvironment(env, options.zone),
  );
  const provider = providerName(account);
  if (provider !== null && options.zone !== undefined && options.zone !== account.zone) {
    throw usage(`--zone goes with the environment variables: provider ${provider} is in ${account.zone}`);
  }
  const client = createExoscaleClient(account, context.services);
  try {
    return await work({ client, context, zone: account.zone, known, provider });
  } finally {
    await client.close();
  }
}

/** @returns the account of the official tools' variables, or null when none is set. @throws CliError when they are half set. */
export function fromEnvironment(
  env: NodeJS.ProcessEnv,
  zoneOption: string | undefined,
): ExoscaleConfig | null {
  const key = credentialVariable("EXOSCALE_API_KEY", env);
  const secret = credentialVariable("EXOSCALE_API_SECRET", env);
  if (key === null && secret === null) return null;
  if (key === null || secret === null) {
    const missing = key === null ? "EXOSCALE_API_KEY" : "EXOSCALE_API_SECRET";
    throw usage(`EXOSCALE_API_KEY and EXOSCALE_API_SECRET belong together: ${missing} is not set`);
  }
  return {
    type: "exoscale",
    name: environmentName,
    apiKey: new Secret(key),
    apiSecret: new Secret(secret),
    ...placeOf(env, zoneOption),
  };
}

/** @returns zone and base URL. @throws CliError with exit code 2 when nothing says which. */
export function placeOf(
  env: NodeJS.ProcessEnv,
  zoneOption: string | undefined,
): { readonly zone: string; readonly endpoint: string } {
  const given = env["EXOSCALE_API_ENDPOINT"] ?? "";
  const zone = zoneOption ?? env["EXOSCALE_ZONE"] ?? "";
  if (zone !== "" && !exoscaleZoneName.test(zone)) {
    throw usage(`The zone must be the name of one, such as ch-gva-2: "${zone}"`);
  }
  // The zone that is asked for on the command line is meant, whatever the environment's endpoint is.
  if (given !== "" && zoneOption === undefined) {
    return { endpoint: endpointOf(given), zone: zone === "" ? (zoneOfEndpoint(given) ?? "?") : zone };
  }
  if (zone !== "") return { zone, endpoint: `https://api-${zone}.exoscale.com/v2` };
  throw usage("Which zone? Elastic IPs are local to one: set EXOSCALE_ZONE, or add --zone, such as ch-gva-2");
}

function endpointOf(text: string): string {
  const name = "EXOSCALE_API_ENDPOINT";
  const { origin, pathname } = urlVariable(name, text, "https://api-ch-gva-2.exoscale.com/v2");
  const path = pathname.replace(/\/+$/, "");
  if (path.endsWith("/v2")) return `${origin}${path}`;
  throw usage(`${name} must end in /v2, the API that has Elastic IPs: its path is "${path}"`);
}

function zoneOfEndpoint(text: string): string | null {
  return /^https:\/\/api-([a-z0-9-]+)\.exoscale\.com\//.exec(text)?.[1] ?? null;
}

/** @returns what to advise when this operation is refused. */
export function adviceOn(operation: string, { services }: CloudContext): Advice {
  return {
    wallNow: services.wallNow(),
    forbidden: `Allow the operation ${operation} of the service compute in the IAM role of the key`,
    credentials: "Check the API key and its secret: they must belong together",
  };
}

/** @returns the groups whose address the Elastic IP is. */
export function groupsWith(
  session: Pick<ExoscaleSession, "known" | "provider">,
  { id, ip, cidr }: Pick<ElasticIp, "id" | "ip" | "cidr">,
): readonly GroupConfig[] {
  const names = new Set([id, ip, cidr].flatMap((text) => (text === null ? [] : [canonicalHost(text)])));
  return groupsOf(
    session,
    (address) => address.kind === "elastic-ip" && names.has(canonicalHost(address.id)),
  );
}
