/**
 * What can go wrong with a call, in one table: may the server have carried it out all the same, and what does it mean.
 * Both clouds share it. "May have" is the careful answer: it costs a second look, the other mistake costs an address.
 */
import type { z } from "zod";

import type { Answer, HttpResult } from "./http.ts";
import { excerpt } from "./read-answer.ts";

interface FailureRow {
  /** Can a change that ended like this have been carried out, or still be carried out later? */
  readonly executed: "no" | "maybe";
  readonly sentence: string;
}

/** Answers that are failures, by cause. */
export const answerFailures = {
  invalid: { executed: "no", sentence: "the request is not valid" },
  unauthorized: { executed: "no", sentence: "the credentials are not accepted" },
  signature: { executed: "no", sentence: "the signature is not accepted" },
  forbidden: { executed: "no", sentence: "the credentials do not allow this" },
  "not-found": { executed: "no", sentence: "not found" },
  conflict: { executed: "no", sentence: "it is in conflict with the present state" },
  precondition: { executed: "no", sentence: "a precondition does not hold" },
  refused: { executed: "no", sentence: "it cannot be done at this time" },
  throttled: { executed: "no", sentence: "too many requests" },
  "client-error": { executed: "no", sentence: "the request is refused" },
  unsupported: { executed: "no", sentence: "the provider does not implement this" },
  "request-timeout": { executed: "maybe", sentence: "the provider did not get the request in time" },
  redirect: { executed: "maybe", sentence: "a redirect, which is not followed" },
  "server-error": { executed: "maybe", sentence: "the provider has trouble of its own" },
  unreadable: { executed: "maybe", sentence: "the answer cannot be understood" },
} as const;

/**
 * No answer: what is known of the request is whether it left (`NoAnswer.sent`). Not sendable: it surely did not, because the
 * credentials cannot be used.
 */
export type FailureCause = keyof typeof answerFailures | "no-answer" | "not-sendable";

export interface Failure {
  readonly cause: FailureCause;
  readonly executed: "no" | "maybe";
  /** One sentence for a person, without the name of the call. */
  readonly detail: string;
  /** The server's clock when it answered, milliseconds since 1970, or null. */
  readonly serverWallMs: number | null;
  /** The provider's own id of the request, or null. */
  readonly requestId: string | null;
}

export type Result<T> =
  | { readonly kind: "ok"; readonly value: T; readonly serverWallMs: number | null }
  | { readonly kind: "failed"; readonly failure: Failure };

const byStatus: Readonly<Record<number, keyof typeof answerFailures>> = {
  400: "invalid",
  401: "unauthorized",
  402: "forbidden",
  403: "forbidden",
  404: "not-found",
  408: "request-timeout",
  409: "conflict",
  412: "precondition",
  422: "refused",
  429: "throttled",
  501: "unsupported",
};

/** @returns the cause of an answer with this status, or null when it is a success (200–299). */
export function causeOfStatus(status: number): keyof typeof answerFailures | null {
  if (status >= 200 && status < 300) return null;
  const known = byStatus[status];
  if (known !== undefined) return known;
  if (status >= 500) return "server-error";
  return status >= 400 ? "client-error" : "redirect";
}

/**
 * @param messageOf finds the provider's own words in the JSON of an error, or null.
 * @returns the value that the schema finds in a success, or what went wrong. Unknown fields are ignored, missing ones named.
 */
export function readResult<T>(
  result: HttpResult,
  schema: z.ZodType<T>,
  messageOf: (json: unknown) => string | null,
): Result<T> {
  if (result.kind === "no-answer") {
    const executed = result.sent ? "maybe" : "no";
    if (result.reason === "not-sendable") return concluded("not-sendable", executed, result.detail);
    if (result.reason === "held-back") return concluded("throttled", executed, `not asked: ${result.detail}`);
    return concluded("no-answer", executed, `no answer (${result.reason}): ${result.detail}`);
  }
  const cause = causeOfStatus(result.status);
  if (cause !== null) return failed(cause, result, statusDetail(result, messageOf));
  if (result.problem !== null) return failed("unreadable", result, result.problem);
  const parsed = schema.safeParse(result.json);
  if (parsed.success) return { kind: "ok", value: parsed.data, serverWallMs: result.serverWallMs };
  return failed("unreadable", result, problemOf(parsed.error, "the answer"));
}

/** @returns the first thing that is not as a schema wants it, e.g. `state: Invalid input: expected string, received number`. */
export function problemOf({ issues: [issue] }: z.ZodError, whole: string): string {
  const where = issue === undefined || issue.path.length === 0 ? whole : issue.path.join(".");
  return `${where}: ${issue?.message ?? "not as expected"}`;
}

/** @returns a failure with the cause's sentence, the status and what the provider says. */
function failed(cause: keyof typeof answerFailures, answer: Answer, said: string): Result<never> {
  const row: FailureRow = answerFailures[cause];
  const detail = `HTTP ${answer.status}, ${row.sentence}${said === "" ? "" : `: ${said}`}`;
  return {
    kind: "failed",
    failure: {
      cause,
      executed: row.executed,
      detail,
      serverWallMs: answer.serverWallMs,
      requestId: answer.requestId,
    },
  };
}

/** @returns the same with another value, unless it is a failure. */
export function mapResult<T, U>(result: Result<T>, change: (value: T) => U): Result<U> {
  return result.kind === "failed" ? result : { ...result, value: change(result.value) };
}

/** @returns a failure that no answer says, but that follows from what was asked and what came back. */
export function concluded(
  cause: FailureCause,
  executed: Failure["executed"],
  detail: string,
  serverWallMs: number | null = null,
): { readonly kind: "failed"; readonly failure: Failure } {
  return { kind: "failed", failure: { cause, executed, detail, serverWallMs, requestId: null } };
}

function statusDetail(answer: Answer, messageOf: (json: unknown) => string | null): string {
  if (answer.location !== null) return `to ${answer.location}`;
  if (answer.problem !== null) return answer.problem;
  const message = messageOf(answer.json);
  return message === null ? "" : excerpt(message);
}

/** @returns the failure with another cause, when only the message tells what it is. */
export function recast(failure: Failure, cause: keyof typeof answerFailures): Failure {
  return {
    ...failure,
    cause,
    detail: failure.detail.replace(answerFailures.forbidden.sentence, answerFailures[cause].sentence),
  };
}
