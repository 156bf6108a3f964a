/** Prints events as they come: one after the other on lines of 80 columns so far as names allow, or each as a line of JSON. */
import { dateOf, localTime } from "../daemon/history/time-text.ts";
import { gapType, type EventData } from "../server/event-feed.ts";
import type { HeardEvent } from "../server/event-client.ts";
import { printJson, printLine, styled, type Output, type Style } from "./output.ts";
import { rowLines } from "./table.ts";

const styles: Readonly<Record<EventData["level"], Style | null>> = {
  debug: null,
  info: null,
  warn: "yellow",
  error: "red",
};

export class EventPrinter {
  readonly #output: Output;
  readonly #json: boolean;
  #day: string;
  #groupWidth = 5;

  /** @param day the one of which something is printed already, e.g. `2026-11-24`; its date is not said again. */
  constructor({ output, json }: { readonly output: Output; readonly json: boolean }, day: string = "") {
    this.#output = output;
    this.#json = json;
    this.#day = day;
  }

  print(event: HeardEvent): void {
    const { stdout, stderr } = this.#output;
    if (event.type === gapType) printLine(stderr, event.text);
    if (this.#json) return printJson(this.#output, event);
    if (event.type === gapType) return;
    const date = new Date(event.time);
    const day = dateOf(date);
    if (day !== this.#day) printLine(stdout, styled(this.#output, "bold", day));
    this.#day = day;
    const group = event.group ?? "(all)";
    this.#groupWidth = Math.max(this.#groupWidth, group.length);
    const row = [localTime(date.getTime())(date.getTime()), group, event.text];
    const style = styles[event.level];
    for (const line of rowLines(row, [8, this.#groupWidth]))
      printLine(stdout, style === null ? line : styled(this.#output, style, line));
  }
}
