/** `failoverd check --online` as a person runs it, against a simulated world in which something may have been planted. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";

import { check } from "../../../src/cli/check.ts";
import { CliError } from "../../../src/cli/exit-codes.ts";
import type { Finding } from "../../../src/providers/provider.ts";
import { startSimulator, type Simulator } from "../../../src/simulator/simulator.ts";
import { parseWorld } from "../../../src/simulator/world-file.ts";

export const ids = {
  "web-a": "6b1c0000-0000-4000-8000-00000000000a",
  "web-b": "9c020000-0000-4000-8000-00000000000b",
  other: "9c020000-0000-4000-8000-00000000000c",
  /** In a zone that is planted. */
  elsewhere: "9c020000-0000-4000-8000-0000000000dd",
} as const;
export const uid = "abc123def456";

/** An Exoscale zone and a Cloud 66 account in order: web-a holds 198.51.100.7, the primary stack the failover group. */
const worldText = `
listen: 127.0.0.1:0
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: EXO0000test, secret: secret-that-opens-nothing }]
  instances:
    - { id: ${ids["web-a"]}, name: web-a, backend: "127.0.0.1:0", serve: http }
    - { id: ${ids["web-b"]}, name: web-b, backend: "127.0.0.1:0", serve: http, state: running }
    - { id: ${ids.other}, name: other, backend: null }
  elastic-ips:
    - { id: e1a50000-0000-4000-8000-000000000007, ip: 198.51.100.7, holders: [web-a] }
    - { id: e1a50000-0000-4000-8000-000000000008, ip: "2001:db8::1", holders: [web-a] }
cloud66:
  dialect: elastic-addresses-model
  tokens: [{ token: token-that-opens-nothing, scope: admin }]
  stacks:
    - { uid: s-eu, name: eu, backend: "127.0.0.1:0", serve: http }
    - { uid: s-us, name: us, backend: "127.0.0.1:0", serve: http }
  failover-groups:
    - { uid: ${uid}, address: shop.example.com, primary: eu, secondary: us }
`;

/** What is to be replaced by what; each must be there. */
export type Swap = readonly (readonly [from: string, to: string])[];

export interface Planted {
  readonly world?: Swap;
  readonly config?: Swap;
  /** Once the world is there. */
  readonly change?: (simulator: Simulator) => void | Promise<void>;
  /** What answers instead of the simulated clouds, e.g. `http://127.0.0.1:4711`. */
  readonly origin?: string;
}

export interface Ended {
  readonly code: number;
  /** Of the failure; empty: none. */
  readonly message: string;
  readonly out: string;
}

export class Stage implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly #folder: string = mkdtempSync(join(tmpdir(), "failoverd-preflight-"));
  readonly #planted: Planted;

  private constructor(simulator: Simulator, planted: Planted) {
    this.simulator = simulator;
    this.#planted = planted;
  }

  static async open(planted: Planted = {}): Promise<Stage> {
    const { world = [], change } = planted;
    const simulator = await startSimulator(parseWorld(swapped(worldText, world)));
    await change?.(simulator);
    return new Stage(simulator, planted);
  }

  /** @param group the only one in the config. */
  async check(group: "web" | "shop", json: boolean): Promise<Ended> {
    const path = join(this.#folder, "failoverd.yaml");
    writeFileSync(path, swapped(this.#configText(group), this.#planted.config ?? []));
    let out = "";
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        out += chunk.toString("utf8");
        done();
      },
    });
    try {
      const options = { config: path, online: true, diff: false, json };
      await check(options, {
        stdout,
        stderr: new Writable({ write: (_c, _e, done) => done() }),
        colours: false,
      });
      return { code: 0, message: "", out };
    } catch (error) {
      if (error instanceof CliError) return { code: error.exitCode, message: error.message, out };
      throw error;
    }
  }

  /** @returns what `check --online --json` finds. */
  async findings(group: "web" | "shop"): Promise<readonly Finding[]> {
    const { out } = await this.check(group, true);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the command printed
    const { online } = JSON.parse(out) as { online: readonly { findings: readonly Finding[] }[] };
    return online.flatMap(({ findings }) => findings);
  }

  #configText(group: "web" | "shop"): string {
    const { backends, url } = this.simulator;
    const { origin = url } = this.#planted;
    const target = (name: string): string =>
      `host: 127.0.0.1, healthcheck: { port: ${backends.get(name)?.endpoint.port ?? 1} }`;
    const groups = {
      web: `
  web:
    provider: exo
    elastic-ip: 198.51.100.7
    members:
      - { name: a, instance: ${ids["web-a"]}, ${target("web-a")} }
      - { name: b, instance: ${ids["web-b"]}, ${target("web-b")} }`,
      shop: `
  shop:
    provider: c66
    failover-group: ${uid}
    members:
      - { name: eu, stack: primary, ${target("eu")} }
      - { name: us, stack: secondary, ${target("us")} }`,
    };
    return `
providers:
  exo: { type: exoscale, zone: ch-gva-2, endpoint: "${origin}/v2", api-key: EXO0000test, api-secret: secret-that-opens-nothing }
  c66: { type: cloud66, endpoint: "${origin}/api/3", token: token-that-opens-nothing }
defaults:
  healthcheck: { mode: http, port: 80, uri: /healthz }
groups:${groups[group]}
`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close();
    rmSync(this.#folder, { recursive: true });
  }
}

function swapped(text: string, swap: Swap): string {
  return swap.reduce((rest, [from, to]) => {
    if (!rest.includes(from)) throw new Error(`Cannot plant: no ${JSON.stringify(from)} in the text`);
    return rest.replace(from, to);
  }, text);
}
