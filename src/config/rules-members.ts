/** Rules about the members of a group: who they are, and that they can be told apart. */
import { effectiveCheck, groupsOf, targetKey } from "./effective.ts";
import type { GroupFile, MemberFile } from "./file-shape.ts";
import { canonicalHost } from "./ip.ts";
import type { Rule } from "./problem.ts";
import type { RuleContext } from "./rule-context.ts";
import { providerOf } from "./rules-groups.ts";

export function checkMembers(context: RuleContext): void {
  const addresses = new Map(
    groupsOf(context.file).flatMap(([name, group]) =>
      group["elastic-ip"] === undefined ? [] : [[canonicalHost(group["elastic-ip"]), name] as const],
    ),
  );
  for (const [name, group] of groupsOf(context.file)) {
    if (group.members.length < 2) {
      const text = `a group must have at least two members: got ${group.members.length}`;
      context.error("members-too-few", ["groups", name, "members"], text);
    }
    checkHolders(context, name, group);
    checkHosts(context, name, addresses);
    checkUnique(context, name, "member-name-duplicate", (member) => ({ key: "name", id: member.name }));
    checkUnique(context, name, "instance-duplicate", (member) => ({
      key: "instance",
      id: member.instance?.toLowerCase(),
    }));
    checkUnique(context, name, "stack-duplicate", (member) => ({ key: "stack", id: member.stack }));
  }
}

function checkHolders(context: RuleContext, name: string, group: GroupFile): void {
  const type = providerOf(context, group)?.type;
  if (type === undefined) return;
  const [wanted, wrong] =
    type === "exoscale" ? (["instance", "stack"] as const) : (["stack", "instance"] as const);
  for (const [index, member] of group.members.entries()) {
    const path = ["groups", name, "members", index];
    if (member[wrong] !== undefined) {
      const text = `${wrong} does not go with a provider of type ${type}: use ${wanted}`;
      context.error("holder-kind", [...path, wrong], text);
    } else if (member[wanted] === undefined) {
      context.error(
        "holder-missing",
        path,
        `the member must say what it is at its provider: ${wanted} is missing`,
      );
    }
  }
}

function checkHosts(context: RuleContext, name: string, addresses: ReadonlyMap<string, string>): void {
  const targets = new Map<string, number>();
  for (const [index, member] of (context.file.groups[name]?.members ?? []).entries()) {
    const path = ["groups", name, "members", index, "host"];
    const owner = addresses.get(canonicalHost(member.host));
    if (owner !== undefined) {
      const text = `host must be the member's own: ${context.quote(path)} is the address of group "${owner}", so a probe of it follows the move`;
      context.error("host-is-address", path, text);
    }
    const target = targetKey(member, effectiveCheck(context.file, name, index));
    const first = targets.get(target);
    if (first === undefined) targets.set(target, index);
    else {
      const text = `members ${first + 1} and ${index + 1} are probed at the same target, so they always agree`;
      context.warning("target-duplicate", path, text);
    }
  }
}

function checkUnique(
  context: RuleContext,
  name: string,
  rule: Rule,
  of: (member: MemberFile) => { readonly key: string; readonly id: string | undefined },
): void {
  const seen = new Map<string, number>();
  for (const [index, member] of (context.file.groups[name]?.members ?? []).entries()) {
    const { key, id } = of(member);
    if (id === undefined) continue;
    const first = seen.get(id);
    const path = ["groups", name, "members", index, key];
    if (first === undefined) seen.set(id, index);
    else
      context.error(
        rule,
        path,
        `${key} must be unique in its group: member ${first + 1} has ${context.quote(path)} too`,
      );
  }
}
