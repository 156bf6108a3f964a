/** One entry of the journal in one line, for people. */
import { stepText } from "../../core/address.ts";
import { distrustCauses } from "../../core/trust.ts";
import { formatDuration } from "../../config/duration.ts";
import { healthcheckText, preflightText } from "../log.ts";
import type { JournalEntry } from "../journal/journal.ts";

/** @returns what happened, without time and group. */
export function entryText(entry: JournalEntry): string {
  switch (entry.type) {
    case "intent":
      return `move (${entry.trigger}) from ${list(entry.from)} to ${list(entry.to)} begins: ${entry.why}`;
    case "step":
      return `${stepText(entry.step)}: begun`;
    case "effect": {
      const { step, effect, detail, durationMs } = entry;
      return `${stepText(step)}: ${effect} after ${formatDuration(durationMs)}, ${detail}`;
    }
    case "seen": {
      const { holders, foreign, busy } = entry;
      return `held by ${list([...holders, ...foreign])}${busy === null ? "" : `; the provider is at work: ${busy}`}`;
    }
    case "ended":
      return `move (${entry.trigger}) from ${list(entry.from)} to ${list(entry.to)}: ${entry.outcome}`;
    case "transition":
      return `${entry.member} is ${entry.to}: ${entry.why}`;
    case "decision":
      return decisionText(entry);
    case "verified": {
      const { member, afterMs, outageMs, late } = entry;
      return `${member} answers through the address ${formatDuration(afterMs)} after the move${late ? ", which is late" : ""}; clients were without an answer for ${formatDuration(outageMs)}`;
    }
    case "drill":
    case "order":
      return entry.text;
    case "changed-by-hand":
      return `somebody else moved the address from ${list(entry.from)} to ${list(entry.to)}`;
    case "situation":
      return `${entry.situation.rule}: ${entry.situation.why}`;
    case "question":
      return `move ${entry.id} to ${list(entry.to)} waits for approval: ${entry.why}`;
    case "brown-out": {
      const { member, began, fails, of } = entry;
      return `${member} is ${began ? "" : "no longer "}browned out: ${fails} of its last ${of} probes failed`;
    }
    case "preflight":
      return preflightText(entry);
    case "healthcheck":
      return healthcheckText(entry);
    case "trust":
      return entry.cause === null
        ? "we trust our own probes again"
        : `${distrustCauses[entry.cause].sentence} (${entry.detail}): no probe counts and nothing moves`;
    case "started":
      return `failoverd ${entry.version} began`;
    case "stopped":
      return `failoverd ${entry.version} was stopped`;
  }
}

function decisionText({ kind, rule, why, step }: Extract<JournalEntry, { type: "decision" }>): string {
  if (kind === "act") return `decided (${rule})${step === null ? "" : ` to ${stepText(step)}`}: ${why}`;
  return `${rule}: ${why}${step === null ? "" : ` (held back: ${stepText(step)})`}`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "nobody" : names.join(", ");
}
