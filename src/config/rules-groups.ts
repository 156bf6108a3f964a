/** Rules about groups: the address, its provider, and what the group may do by itself. */
import { formatDuration, parseDuration } from "./duration.ts";
import { groupsOf, policyKey } from "./effective.ts";
import type { GroupFile, ProviderFile } from "./file-shape.ts";
import { canonicalHost } from "./ip.ts";
import type { Path } from "./problem.ts";
import type { RuleContext } from "./rule-context.ts";
import { nearest } from "./shape.ts";

/** Time to live of Cloud 66's failover names (its documentation). */
export const dnsTtlMs: number = 300_000;

/** A database promotion usually comes with a flip, so going back waits until every cache has seen the first one, twice. */
export const failbackTtlMs: number = 2 * dnsTtlMs;

export function checkGroups(context: RuleContext): void {
  const groups = groupsOf(context.file);
  if (groups.length === 0 && !context.partial) {
    context.error("groups-empty", ["groups"], "groups must hold at least one group: got none");
  }
  const seen = new Map<string, string>();
  for (const [name, group] of groups) {
    const path = ["groups", name];
    checkDuplicate(context, seen, name);
    const provider = providerOf(context, group);
    if (provider === undefined) checkProviderName(context, group, [...path, "provider"]);
    else checkAddressKind(context, group, provider, path);
    if (provider?.type === "cloud66") checkFlipPolicy(context, name);
    checkPolicy(context, name, provider);
  }
}

/** @returns the provider of a group, undefined when the name leads nowhere. */
export function providerOf(context: RuleContext, group: GroupFile): ProviderFile | undefined {
  const { providers } = context.file;
  return Object.hasOwn(providers, group.provider) ? providers[group.provider] : undefined;
}

function checkProviderName(context: RuleContext, group: GroupFile, path: Path): void {
  const known = Object.keys(context.file.providers);
  const near = context.isReference(path) ? null : nearest(group.provider, known);
  const hint = near === null ? `defined are ${known.join(", ") || "none"}` : `did you mean "${near}"?`;
  context.error("provider-unknown", path, `there is no provider ${context.quote(path)}: ${hint}`);
}

function checkAddressKind(context: RuleContext, group: GroupFile, provider: ProviderFile, path: Path): void {
  const [wanted, wrong] =
    provider.type === "exoscale"
      ? (["elastic-ip", "failover-group"] as const)
      : (["failover-group", "elastic-ip"] as const);
  if (group[wrong] !== undefined) {
    context.error(
      "address-kind",
      [...path, wrong],
      `${wrong} does not go with a provider of type ${provider.type}: use ${wanted}`,
    );
  } else if (group[wanted] === undefined) {
    context.error("address-missing", path, `the group must say which address it moves: ${wanted} is missing`);
  }
}

/** An id and an address may mean the same Elastic IP; only the provider can tell. */
function checkDuplicate(context: RuleContext, seen: Map<string, string>, name: string): void {
  const group = context.file.groups[name];
  for (const key of ["elastic-ip", "failover-group"] as const) {
    const value = group?.[key];
    if (value === undefined) continue;
    const path = ["groups", name, key];
    const id = `${key} ${canonicalHost(value)}`;
    const other = seen.get(id);
    if (other === undefined) seen.set(id, name);
    else {
      const text = `${key} ${context.quote(path)} is the address of group "${other}" already`;
      context.error("address-duplicate", path, text);
    }
  }
}

function checkFlipPolicy(context: RuleContext, name: string): void {
  const holders = policyKey(context.file, name, "holders");
  if (holders?.value === "all-healthy") {
    context.error(
      "holders-flip",
      holders.path,
      `holders: all-healthy does not go with Cloud 66, where one stack holds the address (group "${name}")`,
    );
  }
  const order = policyKey(context.file, name, "order");
  if (order?.value === "detach-first") {
    context.warning(
      "order-flip",
      order.path,
      `order: detach-first changes nothing with Cloud 66, where a move is one call (group "${name}")`,
    );
  }
  const failback = policyKey(context.file, name, "failback");
  const after = failback?.value === "never" ? undefined : failback?.value.after;
  const afterMs = after === undefined ? null : parseDuration(after);
  if (failback === undefined || afterMs === null || afterMs >= failbackTtlMs) return;
  const path = [...failback.path, "after"];
  context.error(
    "failback-ttl",
    path,
    `failback after must be at least ${formatDuration(failbackTtlMs)} with Cloud 66, twice the DNS time to live: got ${context.quote(path)} (group "${name}")`,
  );
}

function checkPolicy(context: RuleContext, name: string, provider: ProviderFile | undefined): void {
  const holders = policyKey(context.file, name, "holders");
  const order = policyKey(context.file, name, "order");
  if (holders?.value === "all-healthy" && order?.value === "detach-first") {
    const path = order.path.length >= holders.path.length ? order.path : holders.path;
    context.error(
      "order-pool",
      path,
      "order: detach-first does not go with holders: all-healthy, where others hold the address during a move",
    );
  }
  const holdDown = policyKey(context.file, name, "hold-down");
  const holdDownMs = holdDown === undefined ? null : parseDuration(holdDown.value);
  if (holdDown === undefined || holdDownMs === null) return;
  const got = context.quote(holdDown.path);
  if (provider?.type === "cloud66" && holdDownMs < dnsTtlMs) {
    const text = `hold-down should be at least ${formatDuration(dnsTtlMs)} with Cloud 66, the DNS time to live: got ${got} (group "${name}")`;
    context.warning("hold-down-short", holdDown.path, text);
  } else if (holdDownMs === 0) {
    context.warning(
      "hold-down-short",
      holdDown.path,
      `hold-down should be longer, or the address may flap: got ${got}`,
    );
  }
}
