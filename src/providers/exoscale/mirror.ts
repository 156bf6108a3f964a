/**
 * Our healthcheck as Exoscale stores one, so far as it can: Exoscale knows one check for all instances, judges by its own rule of
 * statuses, and sends nothing but a plain GET.
 */
import { isIP } from "node:net";
import { isDeepStrictEqual } from "node:util";

import type { StatusRange, Target } from "../../core/target.ts";
import { healthcheckProblems, type ElasticIpHealthcheck } from "./healthcheck.ts";

export interface Mirrored {
  readonly check: ElasticIpHealthcheck;
  /** What Exoscale would judge otherwise than we do, one sentence each; empty: it may be written. */
  readonly unlike: readonly string[];
  /** What Exoscale has nothing like, and does not need to come to the same verdict. */
  readonly left: readonly string[];
}

/** @param members how each member is probed, at least one. */
export function mirrorOf(members: readonly { readonly name: string; readonly target: Target }[]): Mirrored {
  const [first, ...others] = members;
  if (first === undefined) throw new Error("Cannot mirror the healthcheck of a group without members");
  const check = checkOf(first.target);
  const differs = others.filter((other) => !isDeepStrictEqual(checkOf(other.target), check));
  return {
    check,
    unlike: [
      ...differs.map(
        ({ name }) => `${name} is checked otherwise than ${first.name}: Exoscale has one healthcheck for all`,
      ),
      ...new Set(members.flatMap(({ target }) => unlikeOf(target))),
      ...healthcheckProblems(check),
    ],
    left: [...new Set(members.flatMap(({ target }) => leftOf(target)))],
  };
}

function checkOf({ mode, host, port, http, tls, ...pace }: Target): ElasticIpHealthcheck {
  return {
    mode,
    port,
    interval: pace.intervalMs / 1_000,
    timeout: pace.timeoutMs / 1_000,
    strikesOk: pace.strikesOk,
    strikesFail: pace.strikesFail,
    uri: http?.uri ?? null,
    // We send the name that we connect to; Exoscale connects to an instance, which has none.
    tlsSni: tls === null ? null : (tls.sni ?? (isIP(host) === 0 ? host : null)),
    tlsSkipVerify: tls?.skipVerify === true ? true : null,
  };
}

function unlikeOf({ http, tls }: Target): readonly string[] {
  const rows: readonly (readonly [boolean, string])[] = [
    [http !== null && http.method !== "GET", `method ${http?.method}: Exoscale sends GET`],
    [http !== null && http.hostHeader !== null, "host-header: Exoscale sends none of ours"],
    [http !== null && Object.keys(http.headers).length > 0, "headers: Exoscale sends none of ours"],
    [http !== null && !isExoscaleRule(http.expectStatus), "expect-status: Exoscale accepts all below 400"],
    [http !== null && http.expectBody !== null, "expect-body: Exoscale does not look into the body"],
    [tls !== null && tls.caPem !== null, "tls-ca: Exoscale trusts the public authorities only"],
  ];
  return rows.flatMap(([isSo, text]) => (isSo ? text : []));
}

function leftOf({ fastIntervalMs, brownOut, watch, http, tls }: Target): readonly string[] {
  const rows: readonly (readonly [boolean, string])[] = [
    [fastIntervalMs !== null, "fast-interval"],
    [brownOut !== null, "m-of-n"],
    [watch, "watch"],
    [http?.reuse === true, "reuse"],
    [tls?.resume === true, "resume"],
  ];
  return rows.flatMap(([isSo, key]) => (isSo ? key : []));
}

function isExoscaleRule([range, ...more]: readonly StatusRange[]): boolean {
  return more.length === 0 && range?.from === 100 && range.to === 399;
}
