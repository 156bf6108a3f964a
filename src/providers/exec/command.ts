/**
 * One run of a command, from its start to the end of its last process: a question on its standard input, an answer on its standard
 * output, and what it says beside that. Everything is bounded, and no trouble is an exception.
 *
 *   exits in time            exited: its status and its output
 *   dies of a signal         cut
 *   deadline, abort, flood   cut, at once; its process group gets SIGTERM, and SIGKILL after a grace
 *   cannot be started        not-run
 *
 * It is the leader of a process group of its own. When it exits, whoever is left of the group is killed: nothing of a run outlives it,
 * unless it takes pains to.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { unfitBy } from "./command-file.ts";

export type RunEnd =
  | { readonly kind: "exited"; readonly status: number; readonly output: string }
  | {
      readonly kind: "cut";
      readonly code: "timeout" | "aborted" | "killed" | "too-large";
      readonly why: string;
    }
  /** Surely nothing was done. */
  | { readonly kind: "not-run"; readonly why: string };

export interface Run {
  /** As soon as it is known. Never rejects. */
  readonly end: Promise<RunEnd>;
  /** Once no process of it is left. Never rejects. */
  readonly gone: Promise<void>;
  /** The last of its standard error, until now. */
  readonly said: () => string;
  /** Ends it, its whole process group. */
  stop(): void;
}

export interface Limits {
  readonly signal: AbortSignal;
  /** From now. Milliseconds. */
  readonly deadlineMs: number;
}

/** An answer is a few hundred bytes. */
const outputBytesMax = 64 * 1_024;
const saidBytesMax = 8 * 1_024;
/** From SIGTERM to SIGKILL. Milliseconds. */
const graceMs = 2_000;
/** So long after its exit one that has left its group may hold our end of its output open. Milliseconds. */
const drainMs = 1_000;

/** Never throws. @param command program and arguments @param env its whole environment */
export function runCommand(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  input: string,
  limits: Limits,
): Run {
  const [program = "", ...args] = command;
  let child: ChildProcess;
  try {
    // A root that nobody removes, so that a run keeps no folder busy.
    child = spawn(program, args, { cwd: "/", env, detached: true, shell: false, stdio: "pipe" });
  } catch (error) {
    return notRun(unfitBy(error, program).text);
  }
  const gone = Promise.withResolvers<void>();
  const end = Promise.withResolvers<RunEnd>();
  child.on("error", (error) => {
    end.resolve({ kind: "not-run", why: unfitBy(error, program).text });
    if (child.pid === undefined) gone.resolve();
  });
  const output: Buffer[] = [];
  let outputBytes = 0;
  let said: Buffer = Buffer.alloc(0);
  let grace: NodeJS.Timeout | undefined;
  let drain: NodeJS.Timeout | undefined;

  const stop = (): void => {
    signalGroup(child, "SIGTERM");
    grace ??= setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  };
  const cut = (code: Extract<RunEnd, { kind: "cut" }>["code"], why: string): void => {
    end.resolve({ kind: "cut", code, why });
    stop();
  };
  const timer = setTimeout(() => cut("timeout", `no end within ${limits.deadlineMs} ms`), limits.deadlineMs);
  const onAbort = (): void => cut("aborted", "given up by the caller");
  limits.signal.addEventListener("abort", onAbort);
  void end.promise.finally(() => {
    clearTimeout(timer);
    limits.signal.removeEventListener("abort", onAbort);
  });

  // Without descriptors there are no streams, and the error comes in a moment.
  child.stdout?.on("data", (chunk: Buffer) => {
    outputBytes += chunk.length;
    if (outputBytes <= outputBytesMax) output.push(chunk);
    else cut("too-large", `more than ${outputBytesMax / 1_024} KiB of output`);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    said = Buffer.concat([said, chunk]).subarray(-saidBytesMax);
  });
  child.on("exit", () => {
    signalGroup(child, "SIGKILL");
    drain = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream?.destroy()), drainMs);
  });
  child.on("close", (status, signal) => {
    clearTimeout(grace);
    clearTimeout(drain);
    end.resolve(
      status === null
        ? { kind: "cut", code: "killed", why: `it was ended by ${signal ?? "a signal"}` }
        : { kind: "exited", status, output: Buffer.concat(output).toString("utf8") },
    );
    gone.resolve();
  });
  // One that does not read its question may answer all the same.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  return { end: end.promise, gone: gone.promise, said: () => said.toString("utf8"), stop };
}

function notRun(why: string): Run {
  return {
    end: Promise.resolve({ kind: "not-run", why }),
    gone: Promise.resolve(),
    said: () => "",
    stop: () => undefined,
  };
}

/** The group has the number of its leader. When nobody is left of it, there is nothing to do. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: it is over. EPERM: those who are left have taken on other rights, so they are no longer ours to end.
  }
}
