/**
 * Levels: what is not said at a member holds from its group, else from `defaults`, else from Exoscale's defaults.
 *
 * A key keeps the place where it was written, so that a problem between two keys points to the one written nearest to
 * the member. A key that only means something to http or https is dropped, not refused, when the mode was changed on a
 * nearer level: `defaults` may well say `uri` for all although one member is probed by tcp.
 */
import { healthcheckNumbers } from "../core/healthcheck-limits.ts";
import { parseDuration } from "./duration.ts";
import { fromElasticIp } from "./config.ts";
import type {
  ConfigFile,
  DefaultsFile,
  GroupFile,
  HealthcheckFile,
  MemberFile,
  PolicyFile,
  VerifyFile,
} from "./file-shape.ts";
import type { Path } from "./problem.ts";

export type CheckKey = keyof HealthcheckFile;

/** Exoscale's own defaults. Durations in milliseconds. */
export const builtIn: Readonly<Record<"intervalMs" | "timeoutMs" | "strikesOk" | "strikesFail", number>> = {
  intervalMs: healthcheckNumbers.interval.default * 1_000,
  timeoutMs: healthcheckNumbers.timeout.default * 1_000,
  strikesOk: healthcheckNumbers["strikes-ok"].default,
  strikesFail: healthcheckNumbers["strikes-fail"].default,
};

export const httpKeys = [
  "uri",
  "expect-status",
  "expect-body",
  "headers",
  "host-header",
  "method",
  "reuse",
] as const;
export const httpsKeys = ["tls-sni", "tls-skip-verify", "tls-ca", "resume"] as const;

const checkKeys = [
  "mode",
  "port",
  "interval",
  "timeout",
  "strikes-ok",
  "strikes-fail",
  "fast-interval",
  "watch",
  "m-of-n",
  ...httpKeys,
  ...httpsKeys,
] as const satisfies readonly CheckKey[];

interface Origin {
  /** 0 `defaults`, 1 group, 2 member. */
  readonly level: number;
  readonly path: Path;
}

export interface Effective {
  /** Where `from-elastic-ip` is written, which then stands for the whole healthcheck. Null: it is the config's own. */
  readonly storedAt: Path | null;
  /** What was written on some level; built-in defaults are not in it. */
  readonly values: HealthcheckFile;
  readonly origin: ReadonlyMap<CheckKey, Origin>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly fastIntervalMs: number | null;
}

/**
 * @returns the healthcheck of a member, all levels merged key by key; lists and `headers` are replaced as a whole. So is
 *   `from-elastic-ip`, and so is everything by it: whichever is written nearer to the member holds alone.
 */
export function effectiveCheck(file: ConfigFile, groupName: string, index: number): Effective {
  const group = file.groups[groupName];
  const written: readonly (readonly [Path, DefaultsFile["healthcheck"]])[] = [
    [["defaults"], file.defaults?.healthcheck],
    [["groups", groupName], group?.healthcheck],
    [["groups", groupName, "members", index], group?.members[index]?.healthcheck],
  ];
  const stored = written.findLastIndex(([, check]) => check === fromElasticIp);
  const levels = written.map(
    ([path, check], level) => [path, level > stored && check !== fromElasticIp ? check : undefined] as const,
  );
  const ownLevel = levels.some(([, check]) => check !== undefined);
  const storedPath = stored < 0 || ownLevel ? null : written[stored]?.[0];
  const merged: HealthcheckFile = { ...levels[0]?.[1], ...levels[1]?.[1], ...levels[2]?.[1] };
  const origin = new Map<CheckKey, Origin>();
  for (const key of checkKeys) {
    const level = levels.findLastIndex(([, check]) => check?.[key] !== undefined);
    const path = levels[level]?.[0];
    if (path !== undefined) origin.set(key, { level, path: [...path, "healthcheck", key] });
  }
  const mode = merged.mode;
  const modeLevel = origin.get("mode")?.level ?? -1;
  const idle = [...(mode === "tcp" ? httpKeys : []), ...(mode === "https" ? [] : httpsKeys)];
  for (const key of idle) {
    if ((origin.get(key)?.level ?? modeLevel) >= modeLevel) continue;
    Reflect.deleteProperty(merged, key);
    origin.delete(key);
  }
  const fast = merged["fast-interval"];
  return {
    storedAt: storedPath == null ? null : [...storedPath, "healthcheck"],
    values: merged,
    origin,
    intervalMs: merged.interval === undefined ? builtIn.intervalMs : checkDurationMs(merged.interval),
    timeoutMs: merged.timeout === undefined ? builtIn.timeoutMs : checkDurationMs(merged.timeout),
    fastIntervalMs: fast === undefined ? null : checkDurationMs(fast),
  };
}

/** @returns milliseconds; a bare number is in seconds. */
function checkDurationMs(value: string | number): number {
  return typeof value === "number" ? Math.round(value * 1000) : (parseDuration(value) ?? 0);
}

/** @returns where the nearest of `keys` was written, the first of them when several are as near; null: none was. */
export function nearestOrigin(check: Effective, keys: readonly CheckKey[]): Path | null {
  const found = keys.flatMap((key) => check.origin.get(key) ?? []);
  const top = Math.max(...found.map((origin) => origin.level));
  return found.find((origin) => origin.level === top)?.path ?? null;
}

/** @returns a key of a group's policy and where it was written; undefined when it was not. */
export function policyKey<K extends keyof PolicyFile>(
  file: ConfigFile,
  groupName: string,
  key: K,
): { readonly value: NonNullable<PolicyFile[K]>; readonly path: Path } | undefined {
  const own = file.groups[groupName]?.[key];
  if (own !== undefined) return { value: own, path: ["groups", groupName, key] };
  const common = file.defaults?.[key];
  return common === undefined ? undefined : { value: common, path: ["defaults", key] };
}

/** @returns what a group says of verification; `verify: true` stands for the defaults. */
export function verifyOf(group: GroupFile): VerifyFile | undefined {
  return group.verify === true ? {} : group.verify;
}

/** @returns the groups by name, as written. */
export const groupsOf = (file: ConfigFile): readonly (readonly [string, GroupFile])[] =>
  Object.entries(file.groups);

/** @returns a text that is the same for members that would be probed in the same way. */
export function probedAs(member: MemberFile, check: Effective): string {
  if (check.storedAt !== null) return JSON.stringify([member.host.toLowerCase(), fromElasticIp]);
  const { mode, port, uri, method } = check.values;
  const { "host-header": hostHeader, "tls-sni": sni, headers } = check.values;
  return JSON.stringify([
    member.host.toLowerCase(),
    mode,
    port,
    uri ?? "/",
    method ?? "GET",
    hostHeader,
    sni,
    headers,
  ]);
}
