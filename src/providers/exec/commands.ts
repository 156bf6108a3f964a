/**
 * The two commands of an account: so many runs at once and no more, each of a program that is fit to be run, each told of, and none
 * left behind. What they print is cleaned of secrets before anybody sees it.
 */
import { randomUUID } from "node:crypto";
import type { Credential, ProviderServices } from "../provider.ts";
import { blotOut } from "../read-answer.ts";
import { unfitness, type Unfit } from "./command-file.ts";
import { runCommand, type Run, type RunEnd } from "./command.ts";
import { questionText, type Question } from "./protocol.ts";
import { Turns } from "./turns.ts";

export interface CommandAccount {
  /** Program and arguments. */
  readonly read: readonly string[];
  readonly move: readonly string[];
  readonly readTimeoutMs: number;
  readonly moveTimeoutMs: number;
  readonly atOnceMax: number;
  readonly env: Readonly<Record<string, Credential>>;
}

export type Operation = "read" | "move";

export interface Asked {
  readonly end: RunEnd;
  /** The last line of its standard error, or null. */
  readonly lastWords: string | null;
  /** Once no process of it is left. Never rejects. */
  readonly gone: Promise<void>;
}

/** Where the system's own tools are: how failoverd was started makes no difference to a command. */
const usualEnv = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

export class Commands {
  readonly #account: CommandAccount;
  readonly #services: ProviderServices;
  readonly #turns: Turns;
  readonly #running = new Set<Run>();
  readonly #closing = new AbortController();

  constructor(account: CommandAccount, services: ProviderServices) {
    this.#account = account;
    this.#services = services;
    this.#turns = new Turns(account.atOnceMax);
  }

  /** @returns what is wrong with the program of a command, or null. */
  unfitness(operation: Operation): Promise<Unfit | null> {
    return unfitness(this.program(operation));
  }

  /** @returns its path. */
  program(operation: Operation): string {
    return this.#account[operation][0] ?? "";
  }

  /** Never rejects. The signal ends the run too, not just the waiting for it. */
  async ask(question: Question, signal: AbortSignal): Promise<Asked> {
    const operation = question.step === null ? "read" : "move";
    const request = randomUUID();
    const startedAt = this.#services.now();
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const run = await this.#start(operation, questionText(question, request), either);
    const end: RunEnd = typeof run === "string" ? { kind: "not-run", why: run } : await run.end;
    const said = typeof run === "string" ? "" : this.#cleaned(run.said()).trim();
    this.#services.onRequest({
      operation,
      code: end.kind === "exited" ? String(end.status) : end.kind === "cut" ? end.code : "not-run",
      durationMs: this.#services.now() - startedAt,
      ownId: request,
      id: null,
      changes: operation === "move",
      group: question.group.name,
      ...(said === "" ? {} : { said }),
    });
    return {
      end: end.kind === "exited" ? { ...end, output: this.#cleaned(end.output) } : end,
      lastWords: said.split("\n").at(-1) || null,
      gone: typeof run === "string" ? Promise.resolve() : run.gone,
    };
  }

  /** Ends all runs, and waits until nothing is left of them. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const run of this.#running) run.stop();
    await Promise.all([...this.#running].map(({ gone }) => gone));
  }

  /** @returns the run, or why there is none. */
  async #start(operation: Operation, input: string, signal: AbortSignal): Promise<Run | string> {
    const { readTimeoutMs, moveTimeoutMs } = this.#account;
    const deadlineMs = operation === "read" ? readTimeoutMs : moveTimeoutMs;
    const deadlineAt = this.#services.now() + deadlineMs;
    const none = await this.#turns.take(operation === "move", { signal, deadlineMs });
    if (none !== null) return none;
    let run: Run | null = null;
    try {
      const unfit = await this.unfitness(operation);
      if (unfit !== null) return unfit.text;
      if (signal.aborted) return "given up by the caller";
      const leftMs = Math.ceil(deadlineAt - this.#services.now());
      if (leftMs <= 0) return "no time was left";
      run = runCommand(this.#account[operation], this.#env(), input, { signal, deadlineMs: leftMs });
    } finally {
      if (run === null) this.#turns.end();
    }
    this.#keep(run);
    return run;
  }

  /** Until no process of it is left, which gives its turn to the next one. */
  #keep(run: Run): void {
    this.#running.add(run);
    void run.gone.finally(() => {
      this.#running.delete(run);
      this.#turns.end();
    });
  }

  #env(): Readonly<Record<string, string>> {
    const own = Object.entries(this.#account.env).map(([name, value]) => [name, value.reveal()] as const);
    return { ...usualEnv, ...Object.fromEntries(own) };
  }

  /** Without the values of its environment, and without what would play tricks on a terminal. */
  #cleaned(text: string): string {
    const secrets = Object.values(this.#account.env).map((value) => value.reveal());
    return blotOut(text, secrets).replaceAll(/[^\P{Cc}\n\t]/gu, "�");
  }
}
