/** What the daemon tells, as one line of the history. */
import { stepText } from "../../src/core/address.ts";
import type { DaemonEvent } from "../../src/daemon/events.ts";

/** Dull is what happens all the time and changes nothing. */
export function textOfEvent(event: DaemonEvent): { readonly text: string; readonly dull: boolean } {
  switch (event.type) {
    case "probe": {
      const { result, strikes, group, member } = event;
      const count = strikes === null ? "" : ` ${strikes.count}/${strikes.needed}`;
      const text = `${group}/${member} ${result.outcome} ${result.cause}${count}`;
      return { text, dull: true };
    }
    case "transition":
      return { text: `${event.group}/${event.member} ${event.from} > ${event.to}`, dull: false };
    case "reading": {
      const { reading, group } = event;
      if (reading.kind === "unknown")
        return { text: `${group} reads nothing: ${reading.detail}`, dull: true };
      const names = [...reading.holders, ...reading.foreign].join("+") || "-";
      return { text: `${group} reads ${names}${reading.busy === null ? "" : " busy"}`, dull: true };
    }
    case "holders": {
      const { group, from, to, ours } = event;
      const change = `${from.join("+") || "-"} > ${to.join("+") || "-"}`;
      return { text: `${group} sees ${change}${ours ? "" : " by hand"}`, dull: false };
    }
    case "decision": {
      const { plan, group } = event;
      const step = plan.kind === "act" ? ` ${stepText(plan.step)}` : "";
      return { text: `${group} ${plan.kind} ${plan.rule}${step}: ${plan.why}`, dull: false };
    }
    case "move-started":
      return {
        text: `${event.group} begins ${event.move.trigger} to ${event.move.to.join("+")}`,
        dull: false,
      };
    case "move-ended":
      return { text: `${event.group} ends ${event.move.trigger}: ${event.outcome}`, dull: false };
    case "step-started":
      return { text: `${event.group} takes ${stepText(event.step)}`, dull: true };
    case "step-ended":
      return { text: `${event.group} ${stepText(event.step)}: ${event.effect.kind}`, dull: false };
    case "brown-out":
      return { text: `${event.group}/${event.member} browned out: ${event.began}`, dull: false };
    case "verified":
      return { text: `${event.group} verified ${event.member}${event.late ? " late" : ""}`, dull: false };
    case "question":
      return { text: `${event.group} asks: ${event.question.why}`, dull: false };
    case "order":
      return { text: event.text, dull: false };
    case "trust":
      return { text: `trusts itself: ${event.distrust?.detail ?? "again"}`, dull: false };
    case "request":
      return { text: `asks ${event.provider}`, dull: true };
  }
}
