/** Who a group is at its provider, so that the journal of another account, zone or set of members is not taken for ours. */
import { createHash } from "node:crypto";
import type { GroupConfig, HolderConfig, ProviderConfig } from "./config.ts";

/**
 * Made of the provider's type, endpoint and zone or account, the address, and which member is which instance or stack. The
 * order of preference, targets and policy may change without the group becoming another one. No secret is part of it.
 *
 * @returns 64 hexadecimal digits.
 */
export function groupIdentity(group: GroupConfig, provider: ProviderConfig): string {
  const { address } = group;
  const parts = [
    provider.type,
    provider.endpoint,
    provider.type === "exoscale" ? provider.zone : provider.account,
    address.kind === "elastic-ip" ? address.elasticIp : address.uid,
    group.members.map(({ name, holder }) => `${name}=${holderId(holder)}`).toSorted(),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function holderId(holder: HolderConfig): string {
  return holder.kind === "instance" ? holder.instance : holder.stack;
}
