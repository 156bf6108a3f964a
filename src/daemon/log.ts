/**
 * The log: one line for each transition, decision, step and change of holders, none for each probe (debug level shows
 * them). A line names group, rule and why, so that it explains itself. A provider call that changes something is a line too,
 * with the provider's id of it: it stands between the two lines of its step, and a group takes one step at a time.
 */
import type { Logger } from "pino";
import { stepText } from "../core/address.ts";
import { formatDuration } from "../config/duration.ts";
import { behindText } from "../core/keeping-up.ts";
import { stateOf } from "../core/rules.ts";
import { distrustCauses } from "../core/trust.ts";
import type { TrafficNews } from "../providers/traffic/news.ts";
import type { DaemonEvent, Listener } from "./events.ts";
import type { HealthcheckNews } from "./healthcheck-watch.ts";

/** @returns a listener that writes to `log`. */
export function eventLogger(log: Logger): Listener {
  return (event) => {
    // The journal's alone: the lines of decisions and transitions say the same in few words.
    if (event.type === "situation") return;
    // Told once when it begins and once when it is over; the metrics count what happens in between.
    if (event.type === "traffic" && !isLogged(event.news)) return;
    const { level, text, fields } = lineOf(event);
    log[level](fields, text);
  };
}

export interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
  readonly fields: object;
}

/** @returns an event as a sentence, with the facts of it for programs. */
export function lineOf(event: Exclude<DaemonEvent, { type: "situation" }>): Line {
  switch (event.type) {
    case "probe":
      return probeLine(event);
    case "transition": {
      const { group, member, from, to, why } = event;
      const level = to === "unhealthy" ? "warn" : "info";
      return { level, text: `${member} is ${to}: ${why}`, fields: { group, member, from, to } };
    }
    case "reading":
      return readingLine(event);
    case "holders":
      return holdersLine(event);
    case "decision":
      return decisionLine(event);
    case "move-started": {
      const { trigger, from, to, why } = event.move;
      const text = `move (${trigger}) from ${names(from)} to ${names(to)}: ${why}`;
      return { level: "warn", text, fields: { group: event.group, trigger, from, to } };
    }
    case "step-started":
      return {
        level: "info",
        text: `${stepText(event.step)}: begun`,
        fields: { group: event.group, step: event.step },
      };
    case "step-ended":
      return stepEndedLine(event);
    case "move-ended":
      return moveEndedLine(event);
    case "path-probe":
      return pathProbeLine(event);
    case "brown-out":
      return brownOutLine(event);
    case "verified":
      return verifiedLine(event);
    case "question": {
      const { id, why, decision } = event.question;
      const text = `move ${id} waits for approval: ${why}`;
      return { level: "warn", text, fields: { group: event.group, move: id, to: decision.holders } };
    }
    case "maintenance":
      return maintenanceLine(event);
    case "drill":
      return drillLine(event);
    case "preflight":
      return preflightLine(event);
    case "healthcheck": {
      const { group, from, to, trouble } = event;
      const level = trouble === null ? "info" : "warn";
      return { level, text: healthcheckText(event), fields: { group, from, to, trouble } };
    }
    case "order": {
      const { group, act, by, text } = event;
      // These two only look.
      const level = act === "reconcile" || act === "probe-now" ? "info" : "warn";
      return { level, text, fields: { ...(group === null ? {} : { group }), act, by } };
    }
    case "trust":
      return trustLine(event);
    case "behind":
      return behindLine(event);
    case "probe-crash":
      return probeCrashLine(event);
    case "request":
      return requestLine(event);
    case "traffic":
      return trafficLine(event);
  }
}

