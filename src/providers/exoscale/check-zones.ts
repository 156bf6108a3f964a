/** What a check says of an Elastic IP or an instance that the group's own zone does not know. */
import { finding } from "../findings.ts";
import type { Finding } from "../provider.ts";
import type { ExoscaleMember } from "./reading.ts";
import type { Elsewhere } from "./zone-search.ts";

const acrossZones = "an Elastic IP cannot be attached across zones";

/** @param detail what the own zone answered. */
export function missingElasticIpFinding(wanted: string, detail: string, where: Elsewhere): Finding {
  if (where.kind === "found") {
    const { zone, notIn } = where;
    return finding(
      "error",
      `Elastic IP ${wanted} is in zone ${zone}, not in ${notIn}: ${acrossZones}`,
      `Use a provider with zone: ${zone} if the group's instances are there too, else set elastic-ip to one in ${notIn}`,
    );
  }
  return finding(
    "error",
    `Elastic IP ${wanted} does not exist in this zone${norElsewhere(where)}: ${detail}`,
    "Set elastic-ip to an address or id of the zone in the config: Elastic IPs and instances are local to a zone",
  );
}

export function missingInstanceFinding({ name, instance }: ExoscaleMember, where: Elsewhere): Finding {
  const what = `The instance ${instance} of member ${name}`;
  if (where.kind === "found") {
    const { zone, notIn } = where;
    return finding(
      "error",
      `${what} is in zone ${zone}, not in ${notIn}: ${acrossZones}`,
      `Set instance to the id of an instance in ${notIn}, where the Elastic IP is; a group lives in one zone`,
    );
  }
  return finding(
    "error",
    `${what} does not exist in this zone${norElsewhere(where)}`,
    "Set instance to the id of an instance in the zone of the Elastic IP; a deleted one holds no address",
  );
}

function norElsewhere(where: Elsewhere): string {
  return where.kind === "nowhere" && where.asked.length > 0 ? `, nor in ${where.asked.join(", ")}` : "";
}
