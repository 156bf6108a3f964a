/**
 * The real daemon with real probes and real providers, against both simulated clouds over HTTP. It watches the cloud's own
 * record of the holders from the first moment on: what it shows is what the world went through, whatever the daemon says.
 */
import { parseConfig } from "../../../src/config/load.ts";
import { bindGroups, type Bound } from "../../../src/daemon/bind.ts";
import { noOrderStore } from "../../../src/daemon/orders.ts";
import { systemClock, type Clock } from "../../../src/daemon/clock.ts";
import { ProbeScheduler } from "../../../src/daemon/engine/scheduler.ts";
import { Daemon } from "../../../src/daemon/daemon.ts";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import { probe } from "../../../src/probes/probe.ts";
import { createResolver } from "../../../src/probes/resolve.ts";
import type { Fault } from "../../../src/simulator/faults.ts";
import type { OperationName } from "../../../src/simulator/operations.ts";
import { startSimulator, type Simulator } from "../../../src/simulator/simulator.ts";
import type { Dialect } from "../../../src/simulator/spec.ts";
import { parseWorld } from "../../../src/simulator/world-file.ts";
import { promisedProber } from "../../unit/daemon/engine/promised-prober.ts";

export type GroupName = "web" | "shop";

export interface StageOptions {
  /** Which addresses are watched: `web` is an Elastic IP, `shop` a failover group. */
  readonly groups: readonly GroupName[];
  /** Members of `web`. Default web-a and web-b. */
  readonly members?: readonly string[];
  /** Who holds the Elastic IP at the start. Default web-a. */
  readonly holders?: readonly string[];
  /** More keys of `web` in the config, e.g. `order: detach-first`. */
  readonly policy?: string;
  readonly dialect?: Dialect;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** Who held an address from then on. */
export interface Held {
  readonly names: readonly string[];
  /** Monotonic milliseconds of the machine. */
  readonly at: number;
}

/** The longest that a test may take. Milliseconds. */
const patienceMs = 20_000;

const ids = {
  "web-a": "6b1c0000-0000-4000-8000-00000000000a",
  "web-b": "9c020000-0000-4000-8000-00000000000b",
  "web-c": "9c020000-0000-4000-8000-00000000000c",
} as const;
const uid = "abc123def456";

const worldText = ({ holders = ["web-a"], dialect = "elastic-addresses" }: StageOptions): string => `
listen: 127.0.0.1:0
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: EXO0000test, secret: secret-that-opens-nothing }]
  operation-time: 50ms
  instances:
${Object.entries(ids)
  .map(([name, id]) => `    - { id: ${id}, name: ${name}, backend: "127.0.0.1:0", serve: http }`)
  .join("\n")}
  elastic-ips:
    - { id: e1a50000-0000-4000-8000-000000000007, ip: 198.51.100.7, holders: [${holders.join()}], forward: "127.0.0.1:0" }
cloud66:
  dialect: ${dialect}
  flip-time: 50ms
  tokens: [{ token: token-that-opens-nothing, scope: admin }]
  stacks:
    - { uid: s-eu, name: eu, backend: "127.0.0.1:0", serve: http }
    - { uid: s-us, name: us, backend: "127.0.0.1:0", serve: http }
  failover-groups:
    - { uid: ${uid}, address: shop.example.com, primary: eu, secondary: us, forward: "127.0.0.1:0" }
`;

function configText(
  { groups, members = ["web-a", "web-b"], policy = "" }: StageOptions,
  simulator: Simulator,
): string {
  const check = (name: string): string =>
    `host: 127.0.0.1, healthcheck: { port: ${simulator.backends.get(name)?.endpoint.port ?? 0} }`;
  const web = members.map(
    (name) =>
      `      - { name: ${name}, instance: ${Object.entries(ids).find(([key]) => key === name)?.[1]}, ${check(name)} }`,
  );
  return `
providers:
  exo: { type: exoscale, zone: ch-gva-2, endpoint: "${simulator.exoscaleEndpoint}", api-key: EXO0000test, api-secret: secret-that-opens-nothing }
  c66: { type: cloud66, endpoint: "${simulator.cloud66Endpoint}", token: token-that-opens-nothing }
defaults:
  healthcheck: { mode: http, port: 80, uri: /healthz, interval: 200ms, timeout: 150ms, strikes-fail: 2, strikes-ok: 2 }
groups:
${
  groups.includes("web")
    ? `  web:
    provider: exo
    elastic-ip: 198.51.100.7
${policy === "" ? "" : `    ${policy.replaceAll("\n", "\n    ")}\n`}    members:
${web.join("\n")}`
    : ""
}
${
  groups.includes("shop")
    ? `  shop:
    provider: c66
    failover-group: ${uid}
    members:
      - { name: eu, stack: primary, ${check("eu")} }
      - { name: us, stack: secondary, ${check("us")} }`
    : ""
}
`;
}

export class Stage implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly events: DaemonEvent[] = [];
  /** Everyone who held the address, in the cloud's own record, without repetitions. */
  readonly record: Readonly<Record<GroupName, Held[]>> = { web: [], shop: [] };
  readonly #daemon: Daemon;
  readonly #bound: Bound;
  readonly #running: Promise<void>;
  readonly #crashed = new AbortController();
  readonly #patience: AbortSignal = AbortSignal.any([AbortSignal.timeout(patienceMs), this.#crashed.signal]);
  readonly #waiting = new Set<() => void>();
  /** Somebody has been told already that it waited in vain. */
  #failed = false;

