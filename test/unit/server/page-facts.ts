/** A config, what a daemon says of it, and the page of metrics that comes of both. */
import { text as wholeText } from "node:stream/consumers";
import type { Config } from "../../../src/config/config.ts";
import type { DaemonSnapshot, GroupSnapshot } from "../../../src/daemon/snapshot.ts";
import { Metrics } from "../../../src/server/metrics.ts";
import { defaultOverall, defaultPolicy } from "../core/facts-text.ts";
import { tcpTarget } from "../daemon/results.ts";

export const config: Config = {
  listen: { host: "127.0.0.1", port: 0 },
  stateDir: "/nonexistent",
  controlSocket: "/nonexistent/control.sock",
  api: { tokens: [], tls: null },
  selfCheck: { canaries: [], need: 1 },
  overall: defaultOverall,
  providers: [],
  groups: [
    {
      name: "web",
      provider: "exo",
      address: { kind: "elastic-ip", id: "198.51.100.7" },
      policy: defaultPolicy,
      members: ["web-a", "web-b"].map((name) => ({
        name,
        identity: name,
        holder: { kind: "instance", id: name },
        target: tcpTarget(),
      })),
      path: null,
      calendar: {
        maintenance: [],
        drill: { cron: "@daily", timezone: "UTC", forMs: 60_000, holdMs: 60_000 },
      },
    },
  ],
};

const asProbed = { forced: null, drained: null, brownOut: null } as const;

export const group: GroupSnapshot = {
  name: "web",
  state: "steady",
  rule: "steady",
  why: "web-a holds the address and is healthy",
  holders: ["web-a"],
  foreign: [],
  stateAgeMs: 0,
  truthAgeMs: 1_000,
  paused: null,
  question: null,
  healthcheck: null,
  preflight: { readiness: "ready", why: null, ageMs: 1_000, findings: [] },
  agenda: {
    maintenance: null,
    nextMaintenanceInMs: null,
    drill: null,
    nextDrillInMs: 60_000,
    lastDrillWallMs: 1_800_000_000_000,
  },
  members: [
    {
      name: "web-a",
      health: "healthy",
      realHealth: "healthy",
      ...asProbed,
      healthAgeMs: 5_000,
      strikes: { count: 2, needed: 3 },
      limitation: "web-a is healthy but failed its last probe",
      lastCause: "refused",
      lastProbeAgeMs: 800,
    },
    {
      name: "web-b",
      health: "unknown",
      realHealth: "unknown",
      ...asProbed,
      healthAgeMs: 5_000,
      strikes: null,
      limitation: null,
      lastCause: null,
      lastProbeAgeMs: null,
    },
  ],
};

export const snapshotOf = (...groups: readonly GroupSnapshot[]): DaemonSnapshot => ({
  startedAt: 0,
  distrust: null,
  behind: null,
  targets: 3,
  watches: { watched: 2, open: 1, hints: { pass: 4, fail: 1, inconclusive: 0, limited: 7 } },
  paused: null,
  groups,
});

export async function lines(metrics: Metrics, snapshot: DaemonSnapshot): Promise<readonly string[]> {
  return (await page(metrics, snapshot)).split("\n");
}

export function page(metrics: Metrics, snapshot: DaemonSnapshot): Promise<string> {
  return wholeText(metrics.page(snapshot));
}

export function loaded(): Metrics {
  const metrics = new Metrics("1.2.3");
  metrics.configLoaded(config, 1_800_000_000_000);
  return metrics;
}

/** @returns the config, its group with so many members: their names end in `-0`, `-1`, and so on. */
export function configOf(membersCount: number): Config {
  const [web] = config.groups;
  if (web === undefined) throw new Error("The config has no group");
  const members = Array.from({ length: membersCount }, (_, n) => ({
    name: `web-${n}`,
    identity: `web-${n}`,
    holder: { kind: "instance", id: `web-${n}` } as const,
    target: tcpTarget(),
  }));
  return { ...config, groups: [{ ...web, members }] };
}
