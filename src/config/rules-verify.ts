/** Rules about `verify` and `m-of-n`: what the daemon looks for through the address, and beside the strikes. */
import { isIP } from "node:net";
import { kinds } from "../providers/kinds.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { effectiveCheck, groupsOf, policyKey, verifyOf } from "./effective.ts";
import type { GroupFile, VerifyFile } from "./file-shape.ts";
import type { Path } from "./problem.ts";
import type { RuleContext } from "./rule-context.ts";
import { providerOf } from "./rules-groups.ts";
import { addressOf } from "./written.ts";

export function checkVerifications(context: RuleContext): void {
  for (const [name, group] of groupsOf(context.file)) {
    for (const index of group.members.keys()) checkBrownOut(context, name, index);
    const verify = verifyOf(group);
    if (verify === undefined) continue;
    const path = ["groups", name, "verify"];
    checkHost(context, path, group, verify);
    checkWithin(context, path, group, verify);
    if (policyKey(context.file, name, "holders")?.value === "all-healthy") {
      const text = `verify does not go with holders: all-healthy, where any of several may answer (group "${name}")`;
      context.error("verify-pool", path, text);
    }
    if (verify.identity !== undefined) checkIdentity(context, name, verify.identity);
  }
}

function checkHost(context: RuleContext, path: Path, group: GroupFile, verify: VerifyFile): void {
  if (verify.host !== undefined || isIP(addressOf(group)?.id ?? "") !== 0) return;
  const text = "verify must say which address or name clients use, since the group does not: host is missing";
  context.error("verify-host-missing", path, text);
}

function checkWithin(context: RuleContext, path: Path, group: GroupFile, { within }: VerifyFile): void {
  const withinMs = within === undefined ? null : parseDuration(within);
  if (withinMs === null) return;
  const at = [...path, "within"];
  const got = context.quote(at);
  if (withinMs < 1_000) context.error("verify-within-short", at, `within must be at least 1s: got ${got}`);
  const provider = providerOf(context, group);
  if (provider === undefined || withinMs < 1_000) return;
  const { title, manner } = kinds[provider.type];
  const { dnsTtlMs } = manner(provider);
  if (dnsTtlMs !== null && withinMs < dnsTtlMs) {
    const text = `within should be at least ${formatDuration(dnsTtlMs)} with ${title}, the DNS time to live: got ${got}`;
    context.warning("verify-within-short", at, text);
  }
}

function checkIdentity(
  context: RuleContext,
  name: string,
  identity: NonNullable<VerifyFile["identity"]>,
): void {
  const at = ["groups", name, "verify", "identity"];
  for (const [index, member] of (context.file.groups[name]?.members ?? []).entries()) {
    const { mode, method } = effectiveCheck(context.file, name, index).values;
    if (mode === "tcp") {
      const text = `identity needs mode http or https, and member "${member.name}" is probed by tcp`;
      context.error("verify-identity", at, text);
    } else if (identity === "body" && method === "HEAD") {
      const text = `identity: body needs a body, and member "${member.name}" is asked with HEAD`;
      context.error("verify-identity", at, text);
    }
  }
}

function checkBrownOut(context: RuleContext, name: string, index: number): void {
  const check = effectiveCheck(context.file, name, index);
  const rule = check.values["m-of-n"];
  const at = check.origin.get("m-of-n")?.path;
  if (rule === undefined || at === undefined || rule.fails <= rule.of) return;
  const text = `m-of-n must ask for at most as many fails as it looks at: ${rule.fails} > ${rule.of}`;
  context.error("m-of-n-order", at, text);
}
