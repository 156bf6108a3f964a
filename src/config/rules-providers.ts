/** Rules about providers, and about what the daemon checks itself by. */
import type { ProviderFile } from "./file-shape.ts";
import { isLoopback } from "./ip.ts";
import type { Path } from "./problem.ts";
import type { RuleContext } from "./rule-context.ts";
import { knownZones } from "./schema.ts";
import { groupsOf } from "./effective.ts";
import { parseCanary } from "./schema-values.ts";

const secretsOf = { exoscale: ["api-key", "api-secret"], cloud66: ["token"] } as const;
const basePathOf = { exoscale: "/v2", cloud66: "/api/3" } as const;

export function checkProviders(context: RuleContext): void {
  checkCanaries(context);
  for (const [name, provider] of Object.entries(context.file.providers)) {
    const path = ["providers", name];
    checkEndpoint(context, provider, [...path, "endpoint"]);
    for (const key of secretsOf[provider.type]) context.secretLiteral([...path, key]);
    if (provider.type === "exoscale" && !knownZones.includes(provider.zone)) {
      context.warning(
        "zone-unknown",
        [...path, "zone"],
        `zone ${context.quote([...path, "zone"])} is not known to this version: known are ${knownZones.join(", ")}`,
      );
    }
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

function checkEndpoint(context: RuleContext, provider: ProviderFile, path: Path): void {
  const url = provider.endpoint === undefined ? null : URL.parse(provider.endpoint);
  if (url === null) return;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (url.protocol === "http:" && !isLoopback(host)) {
    context.error(
      "endpoint-insecure",
      path,
      `endpoint must be https, plain http is for loopback only: got ${context.quote(path)}`,
    );
  }
  const base = basePathOf[provider.type];
  if (url.pathname.replace(/\/+$/, "").endsWith(base)) return;
  context.warning(
    "endpoint-base-path",
    path,
    `endpoint should end in ${base}, the base path of the API: got ${context.quote(path)}`,
  );
}
