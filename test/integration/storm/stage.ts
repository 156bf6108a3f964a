/**
 * A hundred groups of one account, watched by the real daemon through the real provider, against the real simulator over HTTP, on
 * leaping time. The probes say what the test says; what counts is what arrives at the cloud, by its own log.
 */
import { parseConfig } from "../../../src/config/load.ts";
import { bindGroups, type Bound } from "../../../src/daemon/bind.ts";
import { Daemon } from "../../../src/daemon/daemon.ts";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import { ProbeScheduler } from "../../../src/daemon/engine/scheduler.ts";
import { noOrderStore } from "../../../src/daemon/orders.ts";
import type { TrafficNews } from "../../../src/providers/traffic/news.ts";
import type { FaultEffect } from "../../../src/simulator/faults.ts";
import type { LoggedRequest } from "../../../src/simulator/request-log.ts";
import { startSimulator, type Simulator } from "../../../src/simulator/simulator.ts";
import { parseWorld } from "../../../src/simulator/world-file.ts";
import { promisedProber } from "../../unit/daemon/engine/promised-prober.ts";
import { failed, passed } from "../../unit/daemon/results.ts";
import { LeapingClock } from "./leaping-clock.ts";

export const groupsCount = 100;

export interface StormOptions {
  /** How many servers the addresses are spread over, on each of the two sides. */
  readonly servers: number;
  readonly cloud?: "exoscale" | "cloud66";
}

const sides = ["a", "b"] as const;
const uuid = (kind: string, n: number): string =>
  `${kind}0000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

function worldText({ servers }: StormOptions): string {
  const instances = sides.flatMap((side) =>
    range(servers).map((n) => `    - { id: ${uuid(side, n)}, name: ${side}${n}, backend: null }`),
  );
  const addresses = range(groupsCount).map(
    (n) => `    - { id: ${uuid("e", n)}, ip: 198.51.100.${n + 1}, holders: [a${n % servers}] }`,
  );
  const groups = range(groupsCount).map(
    (n) => `    - { uid: group${n}, address: g${n}.example.com, primary: eu, secondary: us }`,
  );
  return `
listen: 127.0.0.1:0
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: EXO0000storm, secret: secret-that-opens-nothing }]
  operation-time: 1ms
  instances:
${instances.join("\n")}
  elastic-ips:
${addresses.join("\n")}
cloud66:
  dialect: elastic-addresses-model
  flip-time: 1ms
  tokens: [{ token: token-that-opens-nothing, scope: admin }]
  stacks: [{ uid: s-eu, name: eu, backend: null }, { uid: s-us, name: us, backend: null }]
  failover-groups:
${groups.join("\n")}
`;
}

function configText({ servers, cloud = "exoscale" }: StormOptions, simulator: Simulator): string {
  const group = (n: number): string =>
    cloud === "exoscale"
      ? `
  g${n}:
    provider: exo
    elastic-ip: 198.51.100.${n + 1}
    members:
      - { name: a, instance: ${uuid("a", n % servers)}, host: 10.0.0.1, healthcheck: { port: ${n + 1} } }
      - { name: b, instance: ${uuid("b", n % servers)}, host: 10.0.0.2, healthcheck: { port: ${n + 1} } }`
      : `
  g${n}:
    provider: c66
    failover-group: group${n}
    members:
      - { name: a, stack: primary, host: 10.0.0.1, healthcheck: { port: ${n + 1} } }
      - { name: b, stack: secondary, host: 10.0.0.2, healthcheck: { port: ${n + 1} } }`;
  return `
providers:
  exo: { type: exoscale, zone: ch-gva-2, endpoint: "${simulator.exoscaleEndpoint}", api-key: EXO0000storm, api-secret: secret-that-opens-nothing }
  c66: { type: cloud66, endpoint: "${simulator.cloud66Endpoint}", token: token-that-opens-nothing }
defaults:
  healthcheck: { mode: tcp, interval: 20s, timeout: 2s, strikes-fail: 1, strikes-ok: 1 }
