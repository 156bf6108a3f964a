/** Sends one change and follows its operation to the end, or, with `--no-wait`, says how to. */
import {
  carryOutChange,
  followChange,
  type Change,
  type ChangeEnd,
} from "../../providers/exoscale/change.ts";
import { readState, reasonText, type failureReasons } from "../../providers/exoscale/outcome.ts";
import type { Operation } from "../../providers/exoscale/wire.ts";
import { budgetOf, timeoutOf } from "../clouds/context.ts";
import { Progress } from "../clouds/progress.ts";
import { changeFix, failedWith, lookFix, requestText, type AfterTrouble } from "../clouds/trouble.ts";
import { printJson, printLine } from "../output.ts";
import { adviceOn, type ExoscaleOptions, type ExoscaleSession } from "./session.ts";

export interface ChangeOptions extends ExoscaleOptions {
  /** False: only send it. */
  readonly wait: boolean;
  /** How long to follow it. */
  readonly timeout: string;
}

export interface SureOptions extends ChangeOptions {
  /** Do not ask. */
  readonly yes: boolean;
}

export interface Ordered extends AfterTrouble {
  readonly change: Change;
  /** The API's own name. */
  readonly operation: string;
}

export interface Done {
  /** Null: it was so already, and no operation was begun. */
  readonly operation: Operation | null;
}

/** @returns what was done, null when it was only sent. @throws CliError with exit code 1 when it was not done, or may not be. */
export async function carryOutOrder(
  ordered: Ordered,
  options: ChangeOptions,
  session: ExoscaleSession,
): Promise<Done | null> {
  const budget = budgetOf(session.context, timeoutOf(options.timeout));
  if (!options.wait) return sendOnly(ordered, options, session);
  const { client, context } = session;
  const progress = new Progress(context.output);
  const end = await carryOutChange(ordered.change, {
    client,
    services: context.services,
    budget,
    onPending: ({ id, state }, elapsedMs) =>
      progress.tell(`${ordered.change.name}: operation ${id} is ${state}`, elapsedMs),
  });
  const { effect, operation } = end;
  if (effect.kind !== "applied" && options.json) printJson(context.output, { effect, operation });
  if (effect.kind === "applied") {
    if (!options.json) printLine(context.output.stdout, effect.detail);
    return { operation };
  }
  throw failedWith(`${effect.detail}${requestText(end.failure)}`, fixOf(end, ordered, session));
}

function fixOf(end: ChangeEnd, ordered: Ordered, { context }: ExoscaleSession): string {
  const { operation, fix, look } = ordered;
  if (end.effect.kind === "uncertain") {
    const id = end.isAskable ? (end.operation?.id ?? null) : null;
    return `${id === null ? "" : `failoverd exoscale operation show ${id} --wait follows it. `}${lookFix(look)}`;
  }
  if (end.failure !== null) return changeFix(end.failure, adviceOn(operation, context), ordered);
  return reasonFix(end.operation?.reason ?? null, operation) ?? fix;
}

/** By the reason of an operation that failed. Null: it depends on what was asked for. */
const reasonFixes: Readonly<Record<keyof typeof failureReasons, string | null>> = {
  busy: "Wait until the other operation has ended, and try again",
  conflict: null,
  fault: "Try again; if it stays, ask Exoscale's support and give them the operation's id",
  // It names the operation.
  forbidden: null,
  incorrect: null,
  interrupted: "Try again",
  "not-found": null,
  partial: null,
  unavailable: "Try again later; Exoscale's status page says what is not available",
  unknown: "Try again; if it stays, ask Exoscale's support and give them the operation's id",
  unsupported: null,
};

function reasonFix(reason: string | null, operation: string): string | null {
  if (reason === "forbidden")
    return `Allow the operation ${operation} of the service compute in the IAM role of the key`;
  const known = Object.entries(reasonFixes).find(([name]) => name === (reason ?? "unknown"));
  return known === undefined ? reasonFixes.unknown : known[1];
}

async function sendOnly(
  ordered: Ordered,
  options: ChangeOptions,
  { client, context }: ExoscaleSession,
): Promise<null> {
  const { change, operation: name } = ordered;
  const sent = await change.send(budgetOf(context));
  if (sent.kind === "failed") {
    const { failure } = sent;
    const text = `${change.name}: ${failure.detail}${requestText(failure)}`;
    throw failedWith(text, changeFix(failure, adviceOn(name, context), ordered));
  }
  const operation = sent.value;
  if (options.json) printJson(context.output, { effect: null, operation });
  else printLine(context.output.stdout, operationLine(change.name, operation));
  const meaning = readState(operation.state);
  if (meaning === "look" || meaning === "uncertain") {
    const { services } = context;
    const budget = budgetOf(context);
    const end = await followChange(change, operation, { client, services, budget });
    if (end.effect.kind !== "applied") throw failedWith(end.effect.detail, null);
  }
  return null;
}

function operationLine(name: string, { id, state }: Operation): string {
  const follow = `to follow it: failoverd exoscale operation show ${id} --wait`;
  return readState(state) === "wait"
    ? `${name}: operation ${id} is ${state}; ${follow}`
    : `${name}: ${state}`;
}

/** @returns the state of an operation in words. */
export function stateText({ state, reason, message }: Operation): string {
  const said = message === null ? "" : ` (${message})`;
  switch (readState(state)) {
    case "wait":
      return state === "pending" ? `pending: under way${said}` : `${state}: new to this version${said}`;
    case "applied":
      return `success: carried out${said}`;
    case "uncertain":
      return `timeout: Exoscale stopped waiting for it, it may still happen${said}`;
    case "look":
      return `failure, ${reasonText(reason)}${said}`;
  }
}
