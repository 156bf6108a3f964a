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
  const now = await groupOf(group, options, output);
  if (now !== null && !options.json) {
    const holders = now.holders === null ? "not known" : now.holders.join(", ") || "nobody";
    printLine(output.stdout, `${group} is held by: ${holders}`);
    const to = member ?? "the most preferred eligible member";
    if (!options.yes && !(await confirmed(`Move it to ${to}?`))) throw new CliError("Nothing was moved");
  }
  const { reason } = options;
  const asked = await send("switchover", { group, member: member ?? null, reason }, options, output);
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
