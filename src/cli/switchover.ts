/** `failoverd switchover`: a person moves the address now, and sees it through. */
import { setTimeout as sleep } from "node:timers/promises";
import { requestMs } from "../core/switchover.ts";
import type { Taken } from "../server/api/operation.ts";
import type { GroupStatus } from "../server/api/status.ts";
import { CliError, exitCodes } from "./exit-codes.ts";
import { askingOf } from "./ask.ts";
import { confirmed, proseOf, request, send, type OrderOptions } from "./orders.ts";
import { printLine, type Output } from "./output.ts";
import { askStatus } from "./status.ts";
import { wrapped } from "./table.ts";

export interface SwitchoverOptions extends OrderOptions {
  readonly reason: string;
  /** Also to a member that is not proven healthy. */
  readonly force?: boolean;
  /** Only says what would be done. */
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** See it through; else it is only asked for. */
  readonly wait: boolean;
}

/** From look to look. Milliseconds. */
const lookMs = 300;
/** Longer than a move takes when each of its calls uses up its deadline. Milliseconds. */
const patienceMs = 240_000;

export async function switchover(
  group: string,
  member: string | undefined,
  options: SwitchoverOptions,
  output: Output,
): Promise<void> {
  const { force = false } = options;
  const body = { group, ...(force ? { force } : {}) };
  const plan = await planned("switchover", { ...body, member: member ?? null }, options, output);
  // To whom the person has seen it go, and not to whom it would go by now.
  if (plan !== null) await move("switchover", { ...body, member: plan.member }, options, output);
}

/** `failoverd failback`: the same, to the member that is preferred to all others. */
export async function failback(group: string, options: SwitchoverOptions, output: Output): Promise<void> {
  const plan = await planned("failback", { group }, options, output);
  if (plan !== null) await move("failback", { group }, options, output);
}

type Body = Readonly<Record<string, unknown>> & { readonly group: string };

/**
 * Shows what would be done, and asks.
 * @returns null when that was all that was wanted.
 * @throws CliError when it would be refused, and when the person says no.
 */
async function planned(
  verb: string,
  body: Body,
  options: SwitchoverOptions,
  output: Output,
): Promise<Taken | null> {
  const { dryRun, yes } = options;
  const asked = { ...body, dryRun: true };
  if (dryRun) {
    await send(verb, asked, options, output);
    return null;
  }
  const plan = await request(verb, asked, options, output);
  const prose = proseOf(options, output);
  printLine(prose, plan.text);
  if (plan.warning !== null && !yes) printLine(prose, `although ${plan.warning}`);
  if (!yes && !(await confirmed("Move it?"))) throw new CliError("Nothing was moved");
  return plan;
}

async function move(verb: string, body: Body, options: SwitchoverOptions, output: Output): Promise<void> {
  const { member } = await send(verb, body, options, output);
  if (options.wait && member !== undefined) await follow(body.group, member, options, output);
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
    // Until then the daemon may still begin: it looks afresh first, and a provider may be slow to answer.
    const isOver = state !== "moving" && elapsedMs > requestMs;
    if (isOver || elapsedMs > patienceMs) {
      const text = `${to} did not get the address: ${why ?? "nothing is known yet"}`;
      throw new CliError(text, exitCodes.failed);
    }
  }
}

async function groupOf(name: string, options: OrderOptions, output: Output): Promise<GroupStatus | null> {
  const { groups } = await askStatus(askingOf(options, output));
  return groups.find((group) => group.name === name) ?? null;
}
