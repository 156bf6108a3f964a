/** Asks the daemon something, and makes of every answer that is not "done" the end of the command, with its exit code. */
import { z } from "zod";
import { askControl, type ControlAnswer, type ControlRequest } from "../server/control-client.ts";
import { CliError, exitCodes } from "./exit-codes.ts";
import { printJson, type Output } from "./output.ts";

/** Where the daemon is, and how its answer is printed. */
export interface Asking {
  readonly path: string;
  readonly json: boolean;
  readonly output: Output;
}

const refusal = z.object({ error: z.string(), rule: z.string() });

/**
 * @returns what the daemon has answered, as JSON.
 * @throws CliError with exit code 4 when it cannot be reached, 3 when it refuses, 2 when it was asked in the wrong form, and 1
 *   when it fails.
 */
export async function ask(request: ControlRequest, { path, json, output }: Asking): Promise<unknown> {
  const answer = await askControl(path, request);
  if (answer.kind === "none") throw unreachable(path, request, answer);
  if (answer.status === 200 && answer.json !== undefined) return answer.json;
  const refused = refusal.safeParse(answer.json);
  if (!refused.success) throw strange(path);
  if (json) printJson(output, refused.data);
  const { error, rule } = refused.data;
  throw new CliError(
    error,
    rule === "malformed" ? exitCodes.usage : answer.status < 500 ? exitCodes.refused : exitCodes.failed,
  );
}

/** The end of a command that was answered by something that is not this version of failoverd. */
export function strange(path: string): CliError {
  return new CliError(
    `Cannot understand what answers on ${path}: it is another program, or another version of failoverd`,
    exitCodes.unreachable,
  );
}

type NoAnswer = Extract<ControlAnswer, { kind: "none" }>;

function unreachable(path: string, { method }: ControlRequest, { code, text }: NoAnswer): CliError {
  const why = known[code ?? ""];
  const check = why?.check ?? "see whether it runs and what its log says";
  const doubt =
    why === undefined && method === "POST" ? "; failoverd status tells whether it was done all the same" : "";
  return new CliError(
    `Cannot reach the daemon on ${path}: ${why?.text ?? text}. To check: ${check}${doubt}`,
    exitCodes.unreachable,
  );
}

/** By the system's code: what happened before anything was sent, and what to check. */
const known: Readonly<Record<string, { readonly text: string; readonly check: string }>> = {
  ENOENT: {
    text: "there is no such socket",
    check:
      "is the daemon running (systemctl status failoverd), and is this the control socket that its log names; --config FILE or --socket PATH says where it is",
  },
  ECONNREFUSED: {
    text: "nobody listens on it",
    check: "the daemon has died and left its socket behind, so start it again and see its log",
  },
  EACCES: {
    text: "permission denied",
    check: "only root and the user that the daemon runs as may give orders, so try sudo",
  },
};
