/** From a valid file to the `Config` that the daemon uses: defaults merged, durations in milliseconds, secrets wrapped. */
import type { BrownOutRule } from "../core/brown-out.ts";
import type { GroupPolicy, MoveLimit, OverallPolicy, VerifyPolicy } from "../core/policy.ts";
import type { HttpCheck, StatusRange, Target, TlsCheck } from "../core/target.ts";
import { kinds } from "../providers/kinds.ts";
import {
  fromElasticIp,
  type ApiConfig,
  type CalendarConfig,
  type Config,
  type GroupConfig,
  type MemberConfig,
  type PathConfig,
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
  SelfCheckFile,
} from "./file-shape.ts";
import type { AtProvider } from "./kind.ts";
import type { PemFile, PemFiles } from "./pem-files.ts";
import type { Environment } from "./reference.ts";
import { statusRange } from "./rules-http.ts";
import { limitPattern, sharePattern } from "./schema.ts";
import { parseCanary, parseListen } from "./schema-values.ts";
import { Secret } from "./secret.ts";
import { controlSocketPath, stateDirectory } from "./socket-path.ts";
import { addressOf, canonical, holderOf, ownKeys } from "./written.ts";

export interface ResolveContext {
  readonly env: Environment;
  /** What it names was read before without trouble. */
  readonly pem: PemFiles;
}

/** Not to be seen: rules refuse a file that does not say it. */
const nowhere: AtProvider = { kind: "", id: "" };

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
    providers: Object.entries(file.providers).map(([name, provider]) =>
      kinds[provider.type].resolve(name, provider),
    ),
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
      : [{ mode: "tcp", ...place, http: null, tls: null, brownOut: null, watch: false, ...canaryPace }];
  });
  return { canaries, need: written?.need ?? 1 };
}

function groupConfig(file: ConfigFile, name: string, group: GroupFile, context: GroupContext): GroupConfig {
  return {
    name,
    provider: group.provider,
    address: addressOf(group) ?? nowhere,
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
    verify: verifyPolicy(file, name),
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

function verifyPolicy(file: ConfigFile, name: string): VerifyPolicy | null {
  const group = file.groups[name];
  const verify = group === undefined ? undefined : verifyOf(group);
  if (group === undefined || verify === undefined) return null;
  const provider = file.providers[group.provider];
  const dnsTtlMs = provider === undefined ? null : kinds[provider.type].manner(provider).dnsTtlMs;
  const usualMs = dnsTtlMs === null ? 30_000 : 2 * dnsTtlMs;
  const withinMs = verify.within === undefined ? usualMs : (parseDuration(verify.within) ?? 0);
  return { withinMs, otherwise: verify.otherwise ?? "hold" };
}

function pathConfig(group: GroupFile): PathConfig | null {
  const verify = verifyOf(group);
  const host = verify?.host ?? addressOf(group)?.id;
  if (verify === undefined || host === undefined) return null;
  const { identity = null } = verify;
  return {
    host,
    port: verify.port ?? null,
    identity: identity === null || identity === "body" ? identity : { header: identity.header.toLowerCase() },
  };
}

/** One spelling of it, since providers answer in another one than people write. */
function holderConfig(member: MemberFile): AtProvider {
  const { kind, id } = holderOf(member) ?? nowhere;
  const own = ownKeys("holder").find(({ key }) => key === kind);
  return { kind, id: own === undefined ? id : canonical(own, id) };
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
    watch: values.watch ?? false,
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
    reuse: values.reuse ?? false,
  };
}

function tlsCheck(values: HealthcheckFile, context: ResolveContext): TlsCheck {
  const ca = values["tls-ca"];
  return {
    sni: values["tls-sni"] ?? null,
    skipVerify: values["tls-skip-verify"] ?? false,
    caPem: ca === undefined ? null : pemOf(context.pem.certificates(ca)),
    resume: values.resume ?? false,
  };
}
