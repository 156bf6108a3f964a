/** One entry of the journal in one line, for people. */
import { stepText } from "../../core/address.ts";
import { formatDuration } from "../../config/duration.ts";
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
} from "../event-text.ts";
import type { JournalEntry } from "../journal/journal.ts";

/** @returns what happened, without time and group. */
export function entryText(entry: JournalEntry): string {
  switch (entry.type) {
    case "intent":
      return `${moveText(entry)} begins: ${entry.why}`;
    case "step":
      return `${stepText(entry.step)}: begun`;
    case "effect": {
      const { step, effect, detail, durationMs } = entry;
      return `${stepText(step)}: ${effect} after ${formatDuration(durationMs)}, ${detail}`;
    }
    case "seen":
      return `${heldByText(entry)}${entry.busy === null ? "" : `; the provider is at work: ${entry.busy}`}`;
    case "ended":
      return `${moveText(entry)}: ${entry.outcome}`;
    case "transition":
      return transitionText(entry);
    case "decision":
      return decisionText(entry);
    case "verified":
      return verifiedText(entry);
    case "drill":
    case "order":
      return entry.text;
    case "changed-by-hand":
      return `somebody else moved the address from ${namesText(entry.from)} to ${namesText(entry.to)}`;
    case "situation":
      return `${entry.situation.rule}: ${entry.situation.why}`;
    case "question":
      return `move ${entry.id} to ${namesText(entry.to)} waits for approval: ${entry.why}`;
    case "brown-out":
      return brownOutText(entry);
    case "preflight":
      return preflightText(entry);
    case "healthcheck":
      return healthcheckText(entry);
    case "trust":
      return trustText(entry.cause === null ? null : { cause: entry.cause, detail: entry.detail });
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
