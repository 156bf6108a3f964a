/**
 * blackbox_exporter, from Debian's package. It probes when it is asked to, so somebody must ask it as often as wanted; that is
 * done here, over connections that are kept, on the serving core.
 */
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { Child } from "./child.ts";
import { addressOf } from "./doors.ts";

const startMs = 10_000;
/** How often some are asked for at once. Milliseconds. */
const tickMs = 5;
/** Questions under way; when it falls behind, no more are added. */
const underWayMax = 64;
const connections = 32;

export interface Asked {
  readonly mode: "tcp" | "http" | "https";
  readonly targets: number;
  readonly port: number;
  readonly perSecond: number;
}

export class Blackbox implements AsyncDisposable {
  readonly child: Child;
  readonly #pool: Pool;

  private constructor(child: Child, pool: Pool) {
    this.child = child;
    this.#pool = pool;
  }

  static async start(folder: string, caFile: string): Promise<Blackbox> {
    const file = join(folder, "blackbox.yml");
    writeFileSync(file, modules(caFile));
    const port = await freePort();
    const child = new Child(
      [
        "prometheus-blackbox-exporter",
        `--config.file=${file}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--history.limit=1",
      ],
      { core: "probing" },
    );
    try {
      await child.says(/Listening on/, startMs);
      return new Blackbox(child, new Pool(`http://127.0.0.1:${port}`, { connections }));
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Asks for probes until the signal aborts. @returns how many it called successful, and how many not. */
  async probe(
    { mode, targets, port, perSecond }: Asked,
    signal: AbortSignal,
  ): Promise<{ up: number; down: number }> {
    const result = { up: 0, down: 0 };
    const underWay = new Set<Promise<void>>();
    const started = performance.now();
    let next = 0;
    for (let asked = 0; !signal.aborted;) {
      const due = ((performance.now() - started) * perSecond) / 1_000;
      for (; asked < due; asked++) {
        // What it was too slow for is left out.
        if (underWay.size >= underWayMax) continue;
        const one = this.#ask(mode, `${addressOf(next++ % targets)}:${port}`)
          .then((up) => void (result[up ? "up" : "down"] += 1))
          .finally(() => underWay.delete(one));
        underWay.add(one);
      }
      await sleep(tickMs);
    }
    await Promise.all(underWay);
    return result;
  }

  async #ask(mode: string, target: string): Promise<boolean> {
    const url = mode === "tcp" ? target : `${mode}://${target}/healthz`;
    const { body } = await this.#pool.request({
      method: "GET",
      path: `/probe?module=${mode}&target=${encodeURIComponent(url)}`,
    });
    return (await body.text()).includes("\nprobe_success 1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
    await this.child[Symbol.asyncDispose]();
  }
}

function modules(caFile: string): string {
  const ip = "preferred_ip_protocol: ip4";
  return `modules:
  tcp: { prober: tcp, timeout: 5s, tcp: { ${ip} } }
  http: { prober: http, timeout: 5s, http: { ${ip} } }
  https: { prober: http, timeout: 5s, http: { ${ip}, tls_config: { ca_file: ${caFile}, server_name: localhost } } }
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address === null || typeof address === "string" ? 0 : address.port));
    });
  });
}
