/** Both simulated clouds with two servers each, and a config that watches one address of them, in a folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fault } from "../../src/simulator/faults.ts";
import type { OperationName } from "../../src/simulator/operations.ts";
import type { LoggedRequest } from "../../src/simulator/request-log.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { parseWorld } from "../../src/simulator/world-file.ts";

export const apiSecret = "simulated-secret-that-must-never-be-printed";

const uid = "abc123def456";
/**
 * A server that refuses is found dead within a good second, and a busy machine still has almost a second for each answer and
 * more than three for the first round: this process, which plays both clouds and all servers, may be held up as long as that.
 */
export const pace = "interval: 1s, fast-interval: 100ms, timeout: 900ms, strikes-fail: 3, strikes-ok: 2";
/** The longest that anything is waited for. Milliseconds. */
const patienceMs = 20_000;

export interface TestCloudOptions {
  /** How long an attach, a detach or a flip takes. Default 50ms. */
  readonly operationTime?: string;
  /** `web`: an Elastic IP of web-a and web-b. `shop`: a failover group of eu and us. Default `web`. */
  readonly group?: "web" | "shop";
  /** More keys of the group, e.g. `order: detach-first`. */
  readonly policy?: string;
}

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
cloud66:
  flip-time: ${operationTime}
  tokens: [{ token: ${apiSecret}, scope: admin }]
  stacks:
    - { uid: s-eu, name: eu, backend: "127.0.0.1:0", serve: http }
    - { uid: s-us, name: us, backend: "127.0.0.1:0", serve: http }
  failover-groups: [{ uid: ${uid}, address: shop.example.com, primary: eu, secondary: us }]
`;

export class TestCloud implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly configFile: string;
  /** Everyone who held the address, in the cloud's own record: `web-a`, `web-a+web-b`, `nobody`. */
  readonly record: string[] = [];
  /** For whatever the test needs to write. */
  readonly folder: string;
  readonly #options: TestCloudOptions;
  readonly #listeners: Set<() => void>;

  private constructor(simulator: Simulator, options: TestCloudOptions, listeners: Set<() => void>) {
    this.simulator = simulator;
    this.#options = options;
    this.#listeners = listeners;
    this.folder = mkdtempSync(join(tmpdir(), "failoverd-e2e-"));
    this.configFile = this.writeConfig("failoverd.yaml", this.#configText());
    const note = (): void => {
      const names = this.holders().join("+") || "nobody";
      if (this.record.at(-1) !== names) this.record.push(names);
    };
    note();
    this.onEvent(note);
  }

  static async start(options: TestCloudOptions = {}): Promise<TestCloud> {
    const listeners = new Set<() => void>();
    const log = (): void => {
      for (const listener of listeners) listener();
    };
    const simulator = await startSimulator(parseWorld(worldText(options.operationTime ?? "50ms")), { log });
    return new TestCloud(simulator, options, listeners);
  }

  /** Where the daemon keeps its journal. */
  get stateDir(): string {
    return join(this.folder, "state");
  }

  /** @returns the path of the file that now holds this text. */
  writeConfig(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** @returns the config with one text replaced by another. */
  variant(from: string, to: string): string {
    const text = this.#configText();
    if (!text.includes(from)) throw new Error(`Cannot vary the config: it has no "${from}"`);
    return this.writeConfig("variant.yaml", text.replace(from, to));
  }

  async kill(name: string): Promise<void> {
    await this.simulator.backends.get(name)?.kill();
  }

  async revive(name: string): Promise<void> {
    await this.simulator.backends.get(name)?.revive();
  }

  breaks(...faults: readonly Fault[]): void {
    this.simulator.world.faults.replace(faults);
  }

  /** @returns names of those that hold the address, in the cloud's own record. */
  holders(): readonly string[] {
    const { exoscale, cloud66 } = this.simulator.world;
    if (this.#options.group === "shop") return [cloud66?.group(uid)?.current === "primary" ? "eu" : "us"];
    const eip = exoscale?.elasticIp("198.51.100.7");
    const ids = eip === undefined ? [] : (exoscale?.holders(eip) ?? []);
    return ids.map((id) => exoscale?.instance(id)?.name ?? id).sort();
  }

  /** The request that has been answered, or swallowed, last. */
  get lastRequest(): LoggedRequest | undefined {
    return this.simulator.world.requests.entries.at(-1);
  }

  /** @returns how often the operation was accepted, whether the answer arrived or not. */
  accepted(operation: OperationName): number {
    return this.simulator.world.requests.entries.filter(
      (entry) => entry.operation === operation && (entry.status === 200 || entry.status === "lost"),
    ).length;
  }

  /** @returns how many requests to change something have arrived. */
  get changesAsked(): number {
    return this.changes.length;
  }

  /** @returns how many requests have arrived. */
  get asked(): number {
    return this.simulator.world.requests.entries.length;
  }

  /** The requests to change something, oldest first. */
  get changes(): readonly LoggedRequest[] {
    return this.simulator.world.requests.entries.filter(({ method }) => method !== "GET");
  }

  /** Calls back at the very moment of every change and every request, before its answer is sent. @returns a function that ends it. */
  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns once this is so; it is looked at after every change and every request. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    const signal = AbortSignal.timeout(patienceMs);
    await new Promise<void>((resolve, reject) => {
      const end = this.onEvent(() => {
        if (!isSo()) return;
        end();
        resolve();
      });
      signal.addEventListener("abort", () => {
        end();
        reject(new Error(`Waited in vain: ${what}; held by ${this.record.join(", then ")}`));
      });
    });
  }

  /** @returns once the cloud's record shows exactly these holders. */
  async untilHeldBy(...names: readonly string[]): Promise<void> {
    await this.until(`held by ${names.join()}`, () => this.holders().join() === names.join());
  }

  /** @returns once the cloud has answered a request that takes it so long. */
  async answersAfter(ms: number): Promise<void> {
    this.breaks({ operation: "list-zones", times: 1, effect: { kind: "latency", ms } });
    await fetch(`${this.simulator.exoscaleEndpoint}/zone`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close();
    rmSync(this.folder, { recursive: true });
  }

  #configText(): string {
    const check = (name: string): string =>
      `host: 127.0.0.1, healthcheck: { port: ${this.simulator.backends.get(name)?.endpoint.port ?? 0} }`;
    const { group = "web", policy } = this.#options;
    const head = `listen: 127.0.0.1:0
state-dir: ${this.stateDir}
providers:
  exo:
    type: exoscale
    zone: ch-gva-2
    endpoint: ${this.simulator.exoscaleEndpoint}
    api-key: EXO0000test
    api-secret: ${apiSecret}
  c66: { type: cloud66, endpoint: "${this.simulator.cloud66Endpoint}", token: ${apiSecret} }
groups:
  ${group}:
    hold-down: 5s
    healthcheck: { mode: http, port: 80, uri: /healthz, ${pace} }
${policy === undefined ? "" : `    ${policy}\n`}`;
    const web = `    provider: exo
    elastic-ip: 198.51.100.7
    members:
      - { name: web-a, instance: 6b1c0000-0000-4000-8000-00000000000a, ${check("web-a")} }
      - { name: web-b, instance: 9c020000-0000-4000-8000-00000000000b, ${check("web-b")} }
`;
    const shop = `    provider: c66
    failover-group: ${uid}
    members:
      - { name: eu, stack: primary, ${check("eu")} }
      - { name: us, stack: secondary, ${check("us")} }
`;
    return head + (group === "web" ? web : shop);
  }
}
