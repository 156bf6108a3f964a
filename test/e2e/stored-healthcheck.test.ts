/** `healthcheck: from-elastic-ip`: the real commands and the real process, by what a simulated Exoscale has stored. */
import { once } from "node:events";
import { createServer } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { parseWorld } from "../../src/simulator/world-file.ts";
import { Failoverd, failoverd } from "./process.ts";

const processTimeoutMs = 60_000;
const ids = {
  eip: "e1a50000-0000-4000-8000-000000000007",
  a: "6b1c0000-0000-4000-8000-00000000000a",
  b: "9c020000-0000-4000-8000-00000000000b",
};

/** Exoscale knows one port for all, so both servers have the same one, each on an address of its own. */
class World implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly port: number;
  readonly folder: string = mkdtempSync(join(tmpdir(), "failoverd-stored-"));
  readonly config: string;

  private constructor(simulator: Simulator, port: number) {
    this.simulator = simulator;
    this.port = port;
    this.config = join(this.folder, "failoverd.yaml");
    writeFileSync(this.config, this.#text());
  }

  static async start(): Promise<World> {
    const port = await freePort();
    const simulator = await startSimulator(
      parseWorld(`
listen: 127.0.0.1:0
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: EXO0000test, secret: a-simulated-secret }]
  operation-time: 50ms
  instances:
    - { id: ${ids.a}, name: web-a, backend: "127.0.0.1:${port}", serve: http }
    - { id: ${ids.b}, name: web-b, backend: "127.0.0.2:${port}", serve: http }
  elastic-ips:
    - id: ${ids.eip}
      ip: 198.51.100.7
      holders: [web-a]
      healthcheck: { mode: http, port: ${port}, uri: /, interval: 5, timeout: 2, strikes-ok: 1, strikes-fail: 1 }
`),
    );
    return new World(simulator, port);
  }

  #text(): string {
    return `listen: 127.0.0.1:0
state-dir: ${join(this.folder, "state")}
providers:
  exo: { type: exoscale, zone: ch-gva-2, endpoint: "${this.simulator.exoscaleEndpoint}", api-key: EXO0000test, api-secret: a-simulated-secret }
groups:
  web:
    provider: exo
    elastic-ip: 198.51.100.7
    healthcheck: from-elastic-ip
    members:
      - { name: web-a, instance: ${ids.a}, host: 127.0.0.1 }
      - { name: web-b, instance: ${ids.b}, host: 127.0.0.2 }
`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close();
    rmSync(this.folder, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.2");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port");
  return address.port;
}

describe("healthcheck: from-elastic-ip", { timeout: processTimeoutMs }, () => {
  test("check, plan and update --from-config tell what is stored, and what it promises", async () => {
    await using world = await World.start();
    const { config, port } = world;
    const words = `http on port ${port}, /, every 5 s within 2 s, healthy after 1, unhealthy after 1`;
    const [offline, online, plan, blind, update] = await Promise.all([
      failoverd("check", "--config", config),
      failoverd("check", "--online", "--config", config),
      failoverd("plan", "--config", config),
      failoverd("plan", "--offline", "--json", "--config", config),
      failoverd("exoscale", "elastic-ip", "update", "198.51.100.7", "--from-config", "--config", config),
    ]);
    expect(offline).toMatchObject({ code: 0 });
    expect(offline.stdout).toContain(
      "web: the healthcheck is the one stored at 198.51.100.7, which check --online and plan show\n",
    );
    expect(online).toMatchObject({ code: 0 });
    expect(online.stdout).toContain(
      `Members are probed by what is stored at 198.51.100.7: ${words}; found dead after 0s to 7.03s`,
    );
    expect(online.stdout).toContain("web-b passes its probe from here");
    expect(online.stdout).toMatch(
      /ok +Elastic IP 198\.51\.100\.7 is managed: .* by which the members are probed\n/,
    );
    expect(plan.stdout).toContain(`healthcheck: stored at 198.51.100.7: ${words}\n`);
    expect(plan.stdout).toContain("found dead after 0s to 7.03s");
    expect(plan.stdout).toContain("if it dies: attach web-b");
    expect(JSON.parse(blind.stdout)).toMatchObject({
      groups: [
        {
          healthcheck: { source: "198.51.100.7", text: null, trouble: "the provider is not asked" },
          contract: [],
          outageAtMostMs: null,
        },
      ],
    });
    expect(update).toMatchObject({ code: 2 });
    expect(update.stderr).toContain(
      "--from-config has nothing to write: group web takes its healthcheck from the Elastic IP itself",
    );
  });

  test("the daemon probes by it, moves by it, and follows when it changes", async () => {
    await using world = await World.start();
    const { config, port, simulator } = world;
    await using daemon = new Failoverd(["run", "--no-watch", "--config", config]);
    await daemon.prints(
      /"msg":"the healthcheck stored at 198\.51\.100\.7 is http on port \d+, .*: members are probed by it"/,
    );
    await daemon.prints(/"rule":"steady"/);
    await simulator.backends.get("web-a")?.kill();
    await daemon.prints(/"msg":"move \(failover\) from web-a to web-b: completed"/);

    const changed = await failoverd(
      "exoscale",
      "elastic-ip",
      "update",
      "198.51.100.7",
      "--config",
      config,
      "--healthcheck-mode",
      "tcp",
      "--healthcheck-port",
      String(port),
    );
    expect(changed).toMatchObject({ code: 0 });
    // Asks the provider at once.
    daemon.kill("SIGHUP");
    await daemon.prints(
      /"msg":"the healthcheck stored at 198\.51\.100\.7 is now tcp on port \d+, .*; it was http on port \d+, .* start at unknown"/,
    );
    const status = await failoverd("status", "--socket", join(world.folder, "state", "control.sock"));
    expect(status.stdout).toMatch(/HEALTHCHECK OF +IS\nweb +198\.51\.100\.7 +tcp on port/);
    const url = await daemon.url();
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
      groups: { web: { healthcheck: { trouble: null } } },
    });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('failoverd_stored_healthcheck_changes_total{group="web"} 2\n');
    expect(metrics).toContain('failoverd_stored_healthcheck_followed{group="web"} 1\n');
  });
});
