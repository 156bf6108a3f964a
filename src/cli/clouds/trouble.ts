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
