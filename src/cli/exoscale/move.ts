/** Attach and detach, by hand. */
import type { Change } from "../../providers/exoscale/change.ts";
import { addressName, hasElasticIp } from "../../providers/exoscale/elastic-ip.ts";
import { holdersOf } from "../../providers/exoscale/holders.ts";
import { stepChange } from "../../providers/exoscale/step.ts";
import type { ElasticIp, Instance } from "../../providers/exoscale/wire.ts";
import { confirmDestructive, type CloudContext } from "../clouds/context.ts";
import { printLine } from "../output.ts";
import { printNow, showCommand, warnOfGroups } from "./around.ts";
import { carryOutOrder, type ChangeOptions, type SureOptions } from "./carry-out.ts";
import { findElasticIp, findInstance, instanceName } from "./find.ts";
import { withExoscale, type ExoscaleSession } from "./session.ts";
import { allHolders } from "./show.ts";

const byHand = "it will take this for a change by hand and hold";
const takenOff = `${byHand}, but an address that nobody holds is attached again within about a minute and a half: pause the group first`;

export function attach(
  text: string,
  instanceText: string,
  options: ChangeOptions,
  context: CloudContext,
): Promise<void> {
  return withExoscale(options, context, async (session) => {
    const [elasticIp, instance] = await pair(text, instanceText, session);
    const { output } = context;
    const { state } = instance;
    if (state !== null && state !== "running") {
      printLine(output.stderr, `Warning: ${instanceName(instance)} is ${state}, so it answers nobody`);
    }
    warnOfGroups(elasticIp, session, byHand, instance);
    await move("attach", elasticIp, instance, { options, session });
  });
}

export function detach(
  text: string,
  instanceText: string,
  options: SureOptions,
  context: CloudContext,
): Promise<void> {
  return withExoscale(options, context, async (session) => {
    const [elasticIp, instance] = await pair(text, instanceText, session);
    const [address, name] = [addressName(elasticIp), instanceName(instance)];
    const holders = holdersOf(await allHolders(session), elasticIp.id);
    const others = holders.filter(({ id }) => id !== instance.id).map(instanceName);
    const holds = hasElasticIp(instance, elasticIp) ? "" : ` ${name} does not seem to hold it.`;
    const rest = others.length === 0 ? "Nobody holds it then." : `${others.join(", ")} still holds it then.`;
    warnOfGroups(elasticIp, session, takenOff);
    await confirmDestructive(`Detach ${address} from ${name}?${holds} ${rest}`, options.yes, context);
    await move("detach", elasticIp, instance, { options, session });
  });
}

async function move(
  verb: "attach" | "detach",
  elasticIp: ElasticIp,
  instance: Instance,
  { options, session }: { readonly options: ChangeOptions; readonly session: ExoscaleSession },
): Promise<void> {
  const change: Change = stepChange(session.client, { verb, elasticIp, instance: instance.id });
  const done = await carryOutOrder(
    {
      change,
      operation: verb === "attach" ? "attach-instance-to-elastic-ip" : "detach-instance-from-elastic-ip",
      fix: `See what is so now: ${showCommand(elasticIp)}`,
      look: showCommand(elasticIp),
    },
    options,
    session,
  );
  if (done !== null) await printNow(elasticIp.id, options, session);
}

async function pair(
  text: string,
  instanceText: string,
  session: ExoscaleSession,
): Promise<[ElasticIp, Instance]> {
  return [await findElasticIp(text, session), await findInstance(instanceText, session)];
}
