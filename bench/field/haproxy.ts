/** HAProxy as a checker of servers, from Debian's package: one thread, a fresh connection for each check. */
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Child } from "./child.ts";
import { addressOf } from "./doors.ts";
import type { Core } from "./machine.ts";

/** Milliseconds. */
const startMs = 20_000;
const commandMs = 10_000;
/** Commands on one line must fit its buffer of 16 KiB. */
const commandsMax = 300;

export interface HaproxyOptions {
  readonly folder: string;
  /** Distinguishes its files. */
  readonly name: string;
  /** Everything after the defaults. */
  readonly config: string;
  /** Default: the probing core. */
  readonly core?: Core;
}

export class Haproxy implements AsyncDisposable {
  readonly child: Child;
  readonly #socket: string;

  private constructor(child: Child, socket: string) {
    this.child = child;
    this.#socket = socket;
  }

  static async start({ folder, name, config, core = "probing" }: HaproxyOptions): Promise<Haproxy> {
    const [file, socket] = [join(folder, `${name}.cfg`), join(folder, `${name}.sock`)];
    writeFileSync(file, `${head(socket)}${config}\n`);
    const child = new Child(["haproxy", "-db", "-f", file], { core });
    const haproxy = new Haproxy(child, socket);
    try {
      const signal = AbortSignal.timeout(startMs);
      while (!existsSync(socket)) {
        if (await Promise.race([child.ended.then(() => true), soon()]))
          throw new Error(`HAProxy ended: ${child.said}`);
        signal.throwIfAborted();
      }
      await haproxy.command("show info");
      return haproxy;
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Turns the checks of all these servers on or off; each keeps its place in the interval. */
  async checks(act: "enable" | "disable", servers: readonly string[]): Promise<void> {
    for (let i = 0; i < servers.length; i += commandsMax) {
      const some = servers.slice(i, i + commandsMax);
      await this.command(some.map((server) => `${act} health ${server}`).join(";"));
    }
  }

  /** @returns what it answers on its own socket. */
  command(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(this.#socket, () => socket.write(`${text}\n`));
      socket.setTimeout(commandMs, () =>
        socket.destroy(new Error(`HAProxy has not answered ${text.slice(0, 80)}`)),
      );
      socket.setEncoding("utf8").on("data", (part: string) => (answer += part));
      socket.on("end", () => resolve(answer)).on("error", reject);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }
}

/** @returns a backend of as many servers as there are targets, all checked in the interval. */
export function checkedBackend(options: {
  readonly mode: "tcp" | "http" | "https";
  readonly targets: number;
  readonly port: number;
  readonly intervalMs: number;
  readonly caFile: string;
}): string {
  const { mode, targets, port, intervalMs, caFile } = options;
  const http = mode === "tcp" ? "" : "  option httpchk\n  http-check send meth GET uri /healthz\n";
  const tls =
    mode === "https"
      ? ` ssl verify required ca-file ${caFile} verifyhost localhost check-sni localhost no-ssl-reuse`
      : "";
  const servers = Array.from(
    { length: targets },
    (_, n) => `  server t${n} ${addressOf(n)}:${port} check inter ${intervalMs}ms${tls}`,
  );
  return `backend b\n${http}${servers.join("\n")}`;
}

function head(socket: string): string {
  return `global
  stats socket ${socket} level admin
  maxconn 1000
  nbthread 1
  log stdout format raw local0
defaults
  log global
  mode http
  timeout connect 900ms
  timeout client 5s
  timeout server 5s
  timeout check 900ms
`;
}

function soon(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 10));
}
