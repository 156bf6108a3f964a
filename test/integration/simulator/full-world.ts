/** A world in which everything has everything: each state of an instance, each field of each description. */
import { parseWorld } from "../../../src/simulator/world-file.ts";
import { startSimulator, type Simulator } from "../../../src/simulator/simulator.ts";
import type { Dialect } from "../../../src/simulator/spec.ts";
import { onTestFinished } from "vitest";
import { keyPair, token } from "./client.ts";

const states = [
  "running",
  "stopped",
  "starting",
  "stopping",
  "migrating",
  "error",
  "destroying",
  "destroyed",
  "expunging",
] as const;

const id = (kind: string, number: number): string => `${kind}0000000-0000-4000-8000-00000000000${number}`;

/** Ids of instances, one for each state; the first one runs and has every field. */
export const instanceIds: readonly string[] = states.map((_state, index) => id("1", index));
/** Attached to the first instance, managed, with a reverse DNS record. */
export const managed: string = id("e", 1);
/** A manual IPv6 Elastic IP, with every field that such a one can have. */
export const manual6: string = id("e", 2);
export const managerId: string = id("a", 1);

/** Every field that a description has and the simulator makes no use of. */
const fields = {
  labels: { role: "web", tier: "front" },
  manager: { id: managerId, type: "instance-pool" },
  "mac-address": "06:00:00:00:00:01",
  "security-groups": [
    { id: id("b", 1), name: "web", description: "HTTP in", "external-sources": ["203.0.113.0/24"] },
  ],
  "private-networks": [{ id: id("b", 2), "mac-address": "06:00:00:00:00:02" }],
  "ssh-key": { name: "admin", fingerprint: "00:11" },
  "ssh-keys": [{ name: "admin", fingerprint: "00:11" }],
  "anti-affinity-groups": [{ id: id("b", 3) }],
  "deploy-target": { id: id("b", 4) },
  snapshots: [{ id: id("b", 5) }],
  "application-consistent-snapshot-enabled": false,
  "secureboot-enabled": true,
  "tpm-enabled": true,
  "disk-encrypted": true,
  "disk-size": 50,
  "user-data": "I2Nsb3VkLWNvbmZpZwo=",
  "instance-type": {
    id: id("b", 6),
    family: "standard",
    size: "small",
    cpus: 2,
    gpus: 1,
    memory: 2_147_483_648,
    authorized: true,
    zones: ["ch-gva-2"],
  },
  template: {
    id: id("b", 7),
    name: "Linux Debian 13",
    description: "Debian",
    family: "debian",
    version: "13",
    build: "2026-10-01",
    maintainer: "Exoscale",
    checksum: "d41d8cd98f00b204e9800998ecf8427e",
    url: "https://templates.example.com/debian",
    size: 10_737_418_240,
    visibility: "public",
    "boot-mode": "uefi",
    "default-user": "debian",
    "ssh-key-enabled": true,
    "password-enabled": false,
    "application-consistent-snapshot-enabled": false,
    "created-at": "2026-10-01T00:00:00Z",
    zones: ["ch-gva-2"],
  },
};

const healthcheck = {
  mode: "https",
  port: 443,
  interval: 10,
  timeout: 2,
  "strikes-ok": 2,
  "strikes-fail": 3,
  uri: "/healthz",
  "tls-sni": "www.example.com",
  "tls-skip-verify": true,
};

/** Starts it on a free port; it is stopped when the test has finished. */
export async function startFull(dialect: Dialect = "elastic-addresses"): Promise<Simulator> {
  const instances = states.map((state, index) => ({ id: id("1", index), name: `web-${index}`, state }));
  const [first, second, ...others] = instances;
  const stacks = [0, 1, 2, 3, 4, 5, 6, 7].map((status) => ({
    uid: `s${status}`,
    name: `stack-${status}`,
    status,
    health: status % 5,
  }));
  const world = {
    listen: "127.0.0.1:0",
    exoscale: {
      zone: "ch-gva-2",
      "api-keys": [keyPair],
      "operation-time": "0ms",
      instances: [
        { ...first, "public-ip": "192.0.2.11", "ipv6-address": "2001:db8:1::11", fields },
        { ...second, "public-ip": "192.0.2.12" },
        ...others,
      ],
      "elastic-ips": [
        {
          id: managed,
          ip: "198.51.100.7",
          description: "web",
          healthcheck,
          labels: { env: "prod" },
          "reverse-dns": "web.example.com",
          holders: [instanceIds[0]],
        },
        { id: manual6, ip: "2001:db8:7::", labels: { env: "test" } },
      ],
    },
    cloud66: {
      dialect,
      "flip-time": "0ms",
      tokens: [{ token, scope: "admin" }],
      stacks,
      "failover-groups": [
        { uid: "g1", address: "shop.example.com", primary: "s1", secondary: "s2" },
        { uid: "g2", address: "blog.example.com", primary: "s3", secondary: "s4", current: "secondary" },
      ],
    },
  };
  const simulator = await startSimulator(parseWorld(JSON.stringify(world)));
  onTestFinished(() => simulator.close());
  return simulator;
}
