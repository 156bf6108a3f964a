/** Rules about the healthcheck of a member, after all levels are merged. */
import { isIP } from "node:net";
import { healthcheckNumbers, healthcheckTexts } from "../core/healthcheck-limits.ts";
import { connectionMaxMs, sessionMaxMs } from "../core/kept.ts";
import { formatDuration } from "./duration.ts";
import {
  type CheckKey,
  type Effective,
  effectiveCheck,
  groupsOf,
  httpKeys,
  httpsKeys,
  nearestOrigin,
} from "./effective.ts";
import type { GroupFile } from "./file-shape.ts";
import type { Path } from "./problem.ts";
import type { Checked, RuleContext } from "./rule-context.ts";
import { providerOf } from "./rules-groups.ts";
import { checkHttp } from "./rules-http.ts";

/** Exoscale's ranges, inclusive, milliseconds. */
const exoscale = { interval: rangeMs("interval"), timeout: rangeMs("timeout") } as const;

function rangeMs(key: "interval" | "timeout"): readonly [number, number] {
  const { min, max } = healthcheckNumbers[key];
  return [min * 1_000, max * 1_000];
}

export function checkHealthchecks(context: RuleContext): void {
  for (const [name, group] of groupsOf(context.file)) {
    for (const [index, member] of group.members.entries()) {
      const path = ["groups", name, "members", index];
      const check = effectiveCheck(context.file, name, index);
      const checked: Checked = { member, path, check };
      if (check.storedAt !== null) {
        checkSource(context, [name, group], check.storedAt);
        continue;
      }
      const groupPath =
        group.healthcheck === undefined ? path.slice(0, 2) : [...path.slice(0, 2), "healthcheck"];
      checkComplete(
        context,
        checked,
        member.healthcheck === undefined ? groupPath : [...path, "healthcheck"],
      );
      checkPace(context, checked);
      checkRanges(context, checked);
      checkMode(context, checked);
      checkKept(context, checked);
      checkSingleStrike(context, checked);
      if (check.values.mode === "http" || check.values.mode === "https") checkHttp(context, checked);
      if (check.values.mode === "https") checkTls(context, checked);
    }
  }
}

/** Once for each place where it is written, since problems that are alike are told once. */
function checkSource(context: RuleContext, [name, group]: readonly [string, GroupFile], at: Path): void {
  const type = providerOf(context, group)?.type;
  if (type === undefined || type === "exoscale") return;
  const text = `healthcheck: from-elastic-ip needs a provider of type exoscale, and that of group "${name}" is of type ${type}: write mode, port and so on`;
  context.error("healthcheck-source", at, text);
}

function checkComplete(context: RuleContext, { check }: Checked, path: Path): void {
  const wanted = { mode: "tcp, http or https", port: "a port number" } as const;
  for (const key of ["mode", "port"] as const) {
    if (check.values[key] !== undefined) continue;
    context.error("healthcheck-incomplete", path, `the healthcheck has no ${key}: wanted ${wanted[key]}`);
  }
}

/** @returns a duration for a message, as its reference when it came from one. */
function said(context: RuleContext, check: Effective, key: CheckKey, ms: number): string {
  const path = check.origin.get(key)?.path;
  return path !== undefined && context.isReference(path) ? context.quote(path) : formatDuration(ms);
}

/**
 * A probe never overlaps itself, so one that outlasts its interval costs the next its turn. Exoscale accepts such a
 * healthcheck, therefore one within its ranges is a warning only, also when both are equal.
 */
function checkPace(context: RuleContext, { path, check }: Checked): void {
  const { intervalMs, timeoutMs, fastIntervalMs } = check;
  const interval = said(context, check, "interval", intervalMs);
  if (timeoutMs >= intervalMs) {
    const at = nearestOrigin(check, ["timeout", "interval"]) ?? path;
    const compared = `${said(context, check, "timeout", timeoutMs)} >= ${interval}`;
    if (within(exoscale.interval, intervalMs) && within(exoscale.timeout, timeoutMs)) {
      const text = `timeout should be shorter than interval, or a slow probe costs the next its turn: ${compared}`;
      context.warning("timeout-not-shorter", at, text);
    } else {
      context.error("timeout-not-shorter", at, `timeout must be shorter than interval: ${compared}`);
    }
  }
  if (fastIntervalMs !== null && fastIntervalMs >= intervalMs) {
    const at = nearestOrigin(check, ["fast-interval", "interval"]) ?? path;
    const fast = said(context, check, "fast-interval", fastIntervalMs);
    const text = `fast-interval must be shorter than interval: ${fast} >= ${interval}`;
    context.error("fast-interval-not-shorter", at, text);
  }
}

