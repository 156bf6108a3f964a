/**
 * `failoverd status --watch`: the same again and again. On a terminal in place, on a screen of its own that leaves no trace; on a
 * pipe one after the other. A daemon that does not answer for a while is no end of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration, parseDuration } from "../config/duration.ts";
import type { Status } from "../server/api/status.ts";
import type { Asking } from "./ask.ts";
import { endedBySignal } from "./ended-by-signal.ts";
import { CliError, usage } from "./exit-codes.ts";
import { printJson, printLine, styled, type Output } from "./output.ts";
import { Screen, terminalOf } from "./screen.ts";
import { askStatus, statusLines } from "./status.ts";
import { wrapped } from "./table.ts";

const intervalMinMs = 200;
const intervalMaxMs = 3_600_000;

/** @returns when a signal has ended it. @throws CliError when the daemon does not even answer the first time. */
export async function watchStatus(asking: Asking, interval: string): Promise<void> {
  const intervalMs = parsedInterval(interval);
  let status = await askStatus(asking);
  let trouble: CliError | null = null;
  const terminal = asking.json ? null : terminalOf(asking.output.stdout);
  const screen = terminal === null ? null : new Screen(terminal);
  const ended = endedBySignal(() => screen?.close());
  try {
    while (!ended.aborted) {
      if (screen !== null) screen.show(frameLines(status, trouble, { intervalMs, output: asking.output }));
      else print(status, trouble, asking);
      await sleep(intervalMs, undefined, { signal: ended }).catch(() => undefined);
      [status, trouble] = await lookAgain(status, asking);
    }
  } finally {
    screen?.close();
  }
}

/** @returns what there is to see now; what was seen last, and why it is that, when the daemon cannot be asked. */
async function lookAgain(before: Status, asking: Asking): Promise<[Status, CliError | null]> {
  try {
    return [await askStatus({ ...asking, json: false }), null];
  } catch (error) {
    if (error instanceof CliError) return [before, error];
    throw error;
  }
}

function print(status: Status, trouble: CliError | null, { json, output }: Asking): void {
  if (trouble !== null) return printLine(output.stderr, trouble.message);
  if (json) return printJson(output, status);
  for (const line of [`${clock()}  ${statusLines(status, output).join("\n")}`, ""])
    printLine(output.stdout, line);
}

interface View {
  readonly intervalMs: number;
  readonly output: Pick<Output, "colours">;
}

function frameLines(
  status: Status,
  trouble: CliError | null,
  { intervalMs, output }: View,
): readonly string[] {
  const head = `${clock()}  every ${formatDuration(intervalMs)}, Ctrl-C ends it`;
  const seen = statusLines(status, output);
  if (trouble === null) return [styled(output, "dim", head), ...seen];
  const why = wrapped(`${trouble.message}. What was seen last:`, 80);
  return [styled(output, "dim", head), ...why.map((line) => styled(output, "red", line)), "", ...seen];
}

function parsedInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms >= intervalMinMs && ms <= intervalMaxMs) return ms;
  throw usage(`--interval must be a duration from 200ms to 1h: "${text}"`);
}

/** The time of day here. */
function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
