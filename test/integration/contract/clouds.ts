/** Both clouds as the contract sees them: the same questions, the real provider, the real simulator, HTTP in between. */
import type { Reading, Step } from "../../../src/core/address.ts";
import { createCloud66Client } from "../../../src/providers/cloud66/client.ts";
import { createCloud66Provider } from "../../../src/providers/cloud66/provider.ts";
import { createExoscaleClient } from "../../../src/providers/exoscale/client.ts";
import { createExoscaleProvider } from "../../../src/providers/exoscale/provider.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import type { FaultEffect } from "../../../src/simulator/faults.ts";
import type { OperationName } from "../../../src/simulator/operations.ts";
import { startSimulator, type Simulator } from "../../../src/simulator/simulator.ts";
import type { Dialect } from "../../../src/simulator/spec.ts";
import { parseWorld } from "../../../src/simulator/world-file.ts";
import type { World } from "../../../src/simulator/world.ts";
import { FastServices } from "./fast-services.ts";

const key = "EXO0000contract";
const secret = "contract-secret-that-opens-nothing";
const token = "contract-token-that-opens-nothing";
const elasticIp = "198.51.100.7";
const uid = "abc123def456";
export const instances = {
  "web-a": "6b1c0000-0000-4000-8000-00000000000a",
  "web-b": "9c020000-0000-4000-8000-00000000000b",
  "web-x": "aa000000-0000-4000-8000-00000000000f",
} as const;

/** How long an operation or flip takes. Milliseconds; to a provider in haste it is two seconds. */
const takesMs = 5;

const worldText = (dialect: Dialect): string => `
listen: 127.0.0.1:0
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: ${key}, secret: ${secret} }]
  operation-time: ${takesMs}ms
  instances:
    - { id: ${instances["web-a"]}, name: web-a }
    - { id: ${instances["web-b"]}, name: web-b }
    - { id: ${instances["web-x"]}, name: web-x }
  elastic-ips: [{ id: e1a50000-0000-4000-8000-000000000007, ip: ${elasticIp} }]
cloud66:
  dialect: ${dialect}
  flip-time: ${takesMs}ms
  tokens: [{ token: ${token}, scope: admin }]
  stacks: [{ uid: s-eu, name: shop-eu }, { uid: s-us, name: shop-us }]
  failover-groups: [{ uid: ${uid}, address: shop.example.com, primary: s-eu, secondary: s-us }]
`;

/** A step, what it is called at the cloud, and the holders before and after it. */
export interface StepCase {
  readonly step: Step;
  readonly operation: OperationName;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface CloudKind {
  readonly name: string;
  readonly dialect: Dialect;
  readonly steps: readonly StepCase[];
  /** Steps of the other kind of cloud. */
  readonly unsupported: readonly Step[];
  /** The operations of a reading. */
  readonly reads: readonly OperationName[];
  /** The operation by which a step is followed to its end. */
  readonly follow: OperationName;
  /** `rejected` where the cloud says that an operation has failed; Cloud 66 shows only that nothing comes of it. */
  readonly failedOperation: "rejected" | "uncertain";
  /** The cloud itself says that it is at work, also when that has no end. */
  readonly endlesslyBusy: boolean;
  readonly foreign: {
    readonly holders: readonly string[];
    readonly members: readonly string[];
    readonly named: string;
  };
  bind(
    simulator: Simulator,
    services: FastServices,
    options: Options,
  ): { readonly provider: Provider; readonly close: () => Promise<void> };
  holders(world: World): readonly string[];
  setHolders(world: World, names: readonly string[]): void;
}

export interface Options {
  /** Default: those before the first step. */
  readonly holders?: readonly string[];
  /** Names of the members that the provider knows. Default: all but the foreign one. */
  readonly members?: readonly string[];
  readonly wrongCredentials?: boolean;
}

const exoscale: CloudKind = {
  name: "Exoscale",
  dialect: "elastic-addresses",
  steps: [
    {
      step: { kind: "attach", member: "web-b" },
      operation: "attach-instance-to-elastic-ip",
      before: ["web-a"],
      after: ["web-a", "web-b"],
    },
    {
      step: { kind: "detach", member: "web-a" },
      operation: "detach-instance-from-elastic-ip",
      before: ["web-a", "web-b"],
      after: ["web-b"],
    },
  ],
  unsupported: [{ kind: "flip", member: "web-b" }],
  reads: ["list-elastic-ips", "get-instance", "list-instances"],
  follow: "get-operation",
  failedOperation: "rejected",
  endlesslyBusy: false,
  foreign: { holders: ["web-x"], members: ["web-a", "web-b"], named: instances["web-x"] },
  bind: ({ exoscaleEndpoint }, services, { members = ["web-a", "web-b"], wrongCredentials = false }) => {
    const account = {
      endpoint: exoscaleEndpoint,
      apiKey: { reveal: () => key },
      apiSecret: { reveal: () => (wrongCredentials ? "another-secret-altogether" : secret) },
    };
    const client = createExoscaleClient(account, services);
    const bound = Object.entries(instances).flatMap(([name, instance]) =>
      members.includes(name) ? [{ name, instance }] : [],
    );
    const provider = createExoscaleProvider({ name: "web", client, elasticIp, members: bound }, services);
    return { provider, close: () => client.close() };
  },
  holders: ({ exoscale }) => {
    const eip = exoscale?.elasticIp(elasticIp);
    return eip === undefined ? [] : (exoscale?.holders(eip) ?? []).map(nameOf).sort();
  },
  setHolders: ({ exoscale }, names) => {
    const eip = exoscale?.elasticIp(elasticIp);
    if (eip !== undefined)
      exoscale?.setHolders(
        eip,
        names.map((name) => exoscale.instance(name)?.id ?? ""),
      );
  },
};

const stacks = { eu: "primary", us: "secondary" } as const;

const cloud66 = (dialect: Dialect): CloudKind => ({
  name: `Cloud 66 (${dialect})`,
  dialect,
  steps: [
    {
      step: { kind: "flip", member: "us" },
      operation: "update-failover-group",
      before: ["eu"],
      after: ["us"],
    },
    {
      step: { kind: "flip", member: "eu" },
      operation: "update-failover-group",
      before: ["us"],
      after: ["eu"],
    },
  ],
  unsupported: [
    { kind: "attach", member: "us" },
    { kind: "detach", member: "eu" },
  ],
  reads: ["list-failover-groups"],
  follow: "list-failover-groups",
  failedOperation: "uncertain",
  endlesslyBusy: dialect !== "elastic-addresses",
  foreign: { holders: ["us"], members: ["eu"], named: "secondary stack" },
  bind: ({ cloud66Endpoint }, services, { members = ["eu", "us"], wrongCredentials = false }) => {
    const account = {
      endpoint: cloud66Endpoint,
      token: { reveal: () => (wrongCredentials ? "another-token-altogether" : token) },
      account: null,
      path: "auto",
    } as const;
    const client = createCloud66Client(account, services);
    const bound = (["eu", "us"] as const).flatMap((name) =>
      members.includes(name) ? [{ name, stack: stacks[name] }] : [],
    );
    return {
      provider: createCloud66Provider({ name: "web", client, uid, members: bound }, services),
      close: () => client.close(),
    };
  },
  holders: ({ cloud66 }) => [cloud66?.group(uid)?.current === "secondary" ? "us" : "eu"],
  setHolders: ({ cloud66 }, [name]) => cloud66?.setCurrent(uid, name === "us" ? "secondary" : "primary"),
});

export const kinds: readonly CloudKind[] = [
  exoscale,
  cloud66("elastic-addresses"),
  cloud66("elastic-addresses-model"),
  cloud66("failover-groups"),
];

/** Every kind of cloud with each of its steps, for `test.each`. */
export const stepCases: readonly (StepCase & { readonly title: string; readonly kind: CloudKind })[] =
  kinds.flatMap((kind) =>
    kind.steps.map((each) => ({
      ...each,
      kind,
      title: `${kind.name}: ${each.step.kind} ${each.step.member}`,
    })),
  );

/** One simulated cloud, and the provider that is bound to its address. */
export class Cloud implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly provider: Provider;
  readonly services: FastServices;
  readonly #kind: CloudKind;
  readonly #close: () => Promise<void>;
  readonly #listeners: Set<() => void>;

