/** Entries for tests that do not care about the details. */
import type { JournalEntry } from "../../../src/daemon/journal/journal.ts";

export function decision(why: string, group = "web"): JournalEntry {
  return { type: "decision", group, kind: "hold", rule: "steady", why, step: null };
}

export const intent: Extract<JournalEntry, { type: "intent" }> = {
  type: "intent",
  group: "web",
  trigger: "failover",
  why: "",
  from: ["a"],
  to: ["b"],
};
