/** Rules about groups: the address, its provider, and what the group may do by itself. */
import { formatDuration, parseDuration } from "./duration.ts";
import { kinds, type ProviderFile } from "../providers/kinds.ts";
import { groupsOf, policyKey } from "./effective.ts";
import type { GroupFile, MemberFile } from "./file-shape.ts";
import type { Manner } from "./kind.ts";
import type { Path } from "./problem.ts";
import type { RuleContext } from "./rule-context.ts";
import { nearest } from "./shape.ts";
import { canonical, ownKeys, written } from "./written.ts";

/** A database promotion usually comes with a flip, so going back waits until every cache has seen the first one, twice. */
export function failbackLeastMs({ dnsTtlMs }: Manner): number {
  return 2 * (dnsTtlMs ?? 0);
}

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
    checkOrder(context, name);
    if (provider === undefined) checkProviderName(context, group, [...path, "provider"]);
    else {
      checkAddressKind(context, group, provider, path);
      checkManner(context, name, provider);
    }
    checkHoldDown(context, name, provider);
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
  const { key } = kinds[provider.type].address;
  const wrong = strangeKey(group, provider, "address");
  if (wrong !== undefined) {
    const text = `${wrong} does not go with a provider of type ${provider.type}: use ${key}`;
    context.error("address-kind", [...path, wrong], text);
  } else if (written(group, key) === undefined) {
    context.error("address-missing", path, `the group must say which address it moves: ${key} is missing`);
  }
}

/** @returns a key that goes with another kind of provider. */
export function strangeKey(
  at: GroupFile | MemberFile,
  { type }: ProviderFile,
  of: "address" | "holder",
): string | undefined {
  const own = kinds[type][of].key;
  return ownKeys(of).find(({ key }) => key !== own && written(at, key) !== undefined)?.key;
}

/** An id and an address may mean the same Elastic IP; only the provider can tell. */
function checkDuplicate(context: RuleContext, seen: Map<string, string>, name: string): void {
  const group = context.file.groups[name];
  for (const own of ownKeys("address")) {
    const { key } = own;
    const value = group === undefined ? undefined : written(group, key);
    if (value === undefined) continue;
    const path = ["groups", name, key];
    const id = `${key} ${canonical(own, value)}`;
    const other = seen.get(id);
    if (other === undefined) seen.set(id, name);
    else {
      const text = `${key} ${context.quote(path)} is the address of group "${other}" already`;
      context.error("address-duplicate", path, text);
    }
  }
}

/** What goes with how an address moves at this provider. */
function checkManner(context: RuleContext, name: string, provider: ProviderFile): void {
  const { title, holder, manner } = kinds[provider.type];
  const { flip, dnsTtlMs } = manner(provider);
  const holders = policyKey(context.file, name, "holders");
  if (flip !== null && holders?.value === "all-healthy") {
    const text = `holders: all-healthy does not go with ${flip}, where one ${holder.key} has the address (group "${name}")`;
    context.error("holders-flip", holders.path, text);
  }
  const order = policyKey(context.file, name, "order");
  if (flip !== null && order?.value === "detach-first") {
    const text = `order: detach-first changes nothing with ${flip}, where a move is one call (group "${name}")`;
    context.warning("order-flip", order.path, text);
  }
  if (dnsTtlMs !== null)
    checkFailback(context, name, { title, leastMs: failbackLeastMs({ flip, dnsTtlMs }) });
}

function checkFailback(
  context: RuleContext,
  name: string,
  { title, leastMs }: { readonly title: string; readonly leastMs: number },
): void {
  const failback = policyKey(context.file, name, "failback");
  const after = failback?.value === "never" ? undefined : failback?.value.after;
  const afterMs = after === undefined ? null : parseDuration(after);
  if (failback === undefined || afterMs === null || afterMs >= leastMs) return;
  const path = [...failback.path, "after"];
  const text = `failback after must be at least ${formatDuration(leastMs)} with ${title}, twice the DNS time to live: got ${context.quote(path)} (group "${name}")`;
  context.error("failback-ttl", path, text);
}

function checkOrder(context: RuleContext, name: string): void {
  const holders = policyKey(context.file, name, "holders");
  const order = policyKey(context.file, name, "order");
  if (holders?.value !== "all-healthy" || order?.value !== "detach-first") return;
  const path = order.path.length >= holders.path.length ? order.path : holders.path;
  const text =
    "order: detach-first does not go with holders: all-healthy, where others hold the address during a move";
  context.error("order-pool", path, text);
}

function checkHoldDown(context: RuleContext, name: string, provider: ProviderFile | undefined): void {
  const holdDown = policyKey(context.file, name, "hold-down");
  const holdDownMs = holdDown === undefined ? null : parseDuration(holdDown.value);
  if (holdDown === undefined || holdDownMs === null) return;
  const got = context.quote(holdDown.path);
  const kind = provider === undefined ? undefined : kinds[provider.type];
  const dnsTtlMs = provider === undefined ? null : (kind?.manner(provider).dnsTtlMs ?? null);
  if (dnsTtlMs !== null && holdDownMs < dnsTtlMs) {
    const text = `hold-down should be at least ${formatDuration(dnsTtlMs)} with ${kind?.title}, the DNS time to live: got ${got} (group "${name}")`;
    context.warning("hold-down-short", holdDown.path, text);
  } else if (holdDownMs === 0) {
    const text = `hold-down should be longer, or the address may flap: got ${got}`;
    context.warning("hold-down-short", holdDown.path, text);
  }
}
