/** Who a group is at its provider, so that the journal of another account, zone or set of members is not taken for ours. */
import { createHash } from "node:crypto";
import { kinds, type ProviderConfig } from "../providers/kinds.ts";
import type { GroupConfig } from "./config.ts";

/**
 * Made of the provider's type and what tells its account from others, the address, and who each member is there. The
 * order of preference, targets and policy may change without the group becoming another one. No secret is part of it.
 *
 * @returns 64 hexadecimal digits.
 */
export function groupIdentity(group: GroupConfig, provider: ProviderConfig): string {
  const parts = [
    provider.type,
    ...kinds[provider.type].identity(provider),
    group.address.id,
    group.members.map(({ name, holder }) => `${name}=${holder.id}`).toSorted(),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
