/** The commands by which a person gives the daemon an order or takes one back: one request each, and its answer in words. */
import { createInterface } from "node:readline/promises";
import { parseDuration } from "../config/duration.ts";
import { taken, type Taken } from "../server/api/operation.ts";
import { ask, askingOf, type AskOptions } from "./ask.ts";
import { CliError, exitCodes } from "./exit-codes.ts";
import { printJson, printLine, type Output } from "./output.ts";
import { askStatus, shortTime } from "./status.ts";
import { wrapped } from "./table.ts";
import { strange } from "./unreachable.ts";
import { userName } from "./user-name.ts";

export interface OrderOptions extends AskOptions {
  readonly by?: string;
}

export interface GivenOptions extends OrderOptions {
  readonly for?: string;
  readonly reason: string;
}

export interface ApproveOptions extends OrderOptions {
  readonly yes: boolean;
}

/** @param fields of the body, beside who gives the order. */
export async function order(
  verb: string,
  fields: Readonly<Record<string, unknown>>,
  options: OrderOptions,
  output: Output,
): Promise<void> {
  await send(verb, fields, options, output);
}

/** The same. @returns what the daemon has said, which is printed already. */
export async function send(
  verb: string,
  fields: Readonly<Record<string, unknown>>,
  options: OrderOptions,
  output: Output,
): Promise<Taken> {
  const asking = askingOf(options, output);
  const body = { ...fields, by: options.by ?? userName() };
  const answer = await ask({ method: "POST", path: `/api/v1/${verb}`, body }, asking);
  const parsed = taken.safeParse(answer);
  if (!parsed.success) throw strange(asking.endpoint);
  const { text, warning } = parsed.data;
  if (options.json) printJson(output, parsed.data);
  else printLine(output.stdout, text);
  if (warning !== null) printLine(output.stderr, `Warning: ${warning}`);
  return parsed.data;
}

/** An order with a reason, and a time after which it ends by itself. @throws CliError when the time is none. */
export async function give(
  verb: string,
  fields: Readonly<Record<string, unknown>>,
  options: GivenOptions,
  output: Output,
): Promise<void> {
  const { reason, for: time } = options;
  if (time !== undefined && parseDuration(time) === null) {
    const wanted = `--for must be a duration such as 30m, 2h or 1h30m: "${time}"`;
    throw new CliError(wanted, exitCodes.usage);
  }
  await order(verb, { ...fields, reason, ...(time === undefined ? {} : { for: time }) }, options, output);
}

/** Says what is approved, asks on a terminal, and approves exactly that: a move that is decided meanwhile is another one. */
export async function approve(
  group: string,
  given: string | undefined,
  options: ApproveOptions,
  output: Output,
): Promise<void> {
  const { groups } = await askStatus(askingOf(options, output));
  const question = groups.find(({ name }) => name === group)?.question ?? null;
  if (question !== null && (given === undefined || given === question.id) && !options.json) {
    const { id, holders, why, ageMs } = question;
    printLine(
      output.stdout,
      `Move ${id} of ${group} to ${holders.join(", ")}, asked ${shortTime(ageMs)} ago:`,
    );
    for (const line of wrapped(why, 78)) printLine(output.stdout, `  ${line}`);
    if (!options.yes && !(await confirmed("Approve it?")))
      throw new CliError("Not approved: it goes on waiting");
  }
  await order("approve", { group, id: given ?? question?.id ?? null }, options, output);
}

/** Asks on a terminal; without one nobody can answer, and whoever wrote the script has. */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