/** @returns e.g. `a failover of web would fail now: …`. */
export function preflightText({
  group,
  readiness,
  why,
}: Pick<PreflightNews, "group" | "readiness" | "why">): string {
  return readiness === "broken"
    ? `a failover of ${group} would fail now: ${why}`
    : `a failover of ${group} would work again, so far as can be told without one`;
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

type PreflightNews = Extract<DaemonEvent, { type: "preflight" }>;

function preflightLine(event: PreflightNews): Line {
  const { group, readiness, why } = event;
  return { level: "warn", text: preflightText(event), fields: { group, readiness, obstacles: why } };
}

function holdersLine({ group, from, to, ours }: Extract<DaemonEvent, { type: "holders" }>): Line {
  const text = `holders changed from ${names(from)} to ${names(to)}${ours ? "" : ", not by us"}`;
  return { level: ours ? "info" : "warn", text, fields: { group, from, to, ours } };
}

function stepEndedLine(event: Extract<DaemonEvent, { type: "step-ended" }>): Line {
  const { group, step, effect, durationMs } = event;
  const level = effect.kind === "applied" ? "info" : "error";
  const text = `${stepText(step)}: ${effect.kind}, ${effect.detail}`;
  return { level, text, fields: { group, step, effect: effect.kind, durationMs: Math.round(durationMs) } };
}

function pathProbeLine({ group, result }: Extract<DaemonEvent, { type: "path-probe" }>): Line {
  const { outcome, cause, detail, durationMs } = result;
  const fields = { group, outcome, cause, detail, durationMs: Math.round(durationMs) };
  return { level: "debug", text: `through the address: ${outcome} (${cause})`, fields };
}

function verifiedLine(event: Extract<DaemonEvent, { type: "verified" }>): Line {
  const { group, member, afterMs, outageMs, late } = event;
  const [after, outage] = [formatDuration(Math.round(afterMs)), formatDuration(Math.round(outageMs))];
  const text = `${member} answers through the address ${after} after the move${late ? ", which is late" : ""}; clients were without an answer for ${outage}`;
  return { level: late ? "warn" : "info", text, fields: { group, member, afterMs, outageMs, late } };
}

function maintenanceLine({ group, maintenance }: Extract<DaemonEvent, { type: "maintenance" }>): Line {
  if (maintenance === null)
    return { level: "info", text: "the maintenance window is over", fields: { group } };
  const { mode, text } = maintenance;
  const means = mode === "hold" ? "no automatic move begins" : "moves wait for a person";
  return {
    level: "info",
    text: `a maintenance window begins, so ${means} (${text})`,
    fields: { group, mode },
  };
}

function drillLine(event: Extract<DaemonEvent, { type: "drill" }>): Line {
  const { group, phase, home, away, outcome, out, back, text } = event;
  const level = outcome === "abandoned" || outcome === "unverified" ? "error" : "warn";
  return { level, text, fields: { group, phase, home, away, outcome, out, back } };
}

function brownOutLine(event: Extract<DaemonEvent, { type: "brown-out" }>): Line {
  const { group, member, began, fails, of } = event;
  const text = began
    ? `${member} is browned out: ${fails} of its last ${of} probes failed`
    : `${member} is no longer browned out: ${fails} of its last ${of} probes failed`;
  return { level: began ? "warn" : "info", text, fields: { group, member } };
}

function trustLine(event: Extract<DaemonEvent, { type: "trust" }>): Line {
  if (event.distrust === null) return { level: "warn", text: "we trust our own probes again", fields: {} };
  const { cause, detail } = event.distrust;
  const text = `${distrustCauses[cause].sentence} (${detail}): no probe counts and nothing moves`;
  return { level: "error", text, fields: { cause } };
}

function isLogged({ kind }: TrafficNews): boolean {
  return kind === "strained" || kind === "relieved";
}

function trafficLine({ provider, news }: Extract<DaemonEvent, { type: "traffic" }>): Line {
  const fields = { provider };
  switch (news.kind) {
    case "strained": {
      const text = `${provider} is asked less: ${news.why}; who holds an address may stay unknown, and moves come first`;
      return { level: "warn", text, fields };
    }
    case "relieved": {
      const { afterMs, heldBack } = news;
      const after = formatDuration(Math.round(afterMs));
      const text = `${provider} is asked as usual again, after ${after}; ${heldBack} questions were held back`;
      return { level: "info", text, fields: { ...fields, heldBack } };
    }
    case "retry":
    case "throttled":
    case "held-back":
      return { level: "debug", text: `${provider}: ${news.kind}`, fields };
  }
}

function behindLine({ overdueMs }: Extract<DaemonEvent, { type: "behind" }>): Line {
  return overdueMs === null
    ? { level: "warn", text: "probing keeps up with its plan again", fields: {} }
    : { level: "error", text: behindText({ overdueMs }), fields: { overdueMs: Math.round(overdueMs) } };
}

function probeCrashLine({ why, restartInMs }: Extract<DaemonEvent, { type: "probe-crash" }>): Line {
  const wait = formatDuration(Math.round(restartInMs));
  const text = `the probe thread broke: ${why}; nothing is probed until the next one begins in ${wait}, and no strike is added or cleared`;
  return { level: "error", text, fields: { restartInMs } };
}

function requestLine(event: Extract<DaemonEvent, { type: "request" }>): Line {
  const { operation, code, durationMs, id, ownId, changes, group, said } = event.record;
  const text = `${operation}: ${code}, request ${id ?? ownId}`;
  const fields = {
    ...(group === null ? {} : { group }),
    provider: event.provider,
    operation,
    code,
    ownRequestId: ownId,
    requestId: id,
    durationMs: Math.round(durationMs),
    ...(said === undefined ? {} : { said }),
  };
  return { level: changes ? "info" : "debug", text, fields };
}

function moveEndedLine(event: Extract<DaemonEvent, { type: "move-ended" }>): Line {
  const { group, move, outcome, stages } = event;
  const level = outcome === "completed" ? "warn" : "error";
  const text = `move (${move.trigger}) from ${names(move.from)} to ${names(move.to)}: ${outcome}`;
  return { level, text, fields: { group, trigger: move.trigger, outcome, stagesMs: rounded(stages) } };
}

function probeLine(event: Extract<DaemonEvent, { type: "probe" }>): Line {
  const { group, member, result } = event;
  const { outcome, cause, detail, durationMs } = result;
  const fields = { group, member, outcome, cause, detail, durationMs: Math.round(durationMs) };
  return { level: "debug", text: `${member}: ${outcome} (${cause})`, fields };
}

function readingLine(event: Extract<DaemonEvent, { type: "reading" }>): Line {
  const { group, reading } = event;
  const fields = { group, durationMs: Math.round(event.durationMs) };
  return reading.kind === "known"
    ? { level: "debug", text: `held by ${names([...reading.holders, ...reading.foreign])}`, fields }
    : { level: "debug", text: `who holds the address is not known: ${reading.detail}`, fields };
}

function decisionLine(event: Extract<DaemonEvent, { type: "decision" }>): Line {
  const { group, plan, carriedOut } = event;
  const state = stateOf(plan.rule);
  const fields = { group, rule: plan.rule, state };
  if (plan.kind === "act") {
    const text = `${carriedOut ? "decided" : "would, but only watching,"} to ${stepText(plan.step)}: ${plan.why}`;
    return { level: "info", text, fields };
  }
  const held = plan.kind === "hold" && plan.blocked !== null ? ` (held back: ${stepText(plan.blocked)})` : "";
  const level = state === "blocked" || state === "blind" ? "warn" : "info";
  return { level, text: `${plan.why}${held}`, fields };
}

function names(list: readonly string[]): string {
  return list.length === 0 ? "nobody" : list.join(", ");
}

function rounded(stages: object): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(stages).map(([stage, ms]) => [stage, typeof ms === "number" ? Math.round(ms) : null]),
  );
}
