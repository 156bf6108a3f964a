/** Sends one change and follows it in the list, or, with `--no-wait`, says how to. */
import type { Effect } from "../../core/address.ts";
import { carryOutGroupChange, type GroupChange } from "../../providers/cloud66/address-change.ts";
import type { Failure } from "../../providers/failure.ts";
import { budgetOf, timeoutOf } from "../clouds/context.ts";
import { Progress } from "../clouds/progress.ts";
import { changeFix, failedWith, lookFix, requestText } from "../clouds/trouble.ts";
import { printJson, printLine } from "../output.ts";
import type { ChangeOptions } from "./change-options.ts";
import { adviceTo, type Cloud66Session } from "./session.ts";

export const listCommand = "failoverd cloud66 elastic-address list";
const after = { fix: `See what is so now: ${listCommand}`, look: listCommand };
/** A list may take 15 s, and the last look must begin early enough. Milliseconds. */
export const timeoutMinMs = 30_000;

/** @returns true when it is done, false when it was only sent. @throws CliError with exit code 1 otherwise. */
export async function carryOut(
  change: GroupChange,
  options: ChangeOptions,
  session: Cloud66Session,
): Promise<boolean> {
  const { client, context } = session;
  const { services, output } = context;
  const budget = budgetOf(context, timeoutOf(options.timeout, timeoutMinMs));
  if (!options.wait) {
    await sendOnly(change, options, session);
    return false;
  }
  const progress = new Progress(output);
  const onPending = (elapsedMs: number) => progress.tell(`${change.name}: accepted, under way`, elapsedMs);
  const { effect, failure } = await carryOutGroupChange(change, { client, services, budget, onPending });
  tell({ effect, failure }, options, session);
  return true;
}

export async function sendOnly(
  change: Pick<GroupChange, "name" | "send">,
  { json }: ChangeOptions,
  { context }: Cloud66Session,
): Promise<void> {
  const sent = await change.send(budgetOf(context));
  if (sent.kind === "failed") {
    const { failure } = sent;
    const fix = changeFix(failure, adviceTo("change it", context), after);
    throw failedWith(`${change.name}: ${failure.detail}${requestText(failure)}`, fix);
  }
  const { ok, message } = sent.value;
  if (!ok) throw failedWith(`${change.name}: Cloud 66 says no: ${message ?? "no reason given"}`, after.fix);
  if (!json) printLine(context.output.stdout, `${change.name}: accepted; to see it: ${listCommand}`);
}

/** @throws CliError with exit code 1 unless it is applied. */
export function tell(
  { effect, failure }: { readonly effect: Effect; readonly failure: Failure | null },
  { json }: ChangeOptions,
  { context }: Cloud66Session,
): void {
  if (effect.kind === "applied") {
    if (!json) printLine(context.output.stdout, effect.detail);
    return;
  }
  if (json) printJson(context.output, { effect });
  const fix = failure === null ? after.fix : changeFix(failure, adviceTo("change it", context), after);
  const told = effect.kind === "uncertain" ? lookFix(after.look) : fix;
  throw failedWith(`${effect.detail}${requestText(failure)}`, told);
}
