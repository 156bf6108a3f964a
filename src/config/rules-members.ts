/** Rules about the members of a group: who they are, and that they can be told apart. */
import { isIP } from "node:net";
import { kinds } from "../providers/kinds.ts";
import { effectiveCheck, groupsOf, probedAs } from "./effective.ts";
import type { GroupFile, MemberFile } from "./file-shape.ts";
import { canonicalHost } from "./ip.ts";
import type { Rule } from "./problem.ts";
import type { RuleContext } from "./rule-context.ts";
import { providerOf, strangeKey } from "./rules-groups.ts";
import { addressOf, canonical, ownKeys, written } from "./written.ts";

export function checkMembers(context: RuleContext): void {
  const addresses = new Map(
    groupsOf(context.file).flatMap(([name, group]) => {
      const id = addressOf(group)?.id ?? "";
      return isIP(id) === 0 ? [] : [[canonicalHost(id), name] as const];
    }),
  );
  for (const [name, group] of groupsOf(context.file)) {
    if (group.members.length < 2) {
      const text = `a group must have at least two members: got ${group.members.length}`;
      context.error("members-too-few", ["groups", name, "members"], text);
    }
    checkHolders(context, name, group);
    checkHosts(context, name, addresses);
    checkUnique(context, name, "member-name-duplicate", (member) => ({ key: "name", id: member.name }));
    for (const own of ownKeys("holder")) {
      checkUnique(context, name, "holder-duplicate", (member) => {
        const id = written(member, own.key);
        return { key: own.key, id: id === undefined ? id : canonical(own, id) };
      });
    }
  }
}

function checkHolders(context: RuleContext, name: string, group: GroupFile): void {
  const provider = providerOf(context, group);
  if (provider === undefined) return;
  const { key } = kinds[provider.type].holder;
  for (const [index, member] of group.members.entries()) {
    const path = ["groups", name, "members", index];
    const wrong = strangeKey(member, provider, "holder");
    if (wrong !== undefined) {
      const text = `${wrong} does not go with a provider of type ${provider.type}: use ${key}`;
      context.error("holder-kind", [...path, wrong], text);
    } else if (written(member, key) === undefined) {
      const text = `the member must say what it is at its provider: ${key} is missing`;
      context.error("holder-missing", path, text);
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
    const target = probedAs(member, effectiveCheck(context.file, name, index));
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
