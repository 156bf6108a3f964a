/** What a check says of the members: is each instance there, running and able to take the address, and is one left to go to? */
import { askFinding, finding, type Advice } from "../findings.ts";
import type { Finding } from "../provider.ts";
import { isIpv6, addressName } from "./elastic-ip.ts";
import type { HoldersSeen, MemberSeen } from "./reading.ts";
import type { ElasticIp, Instance } from "./wire.ts";

/** @returns at least one finding. */
export function memberFindings(
  { member, result }: MemberSeen,
  elasticIp: ElasticIp,
  advice: Advice,
): readonly Finding[] {
  const what = `instance ${member.instance} of member ${member.name}`;
  if (result.kind === "failed") return [askFinding(`Cannot read the ${what}`, result.failure, advice)];
  const { state } = result.value;
  const findings = [
    state === "running"
      ? finding("ok", `The ${what} exists and is running`)
      : finding(
          "warning",
          `The ${what} is not running: its state is ${state ?? "not given"}`,
          "Start it. A stopped instance keeps an address that it has, and takes no traffic",
        ),
  ];
  if (!fits(result.value, elasticIp)) {
    findings.push(
      finding(
        "error",
        `The ${what} cannot take ${addressName(elasticIp)}, which is an IPv6 address: the instance has no IPv6`,
        "Enable IPv6 on the instance, or use an IPv4 Elastic IP",
      ),
    );
  }
  return findings;
}

/**
 * @returns an error when all that do not hold the address are there and none of them runs: each is a warning by itself, and together
 * they leave nobody to go to.
 */
export function standbyFinding(seen: HoldersSeen, elasticIp: ElasticIp): readonly Finding[] {
  if (seen.kind === "unseen") return [];
  const others = seen.members.filter(({ member }) => !seen.holders.includes(member.name));
  const stopped = others.filter(({ result }) => result.kind === "ok" && result.value.state !== "running");
  // Without any others it is a pool, which goes on with those that are left.
  if (others.length === 0 || stopped.length < others.length) return [];
  const names = stopped.map(({ member }) => member.name).join(", ");
  return [
    finding(
      "error",
      `Nobody could take ${addressName(elasticIp)} over: not running: ${names}`,
      "Start at least one instance that does not hold the address",
    ),
  ];
}

function fits({ ipv6Address }: Instance, elasticIp: ElasticIp): boolean {
  return !isIpv6(elasticIp) || ipv6Address !== null;
}
