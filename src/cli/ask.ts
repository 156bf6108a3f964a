/** Asks the daemon something, and makes of every answer that is not "done" the end of the command, with its exit code. */
import { z } from "zod";
import { askDaemon, type DaemonAnswer, type DaemonRequest } from "../server/client.ts";
import type { Endpoint } from "../server/endpoint.ts";
import { endpointOf, type EndpointOptions } from "./endpoint-option.ts";
import { CliError, exitCodes, usage } from "./exit-codes.ts";
import { printJson, type Output } from "./output.ts";
import { strange, unreachable } from "./unreachable.ts";

/** What every command takes that speaks to the daemon. */
export interface AskOptions extends EndpointOptions {
  readonly json: boolean;
}

/** Where the daemon is, and how its answer is printed. */
export interface Asking {
  readonly endpoint: Endpoint;
  readonly json: boolean;
  readonly output: Output;
}

const refusal = z.object({ error: z.string(), rule: z.string() });

/** @throws CliError with exit code 2 when nothing says where the daemon is. */
export function askingOf(options: AskOptions, output: Output): Asking {
  return { endpoint: endpointOf(options), json: options.json, output };
}

/**
 * @returns what the daemon has answered, as JSON.
 * @throws CliError with exit code 4 when it cannot be reached, 3 when it refuses, 2 when it was asked in the wrong form, and 1
 *   when it fails.
 */
export async function ask(request: DaemonRequest, asking: Asking): Promise<unknown> {
  const answer = await askDaemon(asking.endpoint, request);
  if (answer.kind === "answer" && answer.status === 200 && answer.json !== undefined) return answer.json;
  throw endOf(answer, request, asking);
}

/** @param answer one that is not "done". @returns the end of the command; what is for programs is printed. */
export function endOf(
  answer: DaemonAnswer,
  { method }: DaemonRequest,
  { endpoint, json, output }: Asking,
): CliError {
  if (answer.kind === "none") return unreachable(endpoint, answer, method === "POST");
  const refused = refusal.safeParse(answer.json);
  if (!refused.success) return strange(endpoint);
  if (json) printJson(output, refused.data);
  const { error, rule } = refused.data;
  if (rule === "malformed") return usage(error);
  if (answer.status >= 500) return new CliError(error, exitCodes.failed);
  return new CliError(`${error} (refused by the rule ${rule})`, exitCodes.refused);
}
