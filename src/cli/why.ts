/** `failoverd why`: what decided about a group, now or at any moment that was recorded, in sentences. */
import { sentencesOf } from "../daemon/history/sentences.ts";
import { localTime } from "../daemon/history/time-text.ts";
import { whyShape } from "../server/api/history-shape.ts";
import { ask, askingOf, type AskOptions } from "./ask.ts";
import { momentOf } from "./moment.ts";
import { printJson, printLine, styled, type Output } from "./output.ts";
import { wrapped } from "./table.ts";
import { strange } from "./unreachable.ts";

export interface WhyOptions extends AskOptions {
  readonly at?: string;
}

const widthMax = 80;

export async function why(group: string, options: WhyOptions, output: Output): Promise<void> {
  const asking = askingOf(options, output);
  const query = new URLSearchParams({ group });
  if (options.at !== undefined)
    query.set("at", new Date(momentOf(options.at, "--at", Date.now())).toISOString());
  const answer = await ask({ method: "GET", path: `/api/v1/why?${query.toString()}` }, asking);
  if (options.json) return printJson(output, answer);
  const parsed = whyShape.safeParse(answer);
  if (!parsed.success) throw strange(asking.endpoint);
  const paragraphs = sentencesOf(parsed.data, localTime(parsed.data.atWallMs));
  for (const [i, paragraph] of paragraphs.entries()) {
    if (i > 0) printLine(output.stdout);
    for (const line of wrapped(paragraph, widthMax))
      printLine(output.stdout, i === 0 ? styled(output, "bold", line) : line);
  }
}
