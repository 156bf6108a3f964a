/** From a valid file to the `Config` that the daemon uses: defaults merged, durations in milliseconds, secrets wrapped. */
import type { BrownOutRule } from "../core/brown-out.ts";
import type { GroupPolicy, MoveLimit, OverallPolicy, VerifyPolicy } from "../core/policy.ts";
import type { HttpCheck, StatusRange, Target, TlsCheck } from "../core/target.ts";
import {
  fromElasticIp,
  type ApiConfig,
  type CalendarConfig,
  type Config,
  type GroupConfig,
  type HolderConfig,
  type MemberConfig,
  type PathConfig,
  type ProviderConfig,
  type TlsConfig,
} from "./config.ts";
import { calendars } from "./resolve-calendar.ts";
import { parseDuration } from "./duration.ts";
import { builtIn, effectiveCheck, groupsOf, policyKey, verifyOf } from "./effective.ts";
import type {
  ApiFile,
  ApiTlsFile,
  BrownOutFile,
  ConfigFile,
  GroupFile,
  HealthcheckFile,
  MemberFile,
  OverallFile,
  ProviderFile,
  SelfCheckFile,
} from "./file-shape.ts";
import type { PemFile, PemFiles } from "./pem-files.ts";
import type { Environment } from "./reference.ts";
import { statusRange } from "./rules-http.ts";
import { limitPattern, sharePattern } from "./schema.ts";
import { parseCanary, parseListen } from "./schema-values.ts";
import { Secret } from "./secret.ts";
import { controlSocketPath, stateDirectory } from "./socket-path.ts";

export interface ResolveContext {
  readonly env: Environment;
  /** What it names was read before without trouble. */
  readonly pem: PemFiles;
}

interface GroupContext extends ResolveContext {
  readonly calendarOf: (group: string) => CalendarConfig;
}

/** @param file without any problem that is an error */
export function resolveConfig(file: ConfigFile, context: ResolveContext): Config {
  const stateDir = stateDirectory(file["state-dir"], context.env);
  const calendarOf = calendars(file);
  return {
    listen: parseListen(file.listen ?? "") ?? { host: "127.0.0.1", port: 9787 },
    stateDir,
    controlSocket: controlSocketPath(file["control-socket"], context.env, stateDir),
    api: apiConfig(file.api, context),
    selfCheck: selfCheckConfig(file["self-check"]),
    overall: overallPolicy(file.overall),
    providers: Object.entries(file.providers).map(([name, provider]) => providerConfig(name, provider)),
    groups: groupsOf(file).map(([name, group]) => groupConfig(file, name, group, { ...context, calendarOf })),
  };
}

function apiConfig(written: ApiFile | undefined, { pem }: ResolveContext): ApiConfig {
  const { tokens = [], tls } = written ?? {};
  return {
    tokens: tokens.map(({ name, scope, token }) => ({ name, scope, token: new Secret(token) })),
    tls: tls === undefined ? null : tlsConfig(tls, pem),
  };
}

function tlsConfig({ cert, key, "client-ca": clientCa }: ApiTlsFile, pem: PemFiles): TlsConfig {
  return {
    certPem: pemOf(pem.certificates(cert)),
    key: new Secret(pemOf(pem.key(key))),
    clientCaPem: clientCa === undefined ? null : pemOf(pem.certificates(clientCa)),
  };
}

function pemOf(file: PemFile): string {
  return "pem" in file ? file.pem : "";
}

/** Quick enough to find out before the third strike of a member at Exoscale's fastest pace. Milliseconds. */
const canaryPace = {
  intervalMs: 3_000,
  timeoutMs: 1_000,
  fastIntervalMs: null,
  strikesOk: 1,
  strikesFail: 1,
} as const;

function selfCheckConfig(written: SelfCheckFile | undefined): Config["selfCheck"] {
  const canaries = (written?.canaries ?? []).flatMap((text): readonly Target[] => {
    const place = parseCanary(text);
    return place === null
      ? []
      : [{ mode: "tcp", ...place, http: null, tls: null, brownOut: null, ...canaryPace }];
  });
  return { canaries, need: written?.need ?? 1 };
}

function providerConfig(name: string, provider: ProviderFile): ProviderConfig {
  const endpoint = provider.endpoint?.replace(/\/+$/, "");
  if (provider.type === "exoscale") {
    return {
      type: "exoscale",
      name,
      zone: provider.zone,
      apiKey: new Secret(provider["api-key"]),
      apiSecret: new Secret(provider["api-secret"]),
      endpoint: endpoint ?? `https://api-${provider.zone}.exoscale.com/v2`,
    };
  }
  return {
    type: "cloud66",
    name,
    token: new Secret(provider.token),
    endpoint: endpoint ?? "https://app.cloud66.com/api/3",
    account: provider.account ?? null,
    path: provider.path ?? "auto",
  };
}

