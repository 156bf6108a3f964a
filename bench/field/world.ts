/**
 * The simulated cloud and the config of a daemon that watches so many targets: groups of two members each, in mode `shadow`.
 *
 * They are failover groups of Cloud 66, whose list tells of all groups, so that what is measured are probes. The list has 30
 * groups on a page, as at Cloud 66, as long as that many pages are allowed.
 */
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { parseWorld } from "../../src/simulator/world-file.ts";
import { addressOf } from "./doors.ts";

export const token = "operate-0123456789abcdef";
export const secret = "0000-bench-only-0000";

export interface Watched {
  readonly mode: "tcp" | "http" | "https";
  /** An even number; 0 is a single group that is hardly probed, since a config without groups is refused. */
  readonly targets: number;
  readonly port: number;
  /** Of the healthcheck, e.g. `interval: 1s, timeout: 500ms`. */
  readonly pace: string;
  /** The authority to trust, a file. Null: there is no TLS. */
  readonly caFile: string | null;
}

/**
 * @param elastic further text: the world's key `exoscale`.
 * @param onEvent called at each request and each change.
 */
export async function startCloud(
  targets: number,
  elastic = "",
  onEvent = (): void => undefined,
): Promise<Simulator> {
  const groups = Math.max(1, targets / 2);
  const all = Array.from({ length: groups }, (_, n) => n);
  const stacks = all.flatMap((n) => [2 * n, 2 * n + 1].map((s) => `    - { uid: s${s}, name: s${s} }`));
  const failovers = all.map(
    (n) => `    - { uid: g${n}, address: g${n}.example.com, primary: s${2 * n}, secondary: s${2 * n + 1} }`,
  );
  return startSimulator(
    parseWorld(`listen: 127.0.0.1:0
cloud66:
  page-size: ${Math.max(30, Math.ceil(groups / 20))}
  tokens: [{ token: ${secret}, scope: admin }]
  stacks:
${stacks.join("\n")}
  failover-groups:
${failovers.join("\n")}
${elastic}`),
    { log: onEvent },
  );
}

/** @param more further text at the end: more groups. */
export function configText(watched: Watched, simulator: Simulator, folder: string, more = ""): string {
  const { targets, mode, port, pace, caFile } = watched;
  const uri = mode === "tcp" ? "" : ", uri: /healthz";
  const tls = mode === "https" ? `, tls-sni: localhost, tls-ca: ${caFile}` : "";
  const member = (n: number, stack: string): string =>
    `      - { name: m${n}, stack: ${stack}, host: ${addressOf(n)} }`;
  const groups = Array.from(
    { length: Math.max(1, targets / 2) },
    (_, n) => `  g${n}:
    provider: c66
    failover-group: g${n}
    mode: shadow
    members:
${member(2 * n, "primary")}
${member(2 * n + 1, "secondary")}`,
  );
  return `listen: 127.0.0.1:0
state-dir: ${folder}/state
api: { tokens: [{ name: bench, scope: operate, token: ${token} }] }
overall: { limit: 999/1h, share: 100%/5m }
providers:
  c66: { type: cloud66, endpoint: "${simulator.cloud66Endpoint}", token: ${secret} }
  exo: { type: exoscale, zone: ch-gva-2, endpoint: "${simulator.exoscaleEndpoint}", api-key: EXO0000bench, api-secret: ${secret} }
defaults:
  healthcheck: { mode: ${mode}, port: ${port}, ${targets === 0 ? "interval: 300s, timeout: 2s" : pace}${uri}${tls} }
groups:
${groups.join("\n")}
${more}`;
}
