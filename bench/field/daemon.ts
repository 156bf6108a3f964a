/** The real daemon, started as a user would start it, alone on the probing core. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { request, type Agent } from "undici";
import { Child } from "./child.ts";
import type { Core } from "./machine.ts";
import { scrape, type Scrape } from "./scrape.ts";

/** How long it may take until it listens, and until all groups are judged. Milliseconds. */
const startMs = 60_000;
const readyMs = 120_000;
const lookMs = 20;

/** Which program is run: the sources, or what `npm run build` makes of them. */
export type Program = "source" | "build";

const programs: Readonly<Record<Program, string>> = {
  source: fileURLToPath(new URL("../../src/main.ts", import.meta.url)),
  build: fileURLToPath(new URL("../../dist/main.js", import.meta.url)),
};
export function programFile(program: Program): string {
  return programs[program];
}

/** What the service file sets, and the container's too. */
const serviceFile = readFileSync(new URL("../../systemd/failoverd.service", import.meta.url), "utf8");
const serviceEnv: Readonly<Record<string, string>> = Object.fromEntries(
  [...serviceFile.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
);

const collector = new URL("collect-on-signal.ts", import.meta.url).href;

export interface DaemonOptions {
  readonly program: Program;
  /** Becomes its own: config and state. */
  readonly folder: string;
  readonly config: string;
  /** `SIGUSR2` makes it collect all its garbage. Default false. */
  readonly collects?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs until it is moved. Default: the probing core. */
  readonly core?: Core;
}

export class Daemon implements AsyncDisposable {
  readonly child: Child;
  readonly configFile: string;
  /** Lines of its log of level warn and error. */
  readonly warnings: string[] = [];
  readonly #url: Promise<string>;

  /** Starts it, and waits for nothing. */
  constructor({ program, folder, config, collects = false, env = {}, core = "probing" }: DaemonOptions) {
    mkdirSync(folder, { recursive: true });
    this.configFile = join(folder, "failoverd.yaml");
    writeFileSync(this.configFile, config);
    const flags = collects ? ["--expose-gc", "--import", collector] : [];
    this.child = new Child(
      [process.execPath, ...flags, programs[program], "run", "--no-watch", "--config", this.configFile],
      { core, env: { ...serviceEnv, ...env } },
    );
    this.child.onLine((line) => {
      if (/"level":"(warn|error)"/.test(line)) this.warnings.push(line);
    });
    this.#url = this.child.says(/"url":"([^"]+)"/, startMs).then(([, url]) => String(url));
    // Whoever wants to know gets the error too.
    this.#url.catch(() => undefined);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** @returns where it serves, as soon as it says so. */
  url(): Promise<string> {
    return this.#url;
  }

  /** @returns when every group has been judged. */
  async ready(dispatcher: Agent): Promise<void> {
    const url = await this.url();
    const signal = AbortSignal.timeout(readyMs);
    while (!(await isReady(url, dispatcher, signal))) await sleep(lookMs);
  }

  async scrape(dispatcher: Agent): Promise<Scrape> {
    return scrape(await this.url(), dispatcher);
  }

  /** Collects all garbage of its main thread. */
  collect(): void {
    this.child.signal("SIGUSR2");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }
}

/** @throws the signal's reason. */
async function isReady(url: string, dispatcher: Agent, signal: AbortSignal): Promise<boolean> {
  const { statusCode, body } = await request(`${url}/readyz`, { dispatcher, signal });
  await body.dump();
  return statusCode === 200;
}