const within = ([min, max]: readonly [number, number], ms: number): boolean => ms >= min && ms <= max;

function checkRanges(context: RuleContext, { check }: Checked): void {
  for (const [key, ms] of [
    ["interval", check.intervalMs],
    ["timeout", check.timeoutMs],
  ] as const) {
    const at = check.origin.get(key)?.path;
    const [min, max] = exoscale[key];
    if (at === undefined || (within(exoscale[key], ms) && ms % 1000 === 0)) continue;
    const range = `${min / 1000} to ${max / 1000} whole seconds`;
    const text = `${key} is outside what Exoscale's own checker accepts, ${range}: got ${said(context, check, key, ms)}`;
    context.warning("outside-exoscale-range", at, text);
  }
  const uriAt = check.origin.get("uri")?.path;
  const length = check.values.uri?.length ?? 0;
  const { min, max } = healthcheckTexts.uri;
  if (uriAt !== undefined && length > max) {
    const text = `uri is outside what Exoscale's own checker accepts, ${min} to ${max} characters`;
    context.warning("outside-exoscale-range", uriAt, text);
  }
}

function checkMode(context: RuleContext, { path, check }: Checked): void {
  const { mode, port } = check.values;
  if (mode === undefined) return;
  const modeAt = check.origin.get("mode")?.path ?? path;
  const refuse = (rule: "http-only" | "https-only", keys: readonly CheckKey[], wanted: string) => {
    for (const key of keys) {
      const at = check.origin.get(key)?.path;
      if (at !== undefined)
        context.error(rule, at, `${key} needs mode ${wanted}: mode is ${context.quote(modeAt)}`);
    }
  };
  if (mode === "tcp") refuse("http-only", httpKeys, "http or https");
  if (mode !== "https") refuse("https-only", httpsKeys, "https");
  if ((mode === "https" && port === 80) || (mode === "http" && port === 443)) {
    const at = nearestOrigin(check, ["mode", "port"]) ?? path;
    const portAt = check.origin.get("port")?.path ?? path;
    const text = `mode and port do not seem to belong together: ${context.quote(modeAt)} on ${context.quote(portAt)}`;
    context.warning("port-mode-mismatch", at, text);
  }
}

/** What is kept is given up after a while, also when it was never used. */
function checkKept(context: RuleContext, { check }: Checked): void {
  for (const [key, maxMs] of [
    ["reuse", connectionMaxMs],
    ["resume", sessionMaxMs],
  ] as const) {
    const at = check.origin.get(key)?.path;
    if (at === undefined || check.values[key] !== true || check.intervalMs < maxMs) continue;
    const max = formatDuration(maxMs);
    const text = `${key} needs an interval below ${max} to be of any use: got ${said(context, check, "interval", check.intervalMs)}`;
    context.warning("kept-unused", at, text);
  }
}

/** What makes one fail more likely should not be enough for a verdict. */
function checkSingleStrike(context: RuleContext, { check }: Checked): void {
  for (const [key, rule, why] of [
    ["reuse", "reuse-single-strike", "a connection that went dead unseen costs a strike"],
    ["watch", "watch-single-strike", "each quick restart of the target costs a strike"],
  ] as const) {
    const at = nearestOrigin(check, [key, "strikes-fail"]);
    if (at === null || check.values[key] !== true || check.values["strikes-fail"] !== 1) continue;
    context.warning(rule, at, `${key} should not go with strikes-fail: 1, since ${why}`);
  }
}

function checkTls(context: RuleContext, { member, path, check }: Checked): void {
  const { "tls-ca": ca, "tls-sni": sni, "tls-skip-verify": skip } = check.values;
  const caAt = check.origin.get("tls-ca")?.path;
  if (ca !== undefined && caAt !== undefined) {
    const read = context.pem.certificates(ca);
    if ("failure" in read) {
      context.error("tls-ca-unreadable", caAt, `tls-ca ${context.quote(caAt)} is of no use: ${read.failure}`);
    }
    if (skip === true) {
      const at = nearestOrigin(check, ["tls-skip-verify", "tls-ca"]) ?? path;
      context.warning(
        "tls-ca-unused",
        at,
        "tls-ca is not used, because tls-skip-verify accepts every certificate",
      );
    }
  }
  if (isIP(member.host) !== 0 && sni === undefined && skip !== true) {
    const hostAt = [...path, "host"];
    const text = `https to an IP address without tls-sni passes only if the certificate names that address: ${context.quote(hostAt)}`;
    context.warning("tls-name-missing", hostAt, text);
  }
}
