/** The stage of the demo: the simulated world and, on it, the same service that `failoverd run` starts. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pino from "pino";
import type { Config, GroupConfig, MemberConfig } from "../../config/config.ts";
import { controlSocketName } from "../../config/socket-path.ts";
import { isProbed } from "../../config/stored-healthcheck.ts";
import { systemClock } from "../../daemon/clock.ts";
import { noOrderStore } from "../../daemon/orders.ts";
import { MemoryJournal } from "../../daemon/journal/memory-journal.ts";
import type { Listener } from "../../daemon/events.ts";
import { startSimulator, type Simulator } from "../../simulator/simulator.ts";
import { mapPorts, type WorldSpec } from "../../simulator/spec.ts";
import { loadWorld } from "../../simulator/world-file.ts";
import { loadConfig } from "../config-option.ts";
import { startService, type Service } from "../service.ts";

export interface Stage {
  readonly config: Config;
  readonly simulator: Simulator;
  readonly service: Service;
  close(): Promise<void>;
}

/**
 * @param freePorts take whatever ports are free instead of those in the two files.
 * @throws when something cannot listen; whatever had started is stopped again.
 */
export async function setStage(freePorts: boolean, listener: Listener): Promise<Stage> {
  const world = loadWorld(fileOf("demo-world.yaml"));
  const simulator = await startSimulator(freePorts ? mapPorts(world, () => 0) : world);
  // Made by whoever makes the socket; where nothing can be written, the demo does without.
  const folder = join(tmpdir(), `failoverd-demo-${randomUUID().slice(0, 8)}`);
  try {
    const written = loadConfig(fileOf("demo.yaml")).config;
    const listen = freePorts ? { ...written.listen, port: 0 } : written.listen;
    const controlSocket = join(folder, controlSocketName);
    const config = adapted({ ...written, listen, controlSocket }, world, simulator);
    const service = await startService(config, {
      log: pino({ level: "silent" }),
      orderStore: noOrderStore,
      reloadConfig: null,
      openJournal: () => new MemoryJournal(systemClock),
      listener,
    });
    const close = async (): Promise<void> => {
      service.stop();
      await service.done;
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    };
    return { config, simulator, service, close };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`../../../config/${name}`, import.meta.url));
}

/** What only the running simulator knows: its authority, and the ports where it really listens. */
function adapted(config: Config, world: WorldSpec, simulator: Simulator): Config {
  const served = [...(world.exoscale?.instances ?? []), ...(world.cloud66?.stacks ?? [])];
  const portOf = (port: number): number => {
    const name = served.find((each) => each.backend?.port === port)?.name ?? "";
    return simulator.backends.get(name)?.endpoint.port ?? port;
  };
  const adaptMember = (member: MemberConfig): MemberConfig => {
    if (!isProbed(member)) return member;
    const { target } = member;
    const tls = target.tls && { ...target.tls, caPem: simulator.caPem };
    return { ...member, target: { ...target, port: portOf(target.port), tls } };
  };
  return {
    ...config,
    providers: config.providers.map((provider) => {
      if (provider.type === "exoscale") return { ...provider, endpoint: simulator.exoscaleEndpoint };
      if (provider.type === "cloud66") return { ...provider, endpoint: simulator.cloud66Endpoint };
      return provider;
    }),
    groups: config.groups.map((group) => ({
      ...group,
      members: group.members.map(adaptMember),
      path: group.path && { ...group.path, port: entryOf(group, simulator).port },
    })),
  };
}

/** Where a client connects to reach whoever holds the group's address. */
export interface Entrance {
  /** The address or, for Cloud 66, the uid of the failover group. */
  readonly address: string;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** PEM of the authority behind HTTPS. Null: plain HTTP. */
  readonly caPem: string | null;
}

export function entranceOf(group: GroupConfig, stage: Stage): Entrance {
  const { id: address } = group.address;
  const endpoint = entryOf(group, stage.simulator);
  const caPem = group.members.find(isProbed)?.target.tls?.caPem ?? null;
  return { address, ...endpoint, caPem, scheme: caPem === null ? "http" : "https" };
}

/** Where the simulator listens in the place of the address. */
function entryOf(group: GroupConfig, simulator: Simulator): { readonly host: string; readonly port: number } {
  const { id: address } = group.address;
  const endpoint = simulator.forwards.get(address);
  if (endpoint === undefined) throw new Error(`Cannot find what stands for ${address}`);
  return endpoint;
}
