/** What is told of a drill, in words. */
import { formatDuration } from "../config/duration.ts";
import type { DrillLeg, DrillNews } from "./events.ts";

type Told = Pick<DrillNews, "phase" | "home" | "away" | "outcome" | "out" | "back" | "holdMs">;

/** @param why of an end that is not as it should be; null: it is, or it is no end. */
export function drillText(told: Told, why: string | null): string {
  const { phase, home, away, outcome, out, back, holdMs } = told;
  switch (phase) {
    case "out":
      return `drill: the address goes from ${home} to ${away}, and back after ${formatDuration(holdMs)}`;
    case "away":
      return `drill: ${away} has the address, and ${home} gets it back after ${formatDuration(holdMs)}`;
    case "ended": {
      const reason = why === null ? "" : `: ${why}`;
      const moves = [...legText(`to ${away}`, out), ...legText(`back to ${home}`, back)];
      return [`drill ${outcome}${reason}`, ...moves].join("; ");
    }
  }
}

/** @returns e.g. `to web-b in 2s310ms, answered after 3ms, clients without an answer for 1s`; nothing for a move that was not made. */
function legText(where: string, leg: DrillLeg | null): readonly string[] {
  if (leg === null) return [];
  const { stepsMs, answeredAfterMs, outageMs } = leg;
  const answered = answeredAfterMs === null ? "" : `, answered after ${formatDuration(answeredAfterMs)}`;
  const outage = outageMs === null ? "" : `, clients without an answer for ${formatDuration(outageMs)}`;
  return [`${where} in ${formatDuration(stepsMs)}${answered}${outage}`];
}
