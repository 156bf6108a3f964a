/** Rules about providers, and about what the daemon checks itself by. */
import { kinds } from "../providers/kinds.ts";
import { groupsOf } from "./effective.ts";
import type { RuleContext } from "./rule-context.ts";
import { child } from "./schema-lookup.ts";
import { parseCanary } from "./schema-values.ts";

export function checkProviders(context: RuleContext): void {
  checkCanaries(context);
  for (const [name, provider] of Object.entries(context.file.providers)) {
    const path = ["providers", name];
    const kind = kinds[provider.type];
    kind.check(context, provider, path);
    for (const key of kind.secrets)
      if (typeof child(provider, key) === "string") context.secretLiteral([...path, key]);
  }
}

function checkCanaries(context: RuleContext): void {
  const selfCheck = context.file["self-check"];
  if (selfCheck === undefined) return;
  const { canaries, need = 1 } = selfCheck;
  if (need > canaries.length) {
    const path = ["self-check", selfCheck.need === undefined ? "canaries" : "need"];
    context.error(
      "canaries-too-few",
      path,
      `need must be at most the number of canaries: ${need} > ${canaries.length}`,
    );
  }
  const hosts = new Set(groupsOf(context.file).flatMap(([, group]) => group.members.map(({ host }) => host)));
  for (const [i, canary] of canaries.entries()) {
    const host = parseCanary(canary)?.host;
    if (host === undefined || !hosts.has(host)) continue;
    const text = `canary ${context.quote(["self-check", "canaries", i])} is a member: when it dies, our own network is blamed`;
    context.warning("canary-is-member", ["self-check", "canaries", i], text);
  }
}
