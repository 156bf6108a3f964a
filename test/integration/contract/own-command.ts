/**
 * The commands of a provider of type exec, as somebody might write them: `read` and `move` in one program. The truth is a file.
 * Before each answer it asks its director, a socket of the test, how to misbehave.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

/** Who holds the address, who did before the last change, and how many changes there were. */
export interface Truth {
  readonly holders: readonly string[];
  readonly before: readonly string[];
  readonly changes: number;
}

export type Misbehaviour =
  /** Nothing is done. */
  | { readonly kind: "exit"; readonly status: number; readonly says: string; readonly prints?: string }
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "flood" }
  | { readonly kind: "die" }
  | { readonly kind: "hang"; readonly stubborn?: boolean }
  /** All is done. */
  | { readonly kind: "done-exit" }
  | { readonly kind: "done-print"; readonly text: string }
  /** It tells what was before. */
  | { readonly kind: "stale" }
  | { readonly kind: "busy"; readonly why: string };

export interface Asked {
  readonly question: Question;
  readonly pid: number;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

export interface Question {
  readonly version: number;
  readonly request: string;
  readonly operation: "read" | "move";
  readonly group: string;
  readonly address: string;
  readonly members: readonly { readonly name: string; readonly holder: string }[];
  readonly step?: {
    readonly kind: "attach" | "detach" | "flip";
    readonly member: string;
    readonly holder: string;
  };
}

const truthFile = process.env["TRUTH"] ?? "";
const question = JSON.parse(await text(process.stdin)) as Question;
await obey(await direction());

async function direction(): Promise<Misbehaviour | null> {
  const socket = connect(process.env["DIRECTOR"] ?? "");
  const asked: Asked = { question, pid: process.pid, env: process.env, cwd: process.cwd() };
  socket.end(`${JSON.stringify(asked)}\n`);
  return JSON.parse(await text(socket)) as Misbehaviour | null;
}

async function obey(how: Misbehaviour | null): Promise<void> {
  switch (how?.kind) {
    case "exit":
      process.stderr.write(`${how.says}\n`);
      process.stdout.write(how.prints ?? "");
      process.exitCode = how.status;
      return;
    case "print":
      process.stdout.write(how.text);
      return;
    case "flood":
      process.stdout.write(`{"version":1,"holders":["${"x".repeat(1_000_000)}"]}`);
      return;
    case "die":
      process.kill(process.pid, "SIGKILL");
      return;
    case "hang":
      if (how.stubborn === true) process.on("SIGTERM", () => undefined);
      return new Promise(() => setInterval(() => undefined, 3_600_000));
    case "done-exit":
      answer();
      process.exitCode = 1;
      return;
    case "done-print":
      answer();
      process.stdout.write(how.text);
      return;
    case "stale":
      print({ holders: truth().before });
      return;
    case "busy":
      print({ holders: truth().holders, busy: how.why });
      return;
    case undefined:
      print(answer());
      return;
  }
}

function answer(): object {
  const { step } = question;
  const { holders, changes } = truth();
  if (step === undefined) return { holders };
  const others = holders.filter((holder) => holder !== step.holder);
  const next = { flip: [step.holder], attach: [...others, step.holder], detach: others }[step.kind];
  if (next.toSorted().join() === holders.toSorted().join()) return { effect: "applied", why: "already so" };
  writeFileSync(`${truthFile}.new`, JSON.stringify({ holders: next, before: holders, changes: changes + 1 }));
  renameSync(`${truthFile}.new`, truthFile);
  return { effect: "applied" };
}

function truth(): Truth {
  return JSON.parse(readFileSync(truthFile, "utf8")) as Truth;
}

function print(what: object): void {
  process.stdout.write(`${JSON.stringify({ version: 1, ...what })}\n`);
}
