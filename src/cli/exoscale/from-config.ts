/** `elastic-ip update --from-config`: the healthcheck of the config's group, written to Exoscale where that can be. */
import { addressName } from "../../providers/exoscale/elastic-ip.ts";
import { healthcheckText, type ElasticIpHealthcheck } from "../../providers/exoscale/healthcheck.ts";
import { mirrorOf } from "../../providers/exoscale/mirror.ts";
import type { ElasticIp } from "../../providers/exoscale/wire.ts";
import { printLine } from "../output.ts";
import { usage } from "../exit-codes.ts";
import { groupsWith, type ExoscaleSession } from "./session.ts";
import { isProbed } from "../../config/stored-healthcheck.ts";

/** @throws CliError with exit code 2 when no group or several are meant, or when Exoscale would judge otherwise than we do. */
export function healthcheckFromConfig(elasticIp: ElasticIp, session: ExoscaleSession): ElasticIpHealthcheck {
  const groups = groupsWith(session, elasticIp);
  const [group] = groups;
  if (group === undefined || groups.length > 1) {
    const names = groups.map(({ name }) => name).join(", ");
    const there = group === undefined ? "has none" : `has several: ${names}`;
    throw usage(
      `--from-config needs a config with one group whose address is ${addressName(elasticIp)}: ${session.known?.path ?? "the config"} ${there}`,
    );
  }
  const probed = group.members.filter(isProbed);
  if (probed.length < group.members.length) {
    throw usage(
      `--from-config has nothing to write: group ${group.name} takes its healthcheck from the Elastic IP itself (healthcheck: from-elastic-ip). Change it with the --healthcheck options; the daemon follows`,
    );
  }
  const { check, unlike, left } = mirrorOf(probed);
  if (unlike.length > 0) {
    throw usage(
      `The healthcheck of group ${group.name} cannot be written to Exoscale, which would judge otherwise:\n${unlike.map((text) => `- ${text}`).join("\n")}`,
    );
  }
  const { stderr } = session.context.output;
  printLine(stderr, `Healthcheck of group ${group.name}: ${healthcheckText(check)}`);
  if (left.length > 0)
    printLine(stderr, `Not written, since Exoscale has nothing like it: ${left.join(", ")}`);
  return check;
}
