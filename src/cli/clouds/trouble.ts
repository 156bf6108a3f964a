/** What a command says when a cloud did not do or answer what it was asked: what, why, the request's id and what to do. */
import { askFinding, type Advice } from "../../providers/findings.ts";
import type { Failure, Result } from "../../providers/failure.ts";
import { CliError, exitCodes } from "../exit-codes.ts";

/** @returns the answer. @throws CliError with exit code 1. @param what names the question, e.g. `Cannot list the Elastic IPs`. */
export function answerOf<T>(result: Result<T>, what: string, advice: Advice): T {
  if (result.kind === "ok") return result.value;
  throw failedCall(what, result.failure, advice);
}

export function failedCall(what: string, failure: Failure, advice: Advice): CliError {
  const { text, fix } = askFinding(what, failure, advice);
  return failedWith(`${text}${requestText(failure)}`, fix);
}

export function failedWith(text: string, fix: string | null): CliError {
  return new CliError(fix === null ? text : `${text}\nFix: ${fix}`, exitCodes.failed);
}

/** For the cloud's support, who find a request by it. */
export function requestText(failure: Failure | null): string {
  const id = failure?.requestId ?? null;
  return id === null ? "" : ` (request ${id})`;
}

/** What these mean, and what to do, depends on what was asked for. */
const ownCauses: ReadonlySet<Failure["cause"]> = new Set([
  "invalid",
  "not-found",
  "conflict",
  "precondition",
  "refused",
  "client-error",
]);

export interface AfterTrouble {
  /** What to do when it is refused, where the cause does not tell. */
  readonly fix: string;
  /** How to see whether it was done all the same. */
  readonly look: string;
}

/** @returns what to do about a change that was not accepted, or of which nobody knows. */
export function changeFix(failure: Failure, advice: Advice, { fix, look }: AfterTrouble): string {
  if (failure.executed === "maybe") return lookFix(look);
  return ownCauses.has(failure.cause) ? fix : (askFinding("", failure, advice).fix ?? fix);
}

export function lookFix(look: string): string {
  return `It may have been done all the same. Look before you try again: ${look}`;
}
