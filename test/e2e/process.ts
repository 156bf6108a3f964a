/** The real process, started as a user would start it, and ended by its id. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cached } from "./packaging-parts.ts";

const mainFile = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** The longest that it is waited for a word. Milliseconds. */
const patienceMs = 25_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  /** Further variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that becomes failoverd without another process between, e.g. `ip netns exec NAME`. */
  readonly through?: readonly string[];
}

export class Failoverd implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  readonly #listeners = new Set<() => void>();
  #stdout = "";
  #stderr = "";
  #running = true;

  constructor(args: readonly string[], { env = {}, through = [] }: Surroundings = {}) {
    const [command = process.execPath, ...rest] = [...through, process.execPath, mainFile, ...args];
    this.#child = spawn(command, rest, {
      env: {
        PATH: process.env["PATH"] ?? "",
        NODE_ENV: "test",
        // Half of what a start costs is compiling. What a process that ends by itself leaves here, the next ones use.
        NODE_COMPILE_CACHE: cached("compiled"),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#tell();
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#tell();
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code, signal) => {
        this.#running = false;
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#tell();
      });
    });
  }

  /** @returns how it ended; it is expected to end by itself. */
  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** @throws when it never began. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`Cannot start ${this.#child.spawnfile}`);
    return this.#child.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns the first match in what it has printed on stdout so far and from now on. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const patience = AbortSignal.timeout(patienceMs);
    for (;;) {
      const match = pattern.exec(this.#stdout);
      if (match !== null) return match;
      const said = `${this.#stdout}${this.#stderr}`
        .split("\n")
        .filter((line) => !line.includes(`"level":"debug"`))
        .join("\n")
        .slice(-8_000);
      if (!this.#running) throw new Error(`It ended without ${pattern}: ${said}`);
      if (patience.aborted) throw new Error(`It has not said ${pattern} in ${patienceMs} ms: ${said}`);
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.#listeners.delete(listener);
          patience.removeEventListener("abort", listener);
          resolve();
        };
        this.#listeners.add(listener);
        patience.addEventListener("abort", listener);
      });
    }
  }

  /** What it has printed on stdout so far. */
  get printed(): string {
    return this.#stdout;
  }

  /** The same on stderr. */
  get reported(): string {
    return this.#stderr;
  }

  /** @returns the base URL of metrics and health, once it is served. */
  async url(): Promise<string> {
    return String((await this.prints(/"url":"([^"]+)"/))[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running) this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Runs a command to its end. */
export function failoverd(...args: readonly string[]): Promise<Ended> {
  return new Failoverd(args).ended();
}
