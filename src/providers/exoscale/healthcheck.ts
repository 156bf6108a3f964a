/**
 * The healthcheck of an Elastic IP: read leniently from an answer, checked strictly before it is sent, in the words of
 * Exoscale's schema. An Elastic IP that has one is managed: Exoscale itself routes by it, and tells nobody its verdict.
 */
import { z } from "zod";

import { healthcheckModes, healthcheckNumbers, healthcheckTexts } from "../../core/healthcheck-limits.ts";

/** Keys and units as in the API: whole seconds. Null: not set. */
export interface ElasticIpHealthcheck {
  readonly mode: (typeof healthcheckModes)[number];
  readonly port: number;
  readonly interval: number;
  readonly timeout: number;
  readonly strikesOk: number;
  readonly strikesFail: number;
  readonly uri: string | null;
  readonly tlsSni: string | null;
  readonly tlsSkipVerify: boolean | null;
}

const numbers = healthcheckNumbers;

const whole = (key: "interval" | "timeout" | "strikes-ok" | "strikes-fail") =>
  z
    .int()
    .nullish()
    .transform((value) => value ?? numbers[key].default);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

/** What is absent has Exoscale's default. */
export const healthcheckSchema: z.ZodType<ElasticIpHealthcheck> = z
  .object({
    mode: z.enum(healthcheckModes),
    port: z.int(),
    interval: whole("interval"),
    timeout: whole("timeout"),
    "strikes-ok": whole("strikes-ok"),
    "strikes-fail": whole("strikes-fail"),
    uri: text,
    "tls-sni": text,
    "tls-skip-verify": z
      .boolean()
      .nullish()
      .transform((value) => value ?? null),
  })
  .transform((raw) => ({
    mode: raw.mode,
    port: raw.port,
    interval: raw.interval,
    timeout: raw.timeout,
    strikesOk: raw["strikes-ok"],
    strikesFail: raw["strikes-fail"],
    uri: raw.uri,
    tlsSni: raw["tls-sni"],
    tlsSkipVerify: raw["tls-skip-verify"],
  }));

/** @returns the object as the API takes it; what is null is left out. */
export function healthcheckJson(check: ElasticIpHealthcheck): Readonly<Record<string, unknown>> {
  const all = {
    mode: check.mode,
    port: check.port,
    interval: check.interval,
    timeout: check.timeout,
    "strikes-ok": check.strikesOk,
    "strikes-fail": check.strikesFail,
    uri: check.uri,
    "tls-sni": check.tlsSni,
    "tls-skip-verify": check.tlsSkipVerify,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

/** @returns what Exoscale's schema does not allow, one sentence each; empty when it may be sent. */
export function healthcheckProblems(check: ElasticIpHealthcheck): readonly string[] {
  return [...rangeProblems(check), ...misfits(check)];
}

/** @returns the values that are not within Exoscale's ranges, one sentence each. */
export function rangeProblems(check: ElasticIpHealthcheck): readonly string[] {
  const { port, interval, timeout, strikesOk, strikesFail, uri, tlsSni } = check;
  const counts = { port, interval, timeout, "strikes-ok": strikesOk, "strikes-fail": strikesFail };
  const texts = { uri, "tls-sni": tlsSni };
  return [
    ...(["port", "interval", "timeout", "strikes-ok", "strikes-fail"] as const).flatMap((key) => {
      const { min, max, about } = numbers[key];
      const value = counts[key];
      if (Number.isInteger(value) && value >= min && value <= max) return [];
      return `${key} must be a whole number from ${min} to ${max} (${about}): got ${value}`;
    }),
    ...(["uri", "tls-sni"] as const).flatMap((key) => {
      const { min, max, about } = healthcheckTexts[key];
      const value = texts[key];
      if (value === null || (value.length >= min && value.length <= max)) return [];
      return `${key} must have ${min} to ${max} characters (${about}): got ${value.length}`;
    }),
  ];
}

/** A field that does nothing would pass for a check that is made. */
function misfits({ mode, uri, tlsSni, tlsSkipVerify }: ElasticIpHealthcheck): readonly string[] {
  const isTls = tlsSni !== null || tlsSkipVerify !== null;
  return [
    ...(mode === "tcp" && uri !== null ? ["uri needs mode http or https: mode is tcp"] : []),
    ...(mode !== "https" && isTls ? [`tls-sni and tls-skip-verify need mode https: mode is ${mode}`] : []),
  ];
}

/** @returns e.g. `http on port 80, /status, every 10 s within 2 s, healthy after 2, unhealthy after 3`. */
export function healthcheckText(check: ElasticIpHealthcheck): string {
  const { mode, port, uri, interval, timeout, strikesOk, strikesFail, tlsSni, tlsSkipVerify } = check;
  return [
    `${mode} on port ${port}`,
    ...(uri === null ? [] : [uri]),
    `every ${interval} s within ${timeout} s`,
    `healthy after ${strikesOk}`,
    `unhealthy after ${strikesFail}`,
    ...(tlsSni === null ? [] : [`SNI ${tlsSni}`]),
    ...(tlsSkipVerify === true ? ["any certificate"] : []),
  ].join(", ");
}
