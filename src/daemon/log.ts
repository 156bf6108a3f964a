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
import type { TrafficNews } from "../providers/traffic/news.ts";
import {
  brownOutText,
  healthcheckText,
  heldByText,
  moveText,
  namesText,
  preflightText,
  transitionText,
  trustText,
  verifiedText,
} from "./event-text.ts";
import type { DaemonEvent, Listener } from "./events.ts";

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
      const { group, member, from, to } = event;
      const level = to === "unhealthy" ? "warn" : "info";
      return { level, text: transitionText(event), fields: { group, member, from, to } };
    }
    case "reading":
      return readingLine(event);
    case "holders":
      return holdersLine(event);
    case "decision":
      return decisionLine(event);
    case "move-started": {
      const { trigger, from, to, why } = event.move;
      const text = `${moveText(event.move)}: ${why}`;
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

function preflightLine(event: Extract<DaemonEvent, { type: "preflight" }>): Line {
  const { group, readiness, why } = event;
  return { level: "warn", text: preflightText(event), fields: { group, readiness, obstacles: why } };
}

function holdersLine({ group, from, to, ours }: Extract<DaemonEvent, { type: "holders" }>): Line {
  const text = `holders changed from ${namesText(from)} to ${namesText(to)}${ours ? "" : ", not by us"}`;
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
  const fields = { group, member, afterMs, outageMs, late };
  return { level: late ? "warn" : "info", text: verifiedText(event), fields };
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
  const { group, member, began } = event;
  return { level: began ? "warn" : "info", text: brownOutText(event), fields: { group, member } };
}

function trustLine({ distrust }: Extract<DaemonEvent, { type: "trust" }>): Line {
  const text = trustText(distrust);
  return distrust === null
    ? { level: "warn", text, fields: {} }
    : { level: "error", text, fields: { cause: distrust.cause } };
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
  const text = `${moveText(move)}: ${outcome}`;
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
    ? { level: "debug", text: heldByText(reading), fields }
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

function rounded(stages: object): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(stages).map(([stage, ms]) => [stage, typeof ms === "number" ? Math.round(ms) : null]),
  );
}