groups:${range(groupsCount).map(group).join("")}
`;
}

export class Storm implements AsyncDisposable {
  readonly clock: LeapingClock = new LeapingClock();
  readonly events: DaemonEvent[] = [];
  readonly #simulator: Simulator;
  readonly #bound: Bound;
  readonly #daemon: Daemon;
  readonly #running: Promise<void>;
  readonly #arrivals: { readonly request: LoggedRequest; readonly at: number }[] = [];
  #down = false;
  #seed = 1;

  private constructor(simulator: Simulator, options: StormOptions) {
    this.#simulator = simulator;
    const { clock } = this;
    const loaded = parseConfig(configText(options, simulator), "storm.yaml", {}, () => "");
    if (!("ok" in loaded)) throw new Error(`The config is not valid: ${JSON.stringify(loaded.problems)}`);
    const emit = (event: DaemonEvent): void => {
      if (event.type !== "probe" && event.type !== "situation") this.events.push(event);
    };
    this.#bound = bindGroups(loaded.ok, {
      clock,
      random: () => this.#random(),
      onRequest: (provider, record) => emit({ type: "request", provider, record }),
      onTraffic: (provider, news) => emit({ type: "traffic", provider, news }),
    });
    this.#daemon = new Daemon(this.#bound.groups, {
      clock,
      random: () => this.#random(),
      recover: () => null,
      selfCheck: { canaries: [], need: 1 },
      // The limits of all groups together are not what is looked at here.
      overall: {
        limit: { moves: 10_000, windowMs: 3_600_000 },
        share: { ofGroups: 1, windowMs: 300_000 },
      },
      orderStore: noOrderStore,
      engine: new ProbeScheduler({
        clock,
        proberOf: promisedProber(async ({ host }) =>
          this.#down && host === "10.0.0.1" ? failed() : passed(),
        ),
      }),
      emit,
    });
    this.#running = this.#daemon.run();
  }

  /** @returns once every group is steady, in the same state each time. */
  static async start(options: StormOptions): Promise<Storm> {
    const arrived: LoggedRequest[] = [];
    let seen = 0;
    let storm: Storm | null = null;
    const simulator = await startSimulator(parseWorld(worldText(options)), {
      log: () => {
        const { entries } = simulator.world.requests;
        const last = entries.at(-1);
        if (last === undefined || last.number === seen) return;
        seen = last.number;
        if (storm === null) arrived.push(last);
        else storm.#arrivals.push({ request: last, at: storm.clock.now() });
      },
    });
    storm = new Storm(simulator, options);
    await storm.clock.advance(45_000);
    return storm;
  }

  /** All servers on side a die. */
  kill(): void {
    this.#down = true;
  }

  /** Nothing moves before the pause ends. */
  pause(): void {
    this.#daemon.people.pause(null, { by: "ann", reason: "storm", forMs: 3_600_000 });
  }

  resume(): void {
    this.#daemon.people.resume(null, { by: "ann" });
  }

  /** From now on every request gets this; null: none does. */
  breaks(effect: FaultEffect | null): void {
    this.#simulator.world.faults.replace(
      effect === null ? [] : [{ operation: "*", times: "always", effect }],
    );
  }

  /** How many groups have moved to side b, by the cloud's own record. */
  get moved(): number {
    const { exoscale, cloud66 } = this.#simulator.world;
    if (this.#bound.groups[0]?.config.address.kind === "failover-group")
      return range(groupsCount).filter((n) => cloud66?.group(`group${n}`)?.current === "secondary").length;
    return range(groupsCount).filter((n) => {
      const eip = exoscale?.elasticIp(`198.51.100.${n + 1}`);
      const [holder, ...more] = eip === undefined ? [] : (exoscale?.holders(eip) ?? []);
      return more.length === 0 && holder?.startsWith("b") === true;
    }).length;
  }

  /** How often each operation has arrived since an instant. */
  count(since: number, until: number = Infinity): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { request, at } of this.#arrivals) {
      if (at < since || at >= until) continue;
      const name = request.operation ?? "unknown";
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  total(since: number, until: number = Infinity): number {
    return Object.values(this.count(since, until)).reduce((sum, n) => sum + n, 0);
  }

  /** The most requests that arrived within one second. */
  peak(since: number, until: number = Infinity): number {
    const seconds = new Map<number, number>();
    for (const { at } of this.#arrivals) {
      if (at < since || at >= until) continue;
      const second = Math.floor((at - since) / 1_000);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
    }
    return Math.max(0, ...seconds.values());
  }

  /** What the account's traffic has told of that kind. */
  newsOf(kind: TrafficNews["kind"]): readonly TrafficNews[] {
    return this.events.flatMap((event) =>
      event.type === "traffic" && event.news.kind === kind ? event.news : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon.stop();
    let ended = false;
    const running = this.#running.finally(() => (ended = true));
    await this.clock.until(() => ended, 60_000);
    await running;
    await this.#bound.close();
    await this.#simulator.close();
    this.clock[Symbol.dispose]();
  }

  /** The same row of numbers in each run. */
  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }
}
