/** What the journal keeps of an event. */
import type { DaemonEvent } from "./events.ts";
import { allGroups, type JournalEntry } from "./journal/journal.ts";

/** @returns the entry, or null: nothing. */
export function entryOf(event: DaemonEvent): JournalEntry | null {
  switch (event.type) {
    case "move-started": {
      const { trigger, why, from, to } = event.move;
      return { type: "intent", group: event.group, trigger, why, from, to };
    }
    case "step-started": {
      const { group, step, why, to, takesOff } = event;
      return { type: "step", group, step, why, to, takesOff };
    }
    case "step-ended": {
      const { group, step, effect, durationMs } = event;
      return { type: "effect", group, step, effect: effect.kind, detail: effect.detail, durationMs };
    }
    case "reading":
      return seenEntry(event);
    case "holders": {
      const { group, from, to, ours } = event;
      return ours ? null : { type: "changed-by-hand", group, from, to };
    }
    case "move-ended": {
      const { trigger, from, to } = event.move;
      return { type: "ended", group: event.group, trigger, from, to, outcome: event.outcome };
    }
    case "transition": {
      const { group, member, from, to, why } = event;
      return { type: "transition", group, member, from, to, why };
    }
    case "decision": {
      const { group, plan } = event;
      if (plan.kind === "ask") return null;
      const step = plan.kind === "act" ? plan.step : plan.blocked;
      return { type: "decision", group, kind: plan.kind, rule: plan.rule, why: plan.why, step };
    }
    case "verified": {
      const { group, member, afterMs, outageMs, late } = event;
      return { type: "verified", group, member, afterMs, outageMs, late };
    }
    case "drill": {
      const { out: _, back: __, ...entry } = event;
      return entry;
    }
    case "order": {
      const { act, by, text } = event;
      return { type: "order", group: event.group ?? allGroups, act, by, text };
    }
    case "situation":
      return { type: "situation", group: event.group, situation: event.situation };
    case "question": {
      const { id, why, decision } = event.question;
      return { type: "question", group: event.group, id, why, to: decision.holders };
    }
    case "brown-out":
    case "preflight":
    case "healthcheck":
      return event;
    case "trust": {
      const { cause = null, detail = "" } = event.distrust ?? {};
      return { type: "trust", group: allGroups, cause, detail };
    }
    case "probe":
    case "path-probe":
    case "maintenance":
    case "behind":
    case "probe-crash":
    case "request":
    case "traffic":
      return null;
  }
}

function seenEntry(event: Extract<DaemonEvent, { type: "reading" }>): JournalEntry | null {
  const { group, reading, isFirst, changed } = event;
  if (reading.kind === "unknown" || !changed) return null;
  const { holders, foreign, busy } = reading;
  return { type: "seen", group, holders, foreign, busy, isFirst };
}