  private constructor(kind: CloudKind, simulator: Simulator, options: Options, listeners: Set<() => void>) {
    this.services = new FastServices();
    this.simulator = simulator;
    this.#kind = kind;
    this.#listeners = listeners;
    kind.setHolders(simulator.world, options.holders ?? kind.steps[0]?.before ?? []);
    const bound = kind.bind(simulator, this.services, options);
    this.provider = bound.provider;
    this.#close = bound.close;
  }

  static async start(kind: CloudKind, options: Options = {}): Promise<Cloud> {
    const listeners = new Set<() => void>();
    const log = (): void => {
      for (const listener of listeners) listener();
    };
    return new Cloud(
      kind,
      await startSimulator(parseWorld(worldText(kind.dialect)), { log }),
      options,
      listeners,
    );
  }

  /** Who holds the address in the cloud's own record. */
  get holders(): readonly string[] {
    return this.#kind.holders(this.simulator.world);
  }

  /** How many requests that change something have arrived. */
  get changesAsked(): number {
    return this.simulator.world.requests.entries.filter(({ method }) => method !== "GET").length;
  }

  /** From now on this operation, or `*`, goes wrong like that. */
  breaks(operation: OperationName | "*", effect: FaultEffect, times: number | "always" = "always"): void {
    this.simulator.world.faults.replace([{ operation, effect, times }]);
  }

  /** Calls `listener` after every change and every request, before its answer leaves. */
  onLog(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Calls `action` once, when the operation has been asked for, and before its answer leaves. */
  once(operation: OperationName, action: () => void): void {
    const { requests } = this.simulator.world;
    const listener = (): void => {
      if (requests.entries.at(-1)?.operation !== operation) return;
      this.#listeners.delete(listener);
      action();
    };
    this.onLog(listener);
  }

  /** Reads until the provider is neither busy nor blind. @returns all readings, the last one by an idle provider. */
  async settled(): Promise<readonly Reading[]> {
    const readings: Reading[] = [];
    for (let tried = 1; tried <= 100; tried++) {
      const reading = await this.provider.read(never);
      readings.push(reading);
      if (reading.kind === "known" && reading.busy === null) return readings;
      await this.services.sleep(2_000, never);
      // Whatever the cloud had under way is over by now; the provider still waits for what never arrived.
      if (tried > 5) this.services.leapTo(this.services.now() + 18_000);
    }
    throw new Error(`The provider does not settle: ${JSON.stringify(readings.at(-1))}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.simulator.close();
  }
}

export const never: AbortSignal = new AbortController().signal;

/** A reading of these holders, by an idle provider. */
export function heldBy(names: readonly string[]): Reading {
  return { kind: "known", holders: [...names].sort(), foreign: [], busy: null };
}

type StatusFault = Extract<FaultEffect, { kind: "status" }>;

export function status(code: number, body: StatusFault["body"] = "json", retryAfterS?: number): FaultEffect {
  return { kind: "status", status: code, retryAfterS: retryAfterS ?? null, body };
}

function nameOf(id: string): string {
  return Object.entries(instances).find(([, instance]) => instance === id)?.[0] ?? id;
}
