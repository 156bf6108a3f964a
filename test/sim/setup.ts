/** The configuration of one seed: written as the YAML that a user would write, and read by the real loader. */
import type { Config, GroupConfig } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Capabilities } from "../../src/core/address.ts";
import type { Healthcheck, Target } from "../../src/core/target.ts";
import { isProbed, type ProbedMember } from "../../src/config/stored-healthcheck.ts";
import { drawCalendar, type CalendarDraft } from "./calendar.ts";
import type { Random } from "./random.ts";

/** A group as it is in truth: of every member is known how it is to be probed. */
export interface SimConfig extends GroupConfig {
  readonly members: readonly ProbedMember[];
}

export interface GroupSetup {
  readonly config: SimConfig;
  /** The healthchecks that are stored with the address one after another. None: the config has its own. */
  readonly stored: readonly Healthcheck[];
  readonly capabilities: Capabilities;
  /** The members that hold the address in the beginning. */
  readonly holders: readonly string[];
}

export interface Setup {
  readonly groups: readonly GroupSetup[];
  readonly selfCheck: Config["selfCheck"];
  readonly overall: Config["overall"];
}

/** Two streams of their own, so that seeds without them keep their history. */
interface Extras {
  /** Draws maintenance windows and drills. */
  readonly calendar: Random;
  /** Draws which groups follow a healthcheck that is stored with the address, and what it becomes. */
  readonly stored: Random;
}

export function drawSetup(random: Random, { calendar, stored }: Extras): Setup {
  const count = random.pick([1, 1, 2, 3]);
  const drafts = Array.from({ length: count }, (_, i) => drawGroup(random, i + 1));
  const canaries = random.chance(0.5)
    ? ""
    : "self-check: { canaries: ['tcp://10.1.0.1:53', 'tcp://10.1.0.2:53'] }\n";
  const overall = random.chance(0.3)
    ? `overall: { limit: ${random.int(2, 6)}/1h, share: ${random.pick([34, 50, 100])}%/10m }\n`
    : "";
  const loaded = parseConfig(
    drafts.map(({ yaml }) => yaml).join("") + head + canaries + overall + drawCalendar(calendar, drafts),
    "sim.yaml",
    {},
    () => "",
  );
  if (!("ok" in loaded)) throw new Error(loaded.problems.map(({ text }) => text).join("; "));
  const groups = loaded.ok.groups.map((config, i) => {
    const flip = drafts[i]!.flip;
    const names = config.members.map(({ name }) => name);
    const holders =
      config.policy.holders === "one" ? [names[0]!] : names.slice(0, random.int(1, names.length));
    const known = probed(config);
    const checks = !flip && stored.chance(0.25) ? drawStored(stored, known.members[0]!.target) : [];
    return { config: known, stored: checks, capabilities: flip ? flips : routes, holders };
  });
  return { groups, selfCheck: loaded.ok.selfCheck, overall: loaded.ok.overall };
}

/** @returns the same, with each member watched whose healthcheck is the config's own. */
export function withWatches(setup: Setup): Setup {
  const groups = setup.groups.map((group) => {
    const members = group.config.members.map((member) => ({
      ...member,
      target: { ...member.target, watch: true },
    }));
    return { ...group, config: { ...group.config, members } };
  });
  return { ...setup, groups };
}

/** @throws when the config does not say itself how members are probed. */
export function probed(config: GroupConfig): SimConfig {
  const { members } = config;
  if (members.every(isProbed)) return { ...config, members };
  throw new Error("The healthcheck of a simulated group is stored by its cloud");
}

/** The first one is the config's own. */
function drawStored(random: Random, target: Target): readonly Healthcheck[] {
  const { host: _host, ...first } = target;
  const others = Array.from({ length: random.int(1, 3) }, () => ({
    ...first,
    intervalMs: random.pick([10_000, 15_000, 20_000]),
    fastIntervalMs: null,
    strikesOk: random.int(1, 3),
    strikesFail: random.int(2, 4),
    port: random.pick([80, 81]),
  }));
  return [first, ...others];
}

export const routes: Capabilities = {
  transfer: "attach-detach",
  severalHolders: true,
  actsOn: { kind: "routes" },
  readDeadlineMs: 15_000,
  stepDeadlineMs: 60_000,
};

export const flips: Capabilities = {
  ...routes,
  transfer: "flip",
  severalHolders: false,
  actsOn: { kind: "dns", ttlMs: 60_000 },
};

export const head = `
providers:
  exo: { type: exoscale, zone: ch-gva-2, api-key: EXOsim, api-secret: sim }
`;

/** @returns the name under which clients reach the address of a group. */
export function pathHost(group: string): string {
  return `${group}.example.com`;
}

/** Most groups act by themselves. */
const modes = [...Array.from({ length: 17 }, () => "auto"), "approve", "approve", "shadow"] as const;

interface Draft extends CalendarDraft {
  readonly yaml: string;
  readonly flip: boolean;
}

function drawGroup(random: Random, number: number): Draft {
  const flip = random.chance(0.25);
  const pool = !flip && random.chance(0.25);
  const members = random.int(2, 4);
  const interval = random.pick([10, 10, 15, 20, 30]);
  const pace = `interval: ${interval}s, timeout: ${random.pick([2, 3, 5])}s, strikes-ok: ${random.int(1, 3)}, strikes-fail: ${random.int(2, 4)}`;
  const fast = random.chance(0.3) ? ", fast-interval: 5s" : "";
  const verify = !pool && random.chance(0.35);
  const otherwise = random.pick(["hold", "next-member"]);
  const brownOut = random.chance(0.3)
    ? `, m-of-n: { fails: ${random.int(4, 8)}, of: 20, action: ${random.pick(["warn", "move"])} }`
    : "";
  const failback = !pool && random.chance(0.4) ? `{ after: ${random.pick([5, 10, 30])}m }` : "never";
  const mode = random.pick(modes);
  const name = `g${number}`;
  const lines = [
    `  ${name}:`,
    `    provider: exo`,
    `    elastic-ip: 198.51.100.${number}`,
    `    mode: ${mode}`,
    `    order: ${!flip && !pool && random.chance(0.35) ? "detach-first" : "attach-first"}`,
    `    holders: ${pool ? "all-healthy" : "one"}`,
    `    failback: ${failback}`,
    `    hold-down: ${random.pick([1, 5, 5, 15])}m`,
    `    limit: ${random.int(2, 6)}/${random.pick(["1h", "2h", "30m"])}`,
    `    healthcheck: { mode: tcp, port: 80, ${pace}${fast}${brownOut} }`,
    `    warm-up: ${random.pick([0, 30, 120])}s`,
    ...(verify
      ? [`    verify: { host: ${pathHost(`g${number}`)}, within: 60s, otherwise: ${otherwise} }`]
      : []),
    `    members:`,
    ...Array.from({ length: members }, (_, i) => {
      const id = `00000000-0000-4000-8000-0000000${number}000${i}`;
      return `      - { name: ${"abcd"[i]}, instance: ${id}, host: 10.0.${number}.${i + 1} }`;
    }),
  ];
  return {
    yaml: `${number === 1 ? "groups:\n" : ""}${lines.join("\n")}\n`,
    flip,
    name,
    mayDrill: mode === "auto" && !pool,
  };
}