  private constructor(simulator: Simulator, options: StageOptions) {
    this.simulator = simulator;
    simulator.world.onChange(() => {
      this.#sample();
      this.#tell();
    });
    this.#sample();

    const loaded = parseConfig(configText(options, simulator), "test.yaml", {}, () => "");
    if (!("ok" in loaded)) throw new Error(`The config is not valid: ${JSON.stringify(loaded.problems)}`);
    const clock = options.clock ?? systemClock;
    const emit = (event: DaemonEvent): void => {
      this.events.push(event);
      this.#tell();
    };
    const random = (): number => 0;
    this.#bound = bindGroups(loaded.ok, { clock, random, onRequest: () => undefined });
    const resolve = createResolver();
    this.#daemon = new Daemon(this.#bound.groups, {
      recover: () => null,
      selfCheck: { canaries: [], need: 1 },
      overall: loaded.ok.overall,
      orderStore: noOrderStore,
      clock,
      random,
      engine: new ProbeScheduler({
        clock,
        proberOf: promisedProber((target, signal) =>
          probe(target, { now: () => performance.now(), resolve, signal }),
        ),
      }),
      emit,
    });
    // A daemon that dies of a bug ends all waiting at once.
    this.#running = this.#daemon.run().catch((error: unknown) => this.#crashed.abort(error));
  }

  /** @returns once every group is steady, with the holders that it began with. */
  static async start(options: StageOptions): Promise<Stage> {
    const stage = new Stage(await startSimulator(parseWorld(worldText(options))), options);
    const steady = options.groups.map((group) =>
      stage.until(
        `${group} is steady`,
        (event) => event.type === "decision" && event.group === group && event.plan.rule === "steady",
      ),
    );
    try {
      await Promise.all(steady);
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
    return stage;
  }

  /** The names in the record, one list after the other. */
  heldBy(group: GroupName): readonly (readonly string[])[] {
    return this.record[group].map(({ names }) => names);
  }

  /** The fewest holders that there ever were. */
  fewest(group: GroupName): number {
    return Math.min(...this.record[group].map(({ names }) => names.length));
  }

  /** How often the operation has arrived. */
  asked(operation: OperationName): number {
    return this.simulator.world.requests.entries.filter((entry) => entry.operation === operation).length;
  }

  breaks(...faults: readonly Fault[]): void {
    this.simulator.world.faults.replace(faults);
  }

  async kill(name: string): Promise<void> {
    await this.simulator.backends.get(name)?.kill();
  }

  async revive(name: string): Promise<void> {
    await this.simulator.backends.get(name)?.revive();
  }

  /** @returns who answers at the address now, as a client of it sees it. */
  async servedBy(group: GroupName): Promise<string> {
    const at = this.simulator.forwards.get(group === "web" ? "198.51.100.7" : uid);
    const response = await fetch(`http://${at?.host}:${at?.port}/`, { headers: { connection: "close" } });
    return ((await response.json()) as { served_by: string }).served_by;
  }

  /** @returns the first event, of those to come, that is wanted. */
  until(what: string, wanted: (event: DaemonEvent) => boolean): Promise<DaemonEvent> {
    let seen = this.events.length;
    return this.#wait(what, () => {
      while (seen < this.events.length) {
        const event = this.events[seen++];
        if (event !== undefined && wanted(event)) return event;
      }
      return null;
    });
  }

  /** @returns once a move of this group has come to its end. */
  async untilMoved(group: GroupName): Promise<Extract<DaemonEvent, { type: "move-ended" }>> {
    const event = await this.until(
      `${group} has moved`,
      (event) => event.type === "move-ended" && event.group === group,
    );
    if (event.type !== "move-ended") throw new Error("This cannot be");
    return event;
  }

  /** @returns once the cloud's record says so. */
  async untilHeldBy(group: GroupName, ...names: readonly string[]): Promise<Held> {
    return this.#wait(`${group} is held by ${names.join()}`, () => {
      const last = this.record[group].at(-1);
      return last?.names.join() === names.join() ? last : null;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon.stop();
    await this.#running;
    await this.#bound.close();
    await this.simulator.close();
    const { aborted, reason } = this.#crashed.signal;
    if (aborted && !this.#failed) throw new Error("The daemon has died of a bug", { cause: reason });
  }

  /** Asks after every event and every change of the world. */
  #wait<T>(what: string, ask: () => T | null): Promise<T> {
    const answered = new Promise<T>((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(look);
        this.#patience.removeEventListener("abort", fail);
      };
      const look = (): void => {
        const answer = ask();
        if (answer === null) return;
        end();
        resolve(answer);
      };
      const fail = (): void => {
        end();
        this.#failed = true;
        const trail = this.events
          .filter(({ type }) => type !== "probe")
          .map((event) => JSON.stringify(event));
        const why = `${String(this.#patience.reason)}\n${JSON.stringify(this.record)}`;
        reject(new Error(`Waited in vain: ${what}: ${why}\n${trail.slice(-40).join("\n")}`));
      };
      this.#waiting.add(look);
      this.#patience.addEventListener("abort", fail);
      look();
    });
    // It may fail before the test comes to await it.
    answered.catch(() => undefined);
    return answered;
  }

  #tell(): void {
    for (const look of this.#waiting) look();
  }

  #sample(): void {
    const { exoscale, cloud66 } = this.simulator.world;
    const eip = exoscale?.elasticIp("198.51.100.7");
    const web = eip === undefined ? [] : (exoscale?.holders(eip) ?? []);
    const current = cloud66?.group(uid)?.current;
    this.#note("web", web.map((id) => exoscale?.instance(id)?.name ?? id).sort());
    this.#note("shop", current === undefined ? [] : [current === "primary" ? "eu" : "us"]);
  }

  #note(group: GroupName, names: readonly string[]): void {
    if (this.record[group].at(-1)?.names.join() === names.join()) return;
    this.record[group].push({ names, at: performance.now() });
  }
}
