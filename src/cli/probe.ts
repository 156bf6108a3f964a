/** `failoverd probe TARGET`: one probe, exactly as the daemon makes it, with the time of each phase. */
import { readFileSync } from "node:fs";
import { errorText } from "../core/error-text.ts";
import { causeText } from "../core/cause.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import { targetUrl, type Mode, type StatusRange, type Target } from "../core/target.ts";
import { parseDuration } from "../config/duration.ts";
import { systemClock } from "../daemon/clock.ts";
import { probe } from "../probes/probe.ts";
import { createResolver } from "../probes/resolve.ts";
import { version } from "../version.ts";
import { exitCodes, usage } from "./exit-codes.ts";
import { printJson, printLine, styled, type Output } from "./output.ts";

export interface ProbeOptions {
  readonly timeout: string;
  readonly expectStatus?: string;
  readonly expectBody?: string;
  readonly method: string;
  readonly header: readonly string[];
  readonly hostHeader?: string;
  readonly tlsSni?: string;
  readonly tlsSkipVerify: boolean;
  readonly tlsCa?: string;
  readonly json: boolean;
}

export async function probeOnce(url: string, options: ProbeOptions, output: Output): Promise<void> {
  const target = targetOf(url, options);
  const signal = new AbortController().signal;
  const services = { now: () => systemClock.now(), resolve: createResolver(), signal, version };
  const result = await probe(target, services);
  if (options.json) printJson(output, { target: targetUrl(target), ...result });
  else printResult(target, result, output);
  if (result.outcome !== "pass") process.exitCode = exitCodes.failed;
}

function targetOf(url: string, options: ProbeOptions): Target {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const mode = parsed?.protocol.slice(0, -1);
  if (parsed === null || (mode !== "tcp" && mode !== "http" && mode !== "https")) {
    throw usage(`TARGET must be tcp://HOST:PORT, http://HOST[:PORT][/PATH] or https://…: "${url}"`);
  }
  const port = parsed.port === "" ? { tcp: null, http: 80, https: 443 }[mode] : Number(parsed.port);
  if (port === null) throw usage(`TARGET needs a port: "${url}"`);
  refuseMisfits(mode, parsed, options);
  const timeoutMs = parseDuration(options.timeout);
  if (timeoutMs === null || timeoutMs < 1 || timeoutMs > 60_000) {
    throw usage(`--timeout must be a duration up to 60s, such as 2s or 500ms: "${options.timeout}"`);
  }
  return {
    mode,
    host: parsed.hostname.replace(/^\[|\]$/g, ""),
    port,
    http: mode === "tcp" ? null : httpCheckOf(parsed, options),
    tls: mode === "https" ? tlsCheckOf(options) : null,
    timeoutMs,
    intervalMs: 10_000,
    fastIntervalMs: null,
    strikesOk: 1,
    strikesFail: 1,
    brownOut: null,
    watch: false,
  };
}

/** An option that does nothing would pass for a check that was made. */
function refuseMisfits(mode: Mode, url: URL, options: ProbeOptions): void {
  if (url.username !== "" || url.password !== "")
    throw usage("TARGET must hold no credentials: use --header");
  const { expectStatus, expectBody, hostHeader, header, method, tlsSni, tlsSkipVerify, tlsCa } = options;
  const isHttp = [expectStatus, expectBody, hostHeader].some((value) => value !== undefined);
  if (mode === "tcp" && (isHttp || header.length > 0 || method !== "GET" || url.pathname.length > 1)) {
    throw usage("a tcp TARGET takes no path and no option of HTTP: use http:// or https://");
  }
  if (mode !== "https" && (tlsSni !== undefined || tlsSkipVerify || tlsCa !== undefined)) {
    throw usage("--tls-sni, --tls-skip-verify and --tls-ca need an https TARGET");
  }
}

function httpCheckOf(url: URL, options: ProbeOptions): NonNullable<Target["http"]> {
  const method = options.method.toUpperCase();
  if (method !== "GET" && method !== "HEAD" && method !== "OPTIONS") {
    throw usage(`--method must be GET, HEAD or OPTIONS: "${options.method}"`);
  }
  return {
    uri: url.pathname + url.search,
    method,
    hostHeader: options.hostHeader ?? null,
    headers: Object.fromEntries(options.header.map(headerOf)),
    expectStatus: (options.expectStatus ?? "100-399").split(",").map(statusRangeOf),
    expectHeader: null,
    expectBody: options.expectBody ?? null,
    reuse: false,
  };
}

function tlsCheckOf(options: ProbeOptions): NonNullable<Target["tls"]> {
  return {
    sni: options.tlsSni ?? null,
    skipVerify: options.tlsSkipVerify,
    caPem: options.tlsCa === undefined ? null : readCa(options.tlsCa),
    resume: false,
  };
}

function readCa(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw usage(`--tls-ca cannot be read: ${errorText(error)}`);
  }
}

function headerOf(text: string): readonly [string, string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([^\r\n]*)$/.exec(text);
  if (match === null) throw usage(`--header must be "Name: value": "${text}"`);
  return [String(match[1]).toLowerCase(), String(match[2])];
}

function statusRangeOf(text: string): StatusRange {
  const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text.trim());
  if (match === null) throw usage(`--expect-status must be like 200, 200-299 or 200,204: "${text}"`);
  const from = Number(match[1]);
  return { from, to: Number(match[2] ?? from) };
}

const outcomeStyles = { pass: "green", fail: "red", inconclusive: "yellow" } as const;

function printResult(target: Target, result: ProbeResult, output: Output): void {
  const { outcome, cause, detail, phases, durationMs, address } = result;
  const mark = styled(output, outcomeStyles[outcome], outcome);
  const seen = detail === null ? "" : `: ${detail}`;
  const times = Object.entries(phases).flatMap(([phase, ms]) =>
    typeof ms === "number" ? [`${phase.replace(/Ms$/, "")} ${ms.toFixed(1)} ms`] : [],
  );
  printLine(output.stdout, `${mark}  ${causeText(targetUrl(target), cause)} (${cause})${seen}`);
  printLine(
    output.stdout,
    `      address ${address ?? "none"}, ${durationMs.toFixed(1)} ms in all${times.length === 0 ? "" : `: ${times.join(", ")}`}`,
  );
}
