/**
 * Every process that a benchmark starts. It is pinned where it is wanted, what it says can be awaited, and it ends by its id:
 * when its part is over, on an error, on Ctrl-C, and should this process be killed.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { pin, pinned, type Core } from "./machine.ts";

/** How long a process may take to end by itself. Milliseconds. */
const endMs = 3_000;
/** Of what a process has said, the last so many characters are kept. */
const keptMax = 100_000;

export interface ChildOptions {
  readonly core: Core;
  readonly env?: Readonly<Record<string, string>>;
  /** Messages go both ways, as `process.send`. */
  readonly talks?: boolean;
}

const running = new Set<ChildProcess>();

/** The last resort: at once, without waiting. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

export class Child implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #listeners = new Set<(line: string) => void>();
  readonly #name: string;
  #said = "";
  #rest = "";
  #isRunning = true;

  constructor(command: readonly [string, ...string[]], { core, env = {}, talks = false }: ChildOptions) {
    this.#name = command.join(" ");
    // Should we be killed, the kernel ends it.
    const [program, ...args] = ["setpriv", "--pdeathsig", "KILL", ...pinned(core), ...command];
    this.#child = spawn(program ?? "", args, {
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe", ...(talks ? (["ipc"] as const) : [])],
    });
    running.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#isRunning = false;
        running.delete(this.#child);
        resolve();
      };
      this.#child.on("error", (error) => {
        this.#take(`${error.message}\n`);
        end();
      });
      this.#child.on("close", end);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has said last. */
  get said(): string {
    return this.#said;
  }

  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Told of each line that it says from now on. @returns a function that ends this. */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @returns the first match in what it has said and says. @throws when it ends before, or after `withinMs`. */
  async says(pattern: RegExp, withinMs: number): Promise<RegExpExecArray> {
    const before = pattern.exec(this.#said);
    if (before !== null) return before;
    const patience = AbortSignal.timeout(withinMs);
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        forget();
        reject(new Error(`${this.#name} ${why}: ${this.#said.slice(-2_000)}`));
      };
      const forget = this.onLine((line) => {
        const match = pattern.exec(line);
        if (match === null) return;
        forget();
        resolve(match);
      });
      patience.addEventListener("abort", () => fail(`has not said ${pattern} within ${withinMs} ms`));
      void this.#ended.then(() => fail(`ended without ${pattern}`));
    });
  }

  /** Sends a message and awaits the next one that comes back. Only for a child that talks, one question at a time. */
  async ask<T>(message: object): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => {
      this.#child.once("message", (message) => resolve(message as T));
      void this.#ended.then(() => reject(new Error(`${this.#name} ended: ${this.#said.slice(-2_000)}`)));
    });
    this.#child.send(message);
    return answer;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async moveTo(core: Core): Promise<void> {
    if (this.#isRunning) await pin(this.pid, core);
  }

  /** Asks it to end, and makes it end. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isRunning) return;
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), endMs);
    await this.#ended;
    clearTimeout(late);
  }

  #take(text: string): void {
    this.#said = (this.#said + text).slice(-keptMax);
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) for (const listener of this.#listeners) listener(line);
  }
}
