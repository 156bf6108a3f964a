/** The healthcheck that is stored with an Elastic IP, as one that we probe by. What Exoscale would not take is no healthcheck. */
import type { Healthcheck } from "../../core/target.ts";
import { hostNamePattern, uriPattern } from "../../core/healthcheck-limits.ts";
import type { HealthcheckReading } from "../provider.ts";
import { addressName } from "./elastic-ip.ts";
import { healthcheckText, rangeProblems, type ElasticIpHealthcheck } from "./healthcheck.ts";
import type { ElasticIp } from "./wire.ts";

export function storedIn(elasticIp: ElasticIp): HealthcheckReading {
  const { healthcheck, managed } = elasticIp;
  const name = addressName(elasticIp);
  if (!managed) {
    const detail = `Elastic IP ${name} has no healthcheck`;
    return { kind: "unusable", detail, fix: `${neverGetsOne}, ${orOwn}` };
  }
  const problems = healthcheck === null ? ["its form is not known"] : problemsOf(healthcheck);
  if (healthcheck === null || problems.length > 0) {
    const detail = `the healthcheck of Elastic IP ${name} is none to probe by: ${problems.join("; ")}`;
    return { kind: "unusable", detail, fix: `Correct it at Exoscale, ${orOwn}` };
  }
  return { kind: "known", check: checkOf(healthcheck), text: healthcheckText(healthcheck) };
}

/** Exoscale refuses to add one to a manual Elastic IP. */
const neverGetsOne = "Use an Elastic IP that was created with one, since Exoscale adds none later";
const orOwn = "or write a healthcheck of your own in place of from-elastic-ip";

/** A field that the mode has no use for is Exoscale's to ignore, and ours. */
function problemsOf(check: ElasticIpHealthcheck): readonly string[] {
  const { mode, uri, tlsSni } = check;
  const isPath = mode === "tcp" || uri === null || uriPattern.test(uri);
  const isName = mode !== "https" || tlsSni === null || hostNamePattern.test(tlsSni);
  return [
    ...rangeProblems(check),
    ...(isPath ? [] : [`uri must start with / and be percent-encoded: got ${JSON.stringify(uri)}`]),
    ...(isName ? [] : [`tls-sni must be a host name: got ${JSON.stringify(tlsSni)}`]),
  ];
}

/** Exoscale's own rules: a plain GET, any status below 400, redirects not followed. */
function checkOf(stored: ElasticIpHealthcheck): Healthcheck {
  const { mode, port, uri, interval, timeout, strikesOk, strikesFail, tlsSni, tlsSkipVerify } = stored;
  return {
    mode,
    port,
    http:
      mode === "tcp"
        ? null
        : {
            uri: uri ?? "/",
            method: "GET",
            hostHeader: null,
            headers: {},
            expectStatus: [{ from: 100, to: 399 }],
            expectHeader: null,
            expectBody: null,
            reuse: false,
          },
    tls:
      mode === "https"
        ? { sni: tlsSni, skipVerify: tlsSkipVerify ?? false, caPem: null, resume: false }
        : null,
    intervalMs: interval * 1_000,
    timeoutMs: timeout * 1_000,
    fastIntervalMs: null,
    strikesOk,
    strikesFail,
    brownOut: null,
    watch: false,
  };
}
