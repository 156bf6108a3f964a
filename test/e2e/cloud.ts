/** A simulated Exoscale with two instances, and a config that watches them, in a folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { parseWorld } from "../../src/simulator/world-file.ts";

export const apiSecret = "simulated-secret-that-must-never-be-printed";

const worldText = (operationTime: string): string => `
listen: 127.0.0.1:0
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: EXO0000test, secret: ${apiSecret} }]
  operation-time: ${operationTime}
  instances:
    - { id: 6b1c0000-0000-4000-8000-00000000000a, name: web-a, backend: "127.0.0.1:0", serve: http }
    - { id: 9c020000-0000-4000-8000-00000000000b, name: web-b, backend: "127.0.0.1:0", serve: http }
  elastic-ips:
    - { id: e1a50000-0000-4000-8000-000000000007, ip: 198.51.100.7, holders: [web-a], forward: "127.0.0.1:0" }
`;

export class TestCloud implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly configFile: string;
  readonly #folder: string;

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
    this.#folder = mkdtempSync(join(tmpdir(), "failoverd-e2e-"));
    this.configFile = this.writeConfig("failoverd.yaml", this.#configText());
  }

  /** @param operationTime how long an attach or detach stays pending. */
  static async start(operationTime = "50ms"): Promise<TestCloud> {
    return new TestCloud(await startSimulator(parseWorld(worldText(operationTime))));
  }

  /** Where the daemon keeps its journal. */
  get stateDir(): string {
    return join(this.#folder, "state");
  }

  /** @returns the path of the file that now holds this text. */
  writeConfig(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** @returns the config with one text replaced by another. */
  variant(from: string, to: string): string {
    const text = this.#configText();
    if (!text.includes(from)) throw new Error(`Cannot vary the config: it has no "${from}"`);
    return this.writeConfig("variant.yaml", text.replace(from, to));
  }

  /** @returns names of the instances that hold the address, in the cloud's own record. */
  async holders(): Promise<readonly string[]> {
    const response = await fetch(`${this.simulator.url}/world`);
    const world = (await response.json()) as { exoscale: { "elastic-ips": { holders: string[] }[] } };
    return world.exoscale["elastic-ips"][0]?.holders ?? [];
  }

  /** @returns once the cloud's record shows exactly these holders. */
  async untilHeldBy(...names: readonly string[]): Promise<void> {
    const signal = AbortSignal.timeout(20_000);
    const wanted = names.join();
    while ((await this.holders()).join() !== wanted) {
      signal.throwIfAborted();
      await this.changed(signal);
    }
  }

  /** @returns after the next change of who holds an address. */
  async changed(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const end = this.simulator.world.onChange(() => {
        end();
        resolve();
      });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close();
    rmSync(this.#folder, { recursive: true });
  }

  #configText(): string {
    const port = (name: string): number => this.simulator.backends.get(name)?.endpoint.port ?? 0;
    return `listen: 127.0.0.1:0
state-dir: ${this.stateDir}
providers:
  exo:
    type: exoscale
    zone: ch-gva-2
    endpoint: ${this.simulator.exoscaleEndpoint}
    api-key: EXO0000test
    api-secret: ${apiSecret}
groups:
  web:
    provider: exo
    elastic-ip: 198.51.100.7
    hold-down: 5s
    healthcheck: { mode: http, port: 80, uri: /healthz, interval: 200ms, timeout: 100ms, strikes-fail: 3, strikes-ok: 2 }
    members:
      - { name: web-a, instance: 6b1c0000-0000-4000-8000-00000000000a, host: 127.0.0.1, healthcheck: { port: ${port("web-a")} } }
      - { name: web-b, instance: 9c020000-0000-4000-8000-00000000000b, host: 127.0.0.1, healthcheck: { port: ${port("web-b")} } }
`;
  }
}
