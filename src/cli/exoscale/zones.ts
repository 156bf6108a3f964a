/** The zones that there are. Anyone may ask, so no credentials are needed, and none are sent. */
import { createExoscaleClient } from "../../providers/exoscale/client.ts";
import { budgetOf, type CloudContext } from "../clouds/context.ts";
import { printTable } from "../clouds/print.ts";
import { answerOf } from "../clouds/trouble.ts";
import { printJson } from "../output.ts";
import { chooseAccount, type AccountOptions } from "../clouds/account.ts";
import { adviceOn, fromEnvironment, placeOf } from "./session.ts";

export interface ZoneOptions extends AccountOptions {
  readonly json: boolean;
}

export async function listZones(options: ZoneOptions, context: CloudContext): Promise<void> {
  const nobody = { reveal: () => "" };
  const account = { endpoint: endpointFor(options, context.env), apiKey: nobody, apiSecret: nobody };
  const client = createExoscaleClient(account, context.services);
  try {
    const listed = await client.listZones(budgetOf(context));
    const zones = answerOf(listed, "Cannot list the zones", adviceOn("list-zones", context));
    if (options.json) return printJson(context.output, zones);
    const rows = zones.map(({ name, apiEndpoint }) => [name, apiEndpoint ?? ""]);
    printTable(context.output, ["ZONE", "API"], rows, "Exoscale names no zone");
  } finally {
    await client.close();
  }
}

/** Every zone's API tells all zones. */
const anyZone = "ch-gva-2";

function endpointFor(options: ZoneOptions, env: NodeJS.ProcessEnv): string {
  const named = options.config ?? options.provider ?? env["FAILOVERD_CONFIG"];
  if (named !== undefined) {
    return chooseAccount("exoscale", options, env, () => fromEnvironment(env, undefined)).account.endpoint;
  }
  const isPlaced = [env["EXOSCALE_API_ENDPOINT"], env["EXOSCALE_ZONE"]].some((text) => (text ?? "") !== "");
  return placeOf(env, isPlaced ? undefined : anyZone).endpoint;
}
