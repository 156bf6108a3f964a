/**
 * Pairs of servers, each behind an Elastic IP that the first of them holds, watched by failoverd and by HAProxy side by side. They
 * are what dies in the benchmark of detection.
 */
import { join } from "node:path";
import type { DetectionRow } from "../report/result.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { secret } from "./world.ts";

export interface PaceUnderTest {
  readonly name: string;
  /** As in the config of failoverd. */
  readonly healthcheck: string;
  /** As on a server line of HAProxy. */
  readonly haproxy: string;
  readonly timeoutMs: number;
}

/** One address with its two servers. */
export interface Pair {
  /** Of the group; the servers are NAME-a, the holder, and NAME-b. */
  readonly name: string;
  readonly pace: PaceUnderTest;
  readonly fault: DetectionRow["fault"];
  readonly ip: string;
  /** What tells in a request that it is about this pair. */
  readonly ids: readonly string[];
}

export function pairOf(n: number, pace: PaceUnderTest, fault: Pair["fault"]): Pair {
  const id = (kind: string): string => `${kind}0000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const ip = `198.51.100.${n + 1}`;
  return { name: `p${n}`, pace, fault, ip, ids: [id("e1a5"), id("6b1c"), id("9c02"), ip] };
}

/** @returns the key `exoscale` of a world. */
export function elasticWorld(pairs: readonly Pair[]): string {
  const instance = (id: string, name: string): string =>
    `    - { id: ${id}, name: ${name}, backend: "127.0.0.1:0", serve: http }`;
  return `exoscale:
  zone: ch-gva-2
  api-keys: [{ key: EXO0000bench, secret: ${secret} }]
  instances:
${pairs.map(({ name, ids: [, a = "", b = ""] }) => `${instance(a, `${name}-a`)}\n${instance(b, `${name}-b`)}`).join("\n")}
  elastic-ips:
${pairs.map(({ name, ip, ids: [id = ""] }) => `    - { id: ${id}, ip: ${ip}, holders: [${name}-a], forward: "127.0.0.1:0" }`).join("\n")}
`;
}

/** @returns groups for the config of failoverd. */
export function pairGroups(pairs: readonly Pair[], simulator: Simulator): string {
  return pairs
    .map(({ name, pace, ip, ids: [, a, b] }) => {
      const member = (side: string, instance = ""): string =>
        `      - { name: ${name}-${side}, instance: ${instance}, host: 127.0.0.1, healthcheck: { port: ${portOf(`${name}-${side}`, simulator)} } }`;
      return `  ${name}:
    provider: exo
    elastic-ip: ${ip}
    healthcheck: { mode: http, uri: /healthz, ${pace.healthcheck} }
    members:
${member("a", a)}
${member("b", b)}`;
    })
    .join("\n");
}

/** @returns a proxy before each pair, for HAProxy; a client reaches it by `proxySocket`. */
export function pairProxies(pairs: readonly Pair[], simulator: Simulator, folder: string): string {
  return pairs
    .map(({ name, pace }) => {
      const server = (side: string): string =>
        `  server ${name}-${side} 127.0.0.1:${portOf(`${name}-${side}`, simulator)} check ${pace.haproxy}`;
      return `listen ${name}
  bind ${proxySocket(folder, name)}
  timeout connect ${pace.timeoutMs}ms
  timeout check ${pace.timeoutMs}ms
  option httpchk
  http-check send meth GET uri /healthz
${server("a")}
${server("b")} backup`;
    })
    .join("\n");
}

export function proxySocket(folder: string, name: string): string {
  return join(folder, `proxy-${name}.sock`);
}

function portOf(backend: string, simulator: Simulator): number {
  const port = simulator.backends.get(backend)?.endpoint.port;
  if (port === undefined) throw new Error(`There is no backend ${backend}`);
  return port;
}
