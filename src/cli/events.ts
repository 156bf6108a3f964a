/** `failoverd events`: what has happened of late, and with `--follow` what happens, as it happens. */
import { systemClock } from "../daemon/clock.ts";
import { hear, type Heard, type HeardEvent, type Hearing } from "../server/event-client.ts";
import { endpointName } from "../server/endpoint.ts";
import { askingOf, endOf, type Asking, type AskOptions } from "./ask.ts";
import { endedBySignal } from "./ended-by-signal.ts";
import { EventPrinter } from "./event-printer.ts";
import { printLine, type Output } from "./output.ts";

export interface EventsOptions extends AskOptions {
  readonly group?: string;
  readonly types?: string;
  readonly follow: boolean;
}

export async function events(options: EventsOptions, output: Output): Promise<void> {
  const { follow, group = null, types = null } = options;
  const asking = askingOf(options, output);
  const printer = new EventPrinter(asking);
  const wanted = { after: "oldest", follow, group, types };
  await tellEvents(wanted, asking, (event) => printer.print(event));
}

/**
 * Tells every event, over all cuts, until somebody ends the command or closes what it prints to.
 *
 * @throws CliError when the daemon cannot be reached at the first attempt, or refuses.
 */
export async function tellEvents(
  wanted: Omit<Hearing, "endpoint">,
  asking: Asking,
  tell: (event: HeardEvent) => void,
): Promise<void> {
  const { endpoint, output } = asking;
  const signal = AbortSignal.any([endedBySignal(), closed(output)]);
  const heard = hear({ endpoint, ...wanted }, { clock: systemClock, random: Math.random, signal });
  for (;;) {
    const next = await heard.next();
    if (next.done === true) {
      if (next.value === null) return;
      throw endOf(next.value, { method: "GET", path: "" }, asking);
    }
    const { value } = next;
    if (value.kind === "event") tell(value.event);
    else printLine(output.stderr, noticeOf(value, asking));
  }
}

function noticeOf(heard: Exclude<Heard, { kind: "event" }>, { endpoint }: Asking): string {
  if (heard.kind === "back") return "Connected again";
  const { trouble } = heard;
  const why = trouble.kind === "none" ? trouble.text : `it answers with status ${trouble.status}`;
  return `Cut off from the daemon on ${endpointName(endpoint)}: ${why}. It is tried again`;
}

/** @returns a signal that aborts when nobody reads any more what is printed, as `head` does. */
function closed({ stdout }: Output): AbortSignal {
  const controller = new AbortController();
  stdout.on("error", () => controller.abort());
  return controller.signal;
}
