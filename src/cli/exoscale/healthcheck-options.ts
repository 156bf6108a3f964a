/** The options of a healthcheck, and how they change the one that is stored. Exoscale takes a healthcheck only as a whole. */
import { parseDuration } from "../../config/duration.ts";
import { healthcheckModes, healthcheckNumbers } from "../../core/healthcheck-limits.ts";
import { usage } from "../exit-codes.ts";
import type { ElasticIpHealthcheck } from "../../providers/exoscale/healthcheck.ts";

/** As typed. */
export interface HealthcheckOptions {
  readonly healthcheckMode?: string;
  readonly healthcheckPort?: string;
  readonly healthcheckInterval?: string;
  readonly healthcheckTimeout?: string;
  readonly healthcheckStrikesOk?: string;
  readonly healthcheckStrikesFail?: string;
  readonly healthcheckUri?: string;
  readonly healthcheckTlsSni?: string;
  readonly healthcheckTlsSkipVerify?: boolean;
}

/**
 * @param stored what the Elastic IP has now, or null.
 * @returns the healthcheck to send, or undefined when no option is about one. Its values are not yet checked.
 * @throws CliError with exit code 2 when mode or port is missing, or a number is none.
 */
export function healthcheckOf(
  options: HealthcheckOptions,
  stored: ElasticIpHealthcheck | null,
): ElasticIpHealthcheck | undefined {
  const isAsked = Object.entries(options).some(
    ([key, value]) => key.startsWith("healthcheck") && value !== undefined,
  );
  if (!isAsked) return undefined;
  const mode = modeOf(options.healthcheckMode) ?? stored?.mode;
  const port = numberOf("port", options.healthcheckPort) ?? stored?.port;
  if (mode === undefined || port === undefined) {
    throw usage("A healthcheck needs --healthcheck-mode and --healthcheck-port");
  }
  const isHttp = mode !== "tcp";
  const isTls = mode === "https";
  const numbers = healthcheckNumbers;
  return {
    mode,
    port,
    interval:
      secondsOf("interval", options.healthcheckInterval) ?? stored?.interval ?? numbers.interval.default,
    timeout: secondsOf("timeout", options.healthcheckTimeout) ?? stored?.timeout ?? numbers.timeout.default,
    strikesOk:
      numberOf("strikes-ok", options.healthcheckStrikesOk) ??
      stored?.strikesOk ??
      numbers["strikes-ok"].default,
    strikesFail:
      numberOf("strikes-fail", options.healthcheckStrikesFail) ??
      stored?.strikesFail ??
      numbers["strikes-fail"].default,
    // What is stored and means nothing to the new mode goes with the old one.
    uri: options.healthcheckUri ?? (isHttp ? (stored?.uri ?? null) : null),
    tlsSni: options.healthcheckTlsSni ?? (isTls ? (stored?.tlsSni ?? null) : null),
    tlsSkipVerify: options.healthcheckTlsSkipVerify ?? (isTls ? (stored?.tlsSkipVerify ?? null) : null),
  };
}

function modeOf(text: string | undefined): ElasticIpHealthcheck["mode"] | undefined {
  if (text === undefined) return undefined;
  const mode = healthcheckModes.find((known) => known === text);
  if (mode === undefined) throw usage(`--healthcheck-mode must be tcp, http or https: "${text}"`);
  return mode;
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usage(`--healthcheck-${name} must be a whole number: "${text}"`);
}

/** A bare number is in seconds, as in the API. */
function secondsOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,9}$/.test(text)) return numberOf(name, text);
  const ms = parseDuration(text);
  if (ms === null) throw usage(`--healthcheck-${name} must be seconds or a duration such as 10s: "${text}"`);
  return ms / 1_000;
}
