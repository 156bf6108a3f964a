/** `failoverd switchover`: a person moves the address now, and sees it through. */
import { setTimeout as sleep } from "node:timers/promises";
import type { GroupStatus } from "../server/api/status.ts";
import { CliError, exitCodes } from "./exit-codes.ts";
import { askingOf } from "./ask.ts";
import { confirmed, send, type OrderOptions } from "./orders.ts";
import { printLine, type Output } from "./output.ts";
import { askStatus } from "./status.ts";
import { wrapped } from "./table.ts";

export interface SwitchoverOptions extends OrderOptions {
  readonly reason: string;
  /** Also to a member that is not proven healthy. */
  readonly force?: boolean;
  readonly yes: boolean;
  /** See it through; else it is only asked for. */
  readonly wait: boolean;
}

/** From look to look. Milliseconds. */
const lookMs = 300;
/** Longer than a move takes when each of its calls uses up its deadline. Milliseconds. */
const patienceMs = 240_000;
/** So long the daemon may take to begin: it looks afresh first. Milliseconds. */
const beginMs = 20_000;

export async function switchover(
  group: string,
  member: string | undefined,
  options: SwitchoverOptions,
  output: Output,
): Promise<void> {
  const { reason, force = false } = options;
  const body = { group, member: member ?? null, reason, ...(force ? { force } : {}) };
  const to = member ?? "the most preferred eligible member";
  const question = `Move it to ${to}${force ? ", also if its probes do not prove it healthy" : ""}?`;
  await move({ verb: "switchover", body, question }, options, output);
}

/** `failoverd failback`: the same, to the member that is preferred to all others. */
export async function failback(group: string, options: SwitchoverOptions, output: Output): Promise<void> {
  const { reason } = options;
  const question = "Move it back to the member that is preferred to all others?";
  await move({ verb: "failback", body: { group, reason }, question }, options, output);
}

interface Asked {
  readonly verb: string;
  readonly body: Readonly<Record<string, unknown>> & { readonly group: string };
  readonly question: string;
}

async function move(
  { verb, body, question }: Asked,
  options: SwitchoverOptions,
  output: Output,
): Promise<void> {
  const { group } = body;
  const now = await groupOf(group, options, output);
  if (now !== null && !options.json) {
    const holders = now.holders === null ? "not known" : now.holders.join(", ") || "nobody";
    printLine(output.stdout, `${group} is held by: ${holders}`);
    if (!options.yes && !(await confirmed(question))) throw new CliError("Nothing was moved");
  }
  const asked = await send(verb, body, options, output);
  if (options.wait && asked.member !== undefined) await follow(group, asked.member, options, output);
}

/** @throws CliError when the address does not get there. */
async function follow(group: string, to: string, options: OrderOptions, output: Output): Promise<void> {
  const startedAt = performance.now();
  let told = "";
  for (;;) {
    await sleep(lookMs);
    const now = await groupOf(group, options, output);
    const elapsedMs = performance.now() - startedAt;
    if (now === null) throw new CliError(`${group} has left the config`);
    const { holders, state, why, rule } = now;
    if (holders?.length === 1 && holders[0] === to && rule !== "truth-stale") {
      if (!options.json) printLine(output.stdout, `${to} holds the address`);
      return;
    }
    if (why !== null && why !== told && !options.json) {
      for (const line of wrapped(why, 78)) printLine(output.stdout, `  ${line}`);
      told = why;
    }
    const isOver = state !== "moving" && elapsedMs > beginMs;
    if (isOver || elapsedMs > patienceMs) {
      const text = `${to} has not got the address: ${why ?? "nothing is known yet"}`;
      throw new CliError(text, exitCodes.failed);
    }
  }
}

async function groupOf(name: string, options: OrderOptions, output: Output): Promise<GroupStatus | null> {
  const { groups } = await askStatus(askingOf(options, output));
  return groups.find((group) => group.name === name) ?? null;
}
