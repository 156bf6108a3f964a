/** One command's connection to a Cloud 66 account. */
import type { GroupConfig } from "../../config/config.ts";
import { Secret } from "../../config/secret.ts";
import { createCloud66Client, type Cloud66Client } from "../../providers/cloud66/client.ts";
import type { Cloud66Config } from "../../providers/cloud66/kind.ts";
import { tokenMixUp } from "../../providers/cloud66/token.ts";
import {
  isReadable,
  unreadableText,
  type FailoverGroup,
  type ListedGroup,
} from "../../providers/cloud66/wire.ts";
import type { Advice } from "../../providers/findings.ts";
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
import { answerOf, failedWith } from "../clouds/trouble.ts";
import { usage } from "../exit-codes.ts";

export interface Cloud66Options extends AccountOptions {
  readonly json: boolean;
}

export interface Cloud66Session {
  readonly client: Cloud66Client;
  readonly context: CloudContext;
  readonly known: KnownConfig | null;
  /** Name of the config's provider, or null: the account is the environment's. */
  readonly provider: string | null;
}

/** Opens the account, does the work, and closes the connections whatever comes of it. */
export async function withCloud66<T>(
  options: Cloud66Options,
  context: CloudContext,
  work: (session: Cloud66Session) => Promise<T>,
): Promise<T> {
  const { env, services } = context;
  const { account, known } = chooseAccount("cloud66", options, env, () => fromEnvironment(env));
  const provider = providerName(account);
  refuseMixUp(account.token.reveal(), provider === null ? tokenName : `token of ${provider}`);
  const client = createCloud66Client(account, services);
  try {
    return await work({ client, context, known, provider });
  } finally {
    await client.close();
  }
}

const tokenName = "CLOUD66_ACCESS_TOKEN";

/** @returns the account of the variables, or null when none is set. @throws CliError when the wrong one is set. */
function fromEnvironment(env: NodeJS.ProcessEnv): Cloud66Config | null {
  const token = credentialVariable(tokenName, env);
  if (token === null) {
    if ((env["CLOUD66_TOKEN"] ?? "") === "") return null;
    throw usage(
      `CLOUD66_TOKEN is the base64 of a whole cx.json file, and cannot be used here: set ${tokenName} to the access token that is in that file`,
    );
  }
  return {
    type: "cloud66",
    name: environmentName,
    token: new Secret(token),
    endpoint: endpointOf(env["CLOUD66_API_URL"] ?? ""),
    account: null,
    path: "auto",
  };
}

/** As the official tool reads it: without the path of the API. */
function endpointOf(text: string): string {
  if (text === "") return "https://app.cloud66.com/api/3";
  const { origin, pathname } = urlVariable("CLOUD66_API_URL", text, "https://app.cloud66.com");
  const base = `${origin}${pathname.replace(/\/+$/, "")}`;
  return base.endsWith("/api/3") ? base : `${base}/api/3`;
}

/** @param name of the place where it is from. */
function refuseMixUp(token: string, name: string): void {
  const mixUp = tokenMixUp(token);
  if (mixUp !== null) throw usage(`${name} is ${mixUp}: set it to the access token that is in that file`);
}

export function adviceTo(what: string, { services }: CloudContext): Advice {
  return {
    wallNow: services.wallNow(),
    forbidden: `Use a token that may ${what}: scope public to look, admin to change, of a user who may edit both stacks`,
    credentials:
      "Check the token: it is the access token itself (CLOUD66_ACCESS_TOKEN), not the base64 of a cx.json file (CLOUD66_TOKEN)",
  };
}

/** @throws CliError with exit code 1. */
export async function listAddresses({ client, context }: Cloud66Session): Promise<readonly ListedGroup[]> {
  const listed = await client.listGroups(context.signal);
  return answerOf(listed, "Cannot list the elastic addresses", adviceTo("look", context));
}

/** @returns the one with this uid or address. There is no way to ask for one alone. @throws CliError with exit code 1. */
export async function findAddress(text: string, session: Cloud66Session): Promise<FailoverGroup> {
  const all = await listAddresses(session);
  const found = all.find((group) => group.uid === text || (isReadable(group) && group.address === text));
  if (found !== undefined && isReadable(found)) return found;
  if (found !== undefined) throw failedWith(unreadableText(found), "Look at it in the Cloud 66 dashboard");
  const known = all.map(({ uid }) => uid).join(", ");
  const fix = known === "" ? "It has none" : `It has: ${known}`;
  throw failedWith(`The account has no elastic address ${text}`, fix);
}

/** @returns the groups of the config that move it. */
export function groupsWith(session: Cloud66Session, { uid }: FailoverGroup): readonly GroupConfig[] {
  return groupsOf(session, (address) => address.kind === "failover-group" && address.id === uid);
}
