/** What the daemon tells, as one line of the history. */
import { stepText } from "../../src/core/address.ts";
import type { DaemonEvent } from "../../src/daemon/events.ts";

export function textOfEvent(event: DaemonEvent): string {
  switch (event.type) {
    case "probe": {
      const { result, strikes, group, member } = event;
      const count = strikes === null ? "" : ` ${strikes.count}/${strikes.needed}`;
      return `${group}/${member} ${result.outcome} ${result.cause}${count}`;
    }
    case "transition":
      return `${event.group}/${event.member} ${event.from} > ${event.to}`;
    case "reading": {
      const { reading, group } = event;
      if (reading.kind === "unknown") return `${group} reads nothing: ${reading.detail}`;
      const names = [...reading.holders, ...reading.foreign].join("+") || "-";
      return `${group} reads ${names}${reading.busy === null ? "" : " busy"}`;
    }
    case "holders": {
      const { group, from, to, ours } = event;
      return `${group} sees ${from.join("+") || "-"} > ${to.join("+") || "-"}${ours ? "" : " by hand"}`;
    }
    case "decision": {
      const { plan, group } = event;
      const step = plan.kind === "act" ? ` ${stepText(plan.step)}` : "";
      return `${group} ${plan.kind} ${plan.rule}${step}: ${plan.why}`;
    }
    case "move-started":
      return `${event.group} begins ${event.move.trigger} to ${event.move.to.join("+")}`;
    case "move-ended":
      return `${event.group} ends ${event.move.trigger}: ${event.outcome}`;
    case "step-started":
      return `${event.group} takes ${stepText(event.step)}`;
    case "step-ended":
      return `${event.group} ${stepText(event.step)}: ${event.effect.kind}`;
    case "path-probe":
      return `${event.group} through the address: ${event.result.cause}`;
    case "brown-out":
      return `${event.group}/${event.member} browned out: ${event.began}`;
    case "preflight":
      return `${event.group} is ${event.readiness} for a move: ${event.why}`;
    case "verified":
      return `${event.group} verified ${event.member}${event.late ? " late" : ""}`;
    case "question":
      return `${event.group} asks: ${event.question.why}`;
    case "situation":
      return `${event.group} stands on ${event.situation.rule}`;
    case "order":
      return event.text;
    case "maintenance":
      return `${event.group} maintenance: ${event.maintenance?.mode ?? "over"}`;
    case "drill":
      return `${event.group} ${event.text}`;
    case "healthcheck":
      return `${event.group} healthcheck: ${event.from ?? "-"} > ${event.to ?? "-"} (${event.trouble ?? "followed"})`;
    case "trust":
      return `trusts itself: ${event.distrust?.detail ?? "again"}`;
    case "behind":
      return event.overdueMs === null ? "keeps up with its probes" : "falls behind with its probes";
    case "probe-crash":
      return `has lost its probe thread: ${event.why}`;
    case "request":
      return `asks ${event.provider}`;
    case "traffic":
      return `${event.provider}: ${event.news.kind}`;
  }
}

/** @returns null, or a number that stands for an event of a kind that happens all the time and changes nothing by itself. */
export function dullMark(event: DaemonEvent): number | null {
  switch (event.type) {
    case "probe":
      return event.result.durationMs * 64 + event.result.cause.length * 8 + (event.strikes?.count ?? 0);
    case "reading": {
      const { reading } = event;
      const holders = reading.kind === "unknown" ? 0 : 1 + reading.holders.join().length;
      return -1 - event.durationMs * 64 - holders;
    }
    case "path-probe":
      return event.result.durationMs * 64 + event.result.cause.length;
    case "step-started":
    case "situation":
    case "request":
    case "traffic":
      return 0;
    case "transition":
    case "holders":
    case "decision":
    case "move-started":
    case "move-ended":
    case "step-ended":
    case "brown-out":
    case "preflight":
    case "verified":
    case "question":
    case "order":
    case "maintenance":
    case "drill":
    case "healthcheck":
    case "behind":
    case "probe-crash":
    case "trust":
      return null;
  }
}
