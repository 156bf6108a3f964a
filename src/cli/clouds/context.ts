/** What the commands that speak to a cloud stand on: time, a person to ask, and where to print. Tests hand in their own. */
import { formatDuration, parseDuration } from "../../config/duration.ts";
import { sleep, systemClock } from "../../daemon/clock.ts";
import type { Budget } from "../../providers/http.ts";
import type { ProviderServices } from "../../providers/provider.ts";
import { CliError, exitCodes, usage } from "../exit-codes.ts";
import { confirmed } from "../orders.ts";
import { processOutput, type Output } from "../output.ts";

export interface CloudContext {
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  readonly services: ProviderServices;
  /** Asks a person yes or no. Null: there is no terminal, so nobody can answer. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** The first SIGINT ends the waiting and says what is known; the second one ends the process. */
export function processContext(): CloudContext {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  return {
    output: processOutput,
    env: process.env,
    services: {
      now: () => systemClock.now(),
      wallNow: () => systemClock.wallNow(),
      random: Math.random,
      sleep: (ms, signal) => sleep(systemClock, ms, signal),
      onRequest: () => undefined,
    },
    ask: process.stdin.isTTY ? confirmed : null,
    signal: interrupted.signal,
  };
}

/** Questions, all of a command together. Milliseconds. */
const questionsMs = 60_000;

export function budgetOf({ services, signal }: CloudContext, ms: number = questionsMs): Budget {
  return { signal, deadlineAt: services.now() + ms, group: null };
}

/** The longest that a command follows what it has begun. Milliseconds. */
const timeoutMaxMs = 900_000;

/** @param minMs the shortest that makes sense. @returns milliseconds. @throws CliError with exit code 2. */
export function timeoutOf(text: string, minMs: number = 1_000): number {
  const ms = parseDuration(text);
  if (ms !== null && ms >= minMs && ms <= timeoutMaxMs) return ms;
  const range = `from ${formatDuration(minMs)} to ${formatDuration(timeoutMaxMs)}`;
  throw usage(`--timeout must be a duration ${range}: "${text}"`);
}

/**
 * Asks before something is destroyed.
 * @throws CliError with exit code 1 when the person says no, and 2 when there is nobody to ask and no `--yes`.
 */
export async function confirmDestructive(
  question: string,
  isSure: boolean,
  context: CloudContext,
): Promise<void> {
  if (isSure) return;
  if (context.ask === null) {
    throw usage(`${question} There is no terminal to ask on: add --yes if you are sure`);
  }
  if (!(await context.ask(question))) throw new CliError("Nothing was changed", exitCodes.failed);
}
