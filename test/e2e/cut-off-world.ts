/**
 * Two network namespaces with a wire between them: the clouds, the servers and two canaries in one, the daemon in the other.
 * What the daemon may reach is cut on its side of the wire. The clouds serve on loopback only, as ever: each side translates.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, output } from "./packaging-parts.ts";
import { Failoverd } from "./process.ts";

/** The API, as the daemon and the world's own control see it. */
const api = { host: "127.0.0.1", port: 9790 } as const;
/** The same, and everything else, at the far end of the wire. */
const places = {
  "web-a": { host: "10.231.0.11", port: 8001 },
  "web-b": { host: "10.231.0.12", port: 8002 },
  "canary-1": { host: "10.231.0.21", port: 8003 },
  "canary-2": { host: "10.231.0.22", port: 8004 },
  cloud: { host: "10.231.0.2", port: api.port },
} as const;

const idOf = (n: number): string => `6b1c0000-0000-4000-8000-00000000000${n}`;
const instances = (["web-a", "web-b", "canary-1", "canary-2"] as const).map((name, n) => {
  const { host, port } = places[name];
  return { name, id: idOf(n), host, port };
});

const worldText = `
listen: ${api.host}:${api.port}
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: EXO0000test, secret: secret-that-opens-nothing }]
  operation-time: 50ms
  instances:
${instances.map(({ name, id, port }) => `    - { id: ${id}, name: ${name}, backend: "127.0.0.1:${port}", serve: http }`).join("\n")}
  elastic-ips: [{ id: ${idOf(7)}, ip: 198.51.100.7, holders: [web-a] }]
`;

const members = instances.filter(({ name }) => name.startsWith("web"));

/** A dead canary is found after four seconds at most, so no member must be found dead sooner by the same cut. */
export const strikesFail = 10;

const configText = (stateDir: string): string => `
listen: 127.0.0.1:0
state-dir: ${stateDir}
self-check: { canaries: ["tcp://${places["canary-1"].host}:${places["canary-1"].port}", "tcp://${places["canary-2"].host}:${places["canary-2"].port}"], need: 1 }
providers:
  exo: { type: exoscale, zone: ch-gva-2, endpoint: "http://${api.host}:${api.port}/v2", api-key: EXO0000test, api-secret: secret-that-opens-nothing }
groups:
  web:
    provider: exo
    elastic-ip: 198.51.100.7
    healthcheck: { mode: http, port: 80, uri: /healthz, interval: 1s, fast-interval: 500ms, timeout: 450ms, strikes-fail: ${strikesFail}, strikes-ok: 2 }
    members:
${members.map(({ name, id, host, port }) => `      - { name: ${name}, instance: ${id}, host: ${host}, healthcheck: { port: ${port} } }`).join("\n")}
`;

/** On the world's side: whatever comes over the wire is for loopback. */
const worldRules = `table ip world {
  chain in {
    type nat hook prerouting priority -100
    iifname "wire" ip protocol tcp dnat to 127.0.0.1
  }
}
`;
/** On the daemon's side: the API on loopback is at the far end of the wire; and room for what is cut. */
const daemonRules = `table ip near {
  chain out {
    type nat hook output priority -100
    ip daddr ${api.host} tcp dport ${api.port} dnat to ${places.cloud.host}
  }
  chain post {
    type nat hook postrouting priority 100
    oifname "wire" masquerade
  }
  chain cut {
    type filter hook output priority 0
  }
}
`;

let worlds = 0;

export class CutOffWorld implements AsyncDisposable {
  readonly daemon: Failoverd;
  readonly #world: Failoverd;
  readonly #owned: AsyncDisposableStack;
  readonly #near: string;
  readonly #far: string;

  private constructor(folder: string, names: { near: string; far: string }, owned: AsyncDisposableStack) {
    this.#near = names.near;
    this.#far = names.far;
    this.#owned = owned;
    const file = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    const within = (namespace: string): { readonly through: string[] } => ({
      through: ["ip", "netns", "exec", namespace],
    });
    this.#world = owned.use(
      new Failoverd(["simulator", "--world", file("world.yaml", worldText)], within(names.far)),
    );
    const config = file("failoverd.yaml", configText(join(folder, "state")));
    this.daemon = owned.use(
      new Failoverd(["run", "--config", config, "--log-level", "debug"], within(names.near)),
    );
  }

  /** @returns when the group is steady. */
  static async start(): Promise<CutOffWorld> {
    await using owned = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "failoverd-cut-"));
    owned.defer(() => rmSync(folder, { recursive: true }));
    worlds += 1;
    const prefix = `failoverd-${process.pid}-${worlds}`;
    const names = { near: `${prefix}-near`, far: `${prefix}-far` };
    for (const name of Object.values(names)) {
      await must("ip", ["netns", "add", name]);
      owned.defer(async () => {
        await output("ip", ["netns", "del", name]);
      });
    }
    await connect(names);
    const world = new CutOffWorld(folder, names, owned.move());
    try {
      await world.daemon.prints(/"rule":"steady"/);
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
    return world;
  }

  /** Cuts with a rule of nft, e.g. `ip daddr 10.231.0.11 drop`. */
  async cut(rule: string): Promise<void> {
    await must("ip", [
      "netns",
      "exec",
      this.#near,
      "nft",
      "add",
      "rule",
      "ip",
      "near",
      "cut",
      ...rule.split(" "),
    ]);
  }

  /** Nothing is cut any more. */
  async mend(): Promise<void> {
    await must("ip", ["netns", "exec", this.#near, "nft", "flush", "chain", "ip", "near", "cut"]);
  }

  async kill(name: "web-a" | "web-b"): Promise<void> {
    await this.#control("-X", "POST", `/world/backends/${name}/kill`);
  }

  /** @returns the changes of the holders in the cloud's own record, as it has told them so far. */
  changes(): readonly string[] {
    return [...this.#world.reported.matchAll(/Elastic IP 198\.51\.100\.7: (.*)/g)].map((match) =>
      String(match[1]),
    );
  }

  /** @returns how many requests to change something have arrived. */
  async changesAsked(): Promise<number> {
    const requests = JSON.parse(await this.#control("/world/requests")) as { readonly method: string }[];
    return requests.filter(({ method }) => method !== "GET").length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  #control(...args: readonly string[]): Promise<string> {
    const path = args.at(-1) ?? "";
    const url = `http://${api.host}:${api.port}${path}`;
    return must("ip", ["netns", "exec", this.#far, "curl", "-sf", "-m", "5", ...args.slice(0, -1), url]);
  }
}

/** Lays the wire between the namespaces, and translates at both ends. */
async function connect({ near, far }: { readonly near: string; readonly far: string }): Promise<void> {
  await must("ip", [
    "link",
    "add",
    "wire",
    "netns",
    near,
    "type",
    "veth",
    "peer",
    "name",
    "wire",
    "netns",
    far,
  ]);
  const ends = [
    { name: near, addresses: ["10.231.0.1"], rules: daemonRules },
    { name: far, addresses: Object.values(places).map(({ host }) => host), rules: worldRules },
  ];
  for (const { name, addresses, rules } of ends) {
    const setUp = [
      "ip link set lo up",
      "ip link set wire up",
      ...addresses.map((address) => `ip address add ${address}/24 dev wire`),
      // So that what is translated to loopback, or comes from it, may cross the wire.
      "sysctl -qw net.ipv4.conf.wire.route_localnet=1",
      `printf '%s' '${rules}' | nft -f -`,
    ];
    await must("ip", ["netns", "exec", name, "sh", "-ec", setUp.join("\n")]);
  }
}
