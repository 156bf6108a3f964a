/** What goes around every change of an Elastic IP: a word before it, and what is there after it. */
import { addressName } from "../../providers/exoscale/elastic-ip.ts";
import type { ElasticIp, Instance } from "../../providers/exoscale/wire.ts";
import { budgetOf } from "../clouds/context.ts";
import { answerOf } from "../clouds/trouble.ts";
import { CliError } from "../exit-codes.ts";
import { printJson, printLine } from "../output.ts";
import type { ChangeOptions } from "./carry-out.ts";
import { adviceOn, groupsWith, type ExoscaleSession } from "./session.ts";
import { printElasticIp } from "./show.ts";

/** What is there once it is done; the holders go with it. That it cannot be shown does not undo it. */
export async function printNow(id: string, options: ChangeOptions, session: ExoscaleSession): Promise<void> {
  const { client, context } = session;
  try {
    const asked = await client.getElasticIp(id, budgetOf(context));
    const now = answerOf(asked, "Cannot read the Elastic IP", adviceOn("get-elastic-ip", context));
    await printElasticIp(now, session, options.json);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    printLine(context.output.stderr, `Warning: it was done, but cannot be shown. ${error.message}`);
    if (options.json) printJson(context.output, { id });
  }
}

/**
 * Whoever changes the address of a group by hand should know that a daemon watches it.
 * @param to who is to have it, if that is what is done.
 */
export function warnOfGroups(
  elasticIp: ElasticIp,
  session: ExoscaleSession,
  consequence: string,
  to?: Instance,
): void {
  for (const { name, members } of groupsWith(session, elasticIp)) {
    const member = members.find(
      ({ holder }) => holder.kind === "instance" && holder.id.toLowerCase() === to?.id.toLowerCase(),
    );
    const properly = `failoverd switchover ${name}${member === undefined ? "" : ` ${member.name}`} --reason "…"`;
    printLine(
      session.context.output.stderr,
      `Warning: the daemon moves ${addressName(elasticIp)} for group ${name} of ${session.known?.path}; ` +
        `${consequence}. To let it move the address itself: ${properly}`,
    );
  }
}

export function showCommand(elasticIp: ElasticIp): string {
  return `failoverd exoscale elastic-ip show ${addressName(elasticIp)}`;
}
