/** `failoverd history`: what was decided, done, seen and ordered, the newest last. */
import { dateOf, localTime } from "../daemon/history/time-text.ts";
import { historyShape } from "../server/api/history-shape.ts";
import type { HistoryEntry, HistoryPage } from "../server/api/history.ts";
import { ask, askingOf, type Asking, type AskOptions } from "./ask.ts";
import { EventPrinter } from "./event-printer.ts";
import { tellEvents } from "./events.ts";
import { usage } from "./exit-codes.ts";
import { momentOf } from "./moment.ts";
import { printJson, printLine, styled, type Output } from "./output.ts";
import { tableLines } from "./table.ts";
import { strange } from "./unreachable.ts";

export interface HistoryOptions extends AskOptions {
  readonly group?: string;
  readonly since: string;
  readonly until?: string;
  readonly limit: string;
  /** Go on with what happens. */
  readonly follow: boolean;
}

/** Entries that are asked for at once; the daemon gives no more. */
const pageMax = 500;
const limitMax = 100_000;

export async function history(
  named: string | undefined,
  options: HistoryOptions,
  output: Output,
): Promise<void> {
  const { since, until, limit: given, json, follow } = options;
  const group = named ?? options.group;
  if (options.group !== undefined && group !== options.group)
    throw usage(`Of one group at a time: ${named} or --group ${options.group}`);
  if (follow && until !== undefined)
    throw usage("--follow and --until exclude each other: what happens now is after it");
  const limit = Number(given);
  if (!/^[1-9]\d{0,5}$/.test(given) || limit > limitMax)
    throw usage(`--limit must be a whole number from 1 to ${limitMax}: "${given}"`);
  const now = Date.now();
  const query = new URLSearchParams({ since: new Date(momentOf(since, "--since", now)).toISOString() });
  if (until !== undefined) query.set("until", new Date(momentOf(until, "--until", now)).toISOString());
  if (group !== undefined) query.set("group", group);
  const asking = askingOf(options, output);
  const page = await askHistory(query, limit, asking);
  if (json) printJson(output, page);
  else printPage(page, output);
  if (!follow) return;
  const [newest] = page.entries;
  const printer = new EventPrinter(asking, newest === undefined ? "" : dateOf(new Date(newest.at)));
  const wanted = { after: page.events, follow, group: group ?? null, types: null };
  await tellEvents(wanted, asking, (event) => printer.print(event));
}

function printPage(page: HistoryPage, output: Output): void {
  for (const line of historyLines(page.entries, output)) printLine(output.stdout, line);
  if (page.next !== null)
    printLine(
      output.stderr,
      `Older entries are left out: see more with --limit, or further back with --until`,
    );
}

/** @returns the newest entries that are asked for, the newest first. */
async function askHistory(query: URLSearchParams, limit: number, asking: Asking): Promise<HistoryPage> {
  const entries: HistoryEntry[] = [];
  let next: string | null = null;
  let events = "";
  do {
    if (next !== null) query.set("beyond", next);
    query.set("limit", String(Math.min(pageMax, limit - entries.length)));
    const answer = await ask({ method: "GET", path: `/api/v1/history?${query.toString()}` }, asking);
    const page = historyShape.safeParse(answer);
    if (!page.success) throw strange(asking.endpoint);
    // Those of the first page, which is the newest.
    if (next === null) ({ events } = page.data);
    entries.push(...page.data.entries);
    ({ next } = page.data);
  } while (next !== null && entries.length < limit);
  return { entries, next, events };
}

/**
 * @param newestFirst as the daemon gives them.
 * @returns a table with the newest last, of 80 columns so far as names allow, and a line for each day.
 */
export function historyLines(
  newestFirst: readonly HistoryEntry[],
  output: Pick<Output, "colours">,
): readonly string[] {
  if (newestFirst.length === 0) return ["Nothing is recorded of that time"];
  let day = "";
  const rows = newestFirst.toReversed().flatMap(({ at, group, text }): readonly (readonly string[])[] => {
    const date = new Date(at);
    const before = day;
    day = dateOf(date);
    const row = [localTime(date.getTime())(date.getTime()), group ?? "(all)", text];
    return day === before ? [row] : [[day, "", ""], row];
  });
  const [head = "", ...lines] = tableLines(["TIME", "GROUP", "WHAT"], rows);
  return [
    styled(output, "bold", head),
    ...lines.map((line) => (/^\d{4}-\d{2}-\d{2}$/.test(line) ? styled(output, "bold", line) : line)),
  ];
}
