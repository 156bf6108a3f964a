/**
 * What happened, in one sentence: the same one in the log while it happens and in the history afterwards. Each takes the facts that
 * an event and its entry of the journal have in common.
 */
import { formatDuration } from "../config/duration.ts";
import type { Health } from "../core/health.ts";
import type { Trigger } from "../core/rules.ts";
import { distrustText, type Distrust } from "../core/trust.ts";
import type { HealthcheckNews } from "./healthcheck-watch.ts";
import type { BrownOutChange } from "./members.ts";
import type { Verified } from "./path-watch.ts";

/** @returns e.g. `a is unhealthy: 3 consecutive fails, the last: refused the connection`. */
export function transitionText(change: {
  readonly member: string;
  readonly to: Health;
  readonly why: string;
}): string {
  return `${change.member} is ${change.to}: ${change.why}`;
}

/** @returns e.g. `move (failover) from a to b`. */
export function moveText(move: {
  readonly trigger: Trigger;
  readonly from: readonly string[];
  readonly to: readonly string[];
}): string {
  return `move (${move.trigger}) from ${namesText(move.from)} to ${namesText(move.to)}`;
}

/** @returns e.g. `held by a`. */
export function heldByText(seen: {
  readonly holders: readonly string[];
  readonly foreign: readonly string[];
}): string {
  return `held by ${namesText([...seen.holders, ...seen.foreign])}`;
}

export function verifiedText({ member, afterMs, outageMs, late }: Verified): string {
  const answers = `${member} answers through the address ${formatDuration(afterMs)} after the move`;
  return `${answers}${late ? ", which is late" : ""}; clients were without an answer for ${formatDuration(outageMs)}`;
}

export function brownOutText(change: BrownOutChange & { readonly member: string }): string {
  const { member, began, fails, of } = change;
  return `${member} is ${began ? "" : "no longer "}browned out: ${fails} of its last ${of} probes failed`;
}

/** @param distrust null: trust is regained. */
export function trustText(distrust: Pick<Distrust, "cause" | "detail"> | null): string {
  if (distrust === null) return "we trust our own probes again";
  return `${distrustText(distrust)}: no probe counts and nothing moves`;
}

/** @returns e.g. `a failover of web would fail now: …`. */
export function preflightText(news: {
  readonly group: string;
  readonly readiness: "ready" | "broken";
  readonly why: string;
}): string {
  return news.readiness === "broken"
    ? `a failover of ${news.group} would fail now: ${news.why}`
    : `a failover of ${news.group} would work again, so far as can be told without one`;
}

/** @returns e.g. `the healthcheck stored at 198.51.100.7 is now tcp on port 443, …; it was http on port 80, …`. */
export function healthcheckText({ source, from, to, trouble }: HealthcheckNews): string {
  const it = `the healthcheck stored at ${source}`;
  if (trouble !== null) {
    const kept = to === null ? "no member is probed" : `the last one known goes on (${to})`;
    return `${it} cannot be followed, so ${kept}: ${trouble}`;
  }
  if (from === to) return `${it} is followed again: ${to}`;
  if (from === null) return `${it} is ${to}: members are probed by it`;
  return `${it} is now ${to}; it was ${from}. Members that are probed by it start at unknown`;
}

/** @returns e.g. `a, b`. */
export function namesText(names: readonly string[]): string {
  return names.length === 0 ? "nobody" : names.join(", ");
}