function groupConfig(file: ConfigFile, name: string, group: GroupFile, context: GroupContext): GroupConfig {
  const elasticIp = group["elastic-ip"];
  return {
    name,
    provider: group.provider,
    address:
      elasticIp === undefined
        ? { kind: "failover-group", uid: group["failover-group"] ?? "" }
        : { kind: "elastic-ip", elasticIp },
    policy: groupPolicy(file, name),
    path: pathConfig(group),
    calendar: context.calendarOf(name),
    members: group.members.map((member, index): MemberConfig => ({
      name: member.name,
      identity: member.identity ?? member.name,
      holder: holderConfig(member),
      target: target(file, name, index, context),
    })),
  };
}

function groupPolicy(file: ConfigFile, name: string): GroupPolicy {
  const failback = policyKey(file, name, "failback")?.value ?? "never";
  return {
    mode: policyKey(file, name, "mode")?.value ?? "auto",
    order: policyKey(file, name, "order")?.value ?? "attach-first",
    holders: policyKey(file, name, "holders")?.value ?? "one",
    failbackAfterMs: failback === "never" ? null : parseDuration(failback.after),
    holdDownMs: parseDuration(policyKey(file, name, "hold-down")?.value ?? "5m") ?? 0,
    verify: verifyPolicy(file.groups[name]),
    warmUpMs: parseDuration(policyKey(file, name, "warm-up")?.value ?? "30s") ?? 0,
    limit: moveLimit(policyKey(file, name, "limit")?.value ?? "3/24h"),
  };
}

function overallPolicy(written: OverallFile | undefined): OverallPolicy {
  const [, percent, time] = sharePattern.exec(written?.share ?? "50%/5m") ?? [];
  return {
    limit: moveLimit(written?.limit ?? "20/1h"),
    share: { ofGroups: Number(percent) / 100, windowMs: parseDuration(time ?? "") ?? 0 },
  };
}

function moveLimit(text: string): MoveLimit {
  const [, moves, time] = limitPattern.exec(text) ?? [];
  return { moves: Number(moves), windowMs: parseDuration(time ?? "") ?? 0 };
}

function verifyPolicy(group: GroupFile | undefined): VerifyPolicy | null {
  const verify = group === undefined ? undefined : verifyOf(group);
  if (verify === undefined) return null;
  const within = verify.within ?? (group?.["failover-group"] === undefined ? "30s" : "10m");
  return { withinMs: parseDuration(within) ?? 0, otherwise: verify.otherwise ?? "hold" };
}

function pathConfig(group: GroupFile): PathConfig | null {
  const verify = verifyOf(group);
  const host = verify?.host ?? group["elastic-ip"];
  if (verify === undefined || host === undefined) return null;
  const { identity = null } = verify;
  return {
    host,
    port: verify.port ?? null,
    identity: identity === null || identity === "body" ? identity : { header: identity.header.toLowerCase() },
  };
}

function holderConfig(member: MemberFile): HolderConfig {
  return member.stack === undefined
    ? { kind: "instance", instance: (member.instance ?? "").toLowerCase() }
    : { kind: "stack", stack: member.stack };
}

function target(
  file: ConfigFile,
  group: string,
  index: number,
  context: ResolveContext,
): MemberConfig["target"] {
  const { storedAt, values, intervalMs, timeoutMs, fastIntervalMs } = effectiveCheck(file, group, index);
  const host = file.groups[group]?.members[index]?.host ?? "";
  if (storedAt !== null) return { mode: fromElasticIp, host };
  const mode = values.mode ?? "tcp";
  return {
    mode,
    host,
    port: values.port ?? 0,
    http: mode === "tcp" ? null : httpCheck(values),
    tls: mode === "https" ? tlsCheck(values, context) : null,
    intervalMs,
    timeoutMs,
    fastIntervalMs,
    strikesOk: values["strikes-ok"] ?? builtIn.strikesOk,
    strikesFail: values["strikes-fail"] ?? builtIn.strikesFail,
    brownOut: brownOutRule(values["m-of-n"]),
  };
}

function brownOutRule(written: BrownOutFile | undefined): BrownOutRule | null {
  return written === undefined ? null : { action: "warn", ...written };
}

function httpCheck(values: HealthcheckFile): HttpCheck {
  const status = values["expect-status"] ?? "100-399";
  const headers = Object.entries(values.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  return {
    uri: values.uri ?? "/",
    method: values.method ?? "GET",
    hostHeader: values["host-header"] ?? null,
    headers: Object.fromEntries(headers),
    expectStatus: (typeof status === "object" ? status : [status]).map((item): StatusRange =>
      statusRange(item),
    ),
    expectHeader: null,
    expectBody: values["expect-body"] ?? null,
  };
}

function tlsCheck(values: HealthcheckFile, context: ResolveContext): TlsCheck {
  const ca = values["tls-ca"];
  return {
    sni: values["tls-sni"] ?? null,
    skipVerify: values["tls-skip-verify"] ?? false,
    caPem: ca === undefined ? null : pemOf(context.pem.certificates(ca)),
  };
}
