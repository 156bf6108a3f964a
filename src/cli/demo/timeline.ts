/** The daemon's events as a timeline for people, in seconds since the last thing that was broken. */
import type { Writable } from "node:stream";
import { stepText } from "../../core/address.ts";
import { causeSentence } from "../../core/cause.ts";
import { healthcheckText, preflightText } from "../../daemon/event-text.ts";
import type { DaemonEvent } from "../../daemon/events.ts";
import { formatDuration } from "../../config/duration.ts";
import { printLine, styled, type Output } from "../output.ts";

export class Timeline {
  readonly #output: Output;
  readonly #stream: Writable;
  #startedAt = performance.now();

  constructor(output: Output, stream: Writable) {
    this.#output = output;
    this.#stream = stream;
  }

  /** From now on the time counts from 0. */
  restart(): void {
    this.#startedAt = performance.now();
  }

  say(group: string, text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(3).padStart(8);
    printLine(this.#stream, `${styled(this.#output, "dim", seconds)}  ${group.padEnd(5)} ${text}`);
  }

  take(event: DaemonEvent): void {
    const text = this.#textOf(event);
    if (text !== null && "group" in event) this.say(event.group ?? "all", text);
  }

  #textOf(event: DaemonEvent): string | null {
    switch (event.type) {
      case "probe":
        return this.#strikeText(event);
      case "transition": {
        const verdict = styled(this.#output, event.to === "healthy" ? "green" : "red", event.to);
        return `verdict: ${event.member} is ${verdict}: ${event.why}`;
      }
      case "decision":
        return this.#decisionText(event);
      case "step-started":
        return `step:    ${stepText(event.step)} …`;
      case "step-ended":
        return `step:    ${stepText(event.step)} ${event.effect.kind} in ${formatDuration(event.durationMs)}`;
      case "move-ended": {
        const to = event.move.to.join(", ");
        return event.outcome === "completed"
          ? styled(this.#output, "green", `moved:   ${to} holds the address`)
          : styled(this.#output, "red", `gave up: the move to ${to}`);
      }
      case "holders":
        return event.ours
          ? null
          : `by hand: somebody else moved the address to ${event.to.join(", ") || "nobody"}`;
      case "brown-out":
        return event.began ? `warning: ${event.member} is browned out` : null;
      case "verified":
        return `verify:  ${event.member} answers through the address, ${formatDuration(event.afterMs)} after the move`;
      case "order":
        return `order:   ${event.text}`;
      case "preflight":
        return `warning: ${preflightText(event)}`;
      case "drill":
        return `drill:   ${event.text}`;
      case "healthcheck":
        return `check:   ${healthcheckText(event)}`;
      case "path-probe":
      case "maintenance":
      case "question":
      case "situation":
      case "trust":
      case "behind":
      case "probe-crash":
      case "move-started":
      case "reading":
      case "request":
      case "traffic":
        return null;
    }
  }

  #strikeText(event: Extract<DaemonEvent, { type: "probe" }>): string | null {
    const { member, result, before, strikes } = event;
    // While the health is unknown, strikes only mean that we have just started.
    if (strikes === null || before === "unknown") return null;
    const text = `strike ${strikes.count}/${strikes.needed}: ${member} ${causeSentence(result.cause)}`;
    return styled(this.#output, "yellow", `probe:   ${text}`);
  }

  #decisionText({ plan }: Extract<DaemonEvent, { type: "decision" }>): string | null {
    if (plan.kind === "act")
      return styled(this.#output, "bold", `decide:  ${stepText(plan.step)}: ${plan.why}`);
    return plan.rule === "first-round" ? null : `hold:    ${plan.why}`;
  }
}
