/** The commands by which a person gives the daemon an order or takes one back: one request each, and its answer in words. */
import { createInterface } from "node:readline/promises";
import { parseDuration } from "../config/duration.ts";
import { taken, type Taken } from "../server/api/operation.ts";
import { ask, askingOf, type AskOptions } from "./ask.ts";
import { CliError, usage } from "./exit-codes.ts";
import { printJson, printLine, type Output } from "./output.ts";
import { askStatus, shortTime } from "./status.ts";
import { wrapped } from "./table.ts";
import { strange } from "./unreachable.ts";
import { userName } from "./user-name.ts";

export interface OrderOptions extends AskOptions {
  readonly by?: string;
  readonly reason?: string;
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
  const said = await request(verb, fields, options, output);
  if (options.json) printJson(output, said);
  else printLine(output.stdout, said.text);
  if (said.warning !== null) printLine(output.stderr, `Warning: ${said.warning}`);
  return said;
}

/** @returns what the daemon has said; nothing is printed but a refusal. */
export async function request(
  verb: string,
  fields: Readonly<Record<string, unknown>>,
  options: OrderOptions,
  output: Output,
): Promise<Taken> {
  const asking = askingOf(options, output);
  const { by = userName(), reason } = options;
  const body = { ...fields, by, ...(reason === undefined ? {} : { reason }) };
  const parsed = taken.safeParse(await ask({ method: "POST", path: `/api/v1/${verb}`, body }, asking));
  if (!parsed.success) throw strange(asking.endpoint);
  return parsed.data;
}

/** An order with a reason, and a time after which it ends by itself. @throws CliError when the time is none. */
export async function give(
  verb: string,
  fields: Readonly<Record<string, unknown>>,
  options: GivenOptions,
  output: Output,
): Promise<void> {
  const { for: time } = options;
  if (time !== undefined && parseDuration(time) === null) {
    throw usage(`--for must be a duration such as 30m, 2h or 1h30m: "${time}"`);
  }
  await order(verb, { ...fields, ...(time === undefined ? {} : { for: time }) }, options, output);
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
  if (question !== null && (given === undefined || given === question.id)) {
    const { id, holders, why, ageMs } = question;
    const prose = proseOf(options, output);
    printLine(prose, `Move ${id} of ${group} to ${holders.join(", ")}, asked ${shortTime(ageMs)} ago:`);
    for (const line of wrapped(why, 78)) printLine(prose, `  ${line}`);
    if (!options.yes && !(await confirmed("Approve it?")))
      throw new CliError("Not approved: it keeps waiting");
  }
  await order("approve", { group, id: given ?? question?.id ?? null }, options, output);
}

/** Where a person is told what a command is about: with `--json` standard output is one JSON document and nothing else. */
export function proseOf({ json }: AskOptions, { stdout, stderr }: Output): Output["stdout"] {
  return json ? stderr : stdout;
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
