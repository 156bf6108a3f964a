/** Both clouds as the contract sees them: the real provider, the real simulator, HTTP in between. */
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
import type { Kind, Named, Options, StepCase, Subject, Trouble, Troubles } from "./subject.ts";

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

interface CloudKind extends Omit<Kind, "start" | "troubles" | "steps"> {
  readonly dialect: Dialect;
  readonly steps: readonly (StepCase & { readonly operation: OperationName })[];
  bind(
    simulator: Simulator,
    services: FastServices,
    options: Options,
  ): { readonly provider: Provider; readonly close: () => Promise<void> };
  holders(world: World): readonly string[];
  setHolders(world: World, names: readonly string[]): void;
}

const common = {
  looksFirst: true,
  abortStops: false,
  stuckHangs: false,
  unfit: {
    title: "wrong credentials",
    said: /not accepted/,
    fix: /^Check (api-key|token)/,
    secret: /another-(secret|token)/,
  },
} as const;

const exoscale: CloudKind = {
  ...common,
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
  back: [
    { kind: "attach", member: "web-a" },
    { kind: "detach", member: "web-b" },
  ],
  unsupported: [{ kind: "flip", member: "web-b" }],
  reads: ["list-elastic-ips", "get-instance", "list-instances"],
  follow: "get-operation",
  failedStep: "rejected",
  endlesslyBusy: false,
  foreign: { holders: ["web-x"], members: ["web-a", "web-b"], named: instances["web-x"] },
  bind: ({ exoscaleEndpoint }, services, { members = ["web-a", "web-b"], isUnfit = false }) => {
    const account = {
      endpoint: exoscaleEndpoint,
      apiKey: { reveal: () => key },
      apiSecret: { reveal: () => (isUnfit ? "another-secret-altogether" : secret) },
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
  ...common,
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
  back: [
    { kind: "flip", member: "us" },
    { kind: "flip", member: "eu" },
  ],
  unsupported: [
    { kind: "attach", member: "us" },
    { kind: "detach", member: "eu" },
  ],
  reads: ["list-failover-groups"],
  follow: "list-failover-groups",
  failedStep: "uncertain",
  endlesslyBusy: dialect !== "elastic-addresses",
  foreign: { holders: ["us"], members: ["eu"], named: "secondary stack" },
  bind: ({ cloud66Endpoint }, services, { members = ["eu", "us"], isUnfit = false }) => {
    const account = {
      endpoint: cloud66Endpoint,
      token: { reveal: () => (isUnfit ? "another-token-altogether" : token) },
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

export const status = (
  code: number,
  body: StatusFault["body"] = "json",
  retryAfterS?: number,
): FaultEffect => ({ kind: "status", status: code, retryAfterS: retryAfterS ?? null, body });

type StatusFault = Extract<FaultEffect, { kind: "status" }>;

const lostReply: FaultEffect = { kind: "lose-reply" };
const failing: FaultEffect = {
  kind: "operation-state",
  state: "failure",
  reason: "unavailable",
  message: "no capacity",
};

const reading: readonly Named[] = [
  ["200 with a gateway's HTML", status(200, "html")],
  ["200 cut in the middle", status(200, "truncated")],
  ["200 without a body", status(200, "empty")],
  ["200 that says no", status(200, "not-ok")],
  ["200 with JSON of another shape", status(200, "json")],
  ["204", status(204, "empty")],
  ["302", status(302, "empty")],
  ["400", status(400)],
  ["401", status(401)],
  ["403", status(403)],
  ["404", status(404)],
  ["408", status(408)],
  ["429 with Retry-After", status(429, "json", 1)],
  ["500 cut in the middle", status(500, "truncated")],
  ["502 with HTML", status(502, "html")],
  ["503", status(503)],
  ["503 without a body", status(503, "empty")],
  ["a lost reply", lostReply],
  ["a connection that breaks", { kind: "drop" }],
];

const troubles: Troubles = {
  reading,
  // One 404 of one instance means that it was deleted, as long as another one is found.
  answers: (name, operation) => name === "404" && operation === "get-instance",
  refused: [400, 401, 402, 403, 404, 409, 412, 422, 429, 501].flatMap((code) =>
    (["json", "html"] as const).map(
      (body) => [`${code} (${body})`, status(code, body), String(code)] as const,
    ),
  ),
  undone: [
    ["503", status(503)],
    ["502 with HTML", status(502, "html")],
    ["500 cut in the middle", status(500, "truncated")],
    ["408", status(408)],
    ["302", status(302, "empty")],
    ["200 with HTML", status(200, "html")],
    ["200 without a body", status(200, "empty")],
    ["a connection that breaks", { kind: "drop" }],
  ],
  hang: { kind: "hang" },
  lostReply,
  following: [
    ["503", status(503)],
    ["502 with HTML", status(502, "html")],
    ["403", status(403)],
    ["404", status(404)],
    ["429 with Retry-After", status(429, "json", 1)],
    ["a lost reply", lostReply],
    ["what was before", { kind: "stale-read" }],
  ],
  failing,
  stuck: { kind: "stuck" },
};

export const clouds: readonly Kind[] = [
  exoscale,
  cloud66("elastic-addresses"),
  cloud66("elastic-addresses-model"),
  cloud66("failover-groups"),
].map((kind) => Object.assign(kind, { troubles, start: (options = {}) => Cloud.start(kind, options) }));

/** One simulated cloud, and the provider that is bound to its address. */
class Cloud implements Subject {
  readonly provider: Provider;
  readonly services: FastServices = new FastServices();
  readonly #simulator: Simulator;
  readonly #kind: CloudKind;
  readonly #close: () => Promise<void>;
  readonly #listeners: Set<() => void>;
  #changes = 0;

  private constructor(kind: CloudKind, simulator: Simulator, options: Options, listeners: Set<() => void>) {
    this.#simulator = simulator;
    this.#kind = kind;
    this.#listeners = listeners;
    kind.setHolders(simulator.world, options.holders ?? kind.steps[0]?.before ?? []);
    const bound = kind.bind(simulator, this.services, options);
    this.provider = bound.provider;
    this.#close = bound.close;
    simulator.world.onChange(() => this.#changes++);
  }

  static async start(kind: CloudKind, options: Options): Promise<Cloud> {
    const listeners = new Set<() => void>();
    const log = (): void => {
      for (const listener of listeners) listener();
    };
    const simulator = await startSimulator(parseWorld(worldText(kind.dialect)), { log });
    return new Cloud(kind, simulator, options, listeners);
  }

  get holders(): readonly string[] {
    return this.#kind.holders(this.#simulator.world);
  }

  setHolders(names: readonly string[]): void {
    this.#kind.setHolders(this.#simulator.world, names);
  }

  get asked(): number {
    return this.#requests.length;
  }

  get changesAsked(): number {
    return this.#requests.filter(({ method }) => method !== "GET").length;
  }

  get changes(): number {
    return this.#changes;
  }

  breaks(operation: string, trouble: Trouble, times: number | "always" = "always"): void {
    const effect = trouble as FaultEffect;
    this.#simulator.world.faults.replace([{ operation: operation as OperationName, effect, times }]);
  }

  mends(): void {
    this.#simulator.world.faults.replace([]);
  }

  onRequest(listener: () => void): void {
    this.#listeners.add(listener);
  }

  once(operation: string, action: () => void): void {
    const listener = (): void => {
      if (this.#requests.at(-1)?.operation !== operation) return;
      this.#listeners.delete(listener);
      action();
    };
    this.onRequest(listener);
  }

  onHang(listener: () => void): void {
    this.onRequest(() => {
      if (this.#requests.at(-1)?.status === "hung") listener();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.#simulator.close();
  }

  get #requests(): World["requests"]["entries"] {
    return this.#simulator.world.requests.entries;
  }
}

function nameOf(id: string): string {
  return Object.entries(instances).find(([, instance]) => instance === id)?.[0] ?? id;
}
