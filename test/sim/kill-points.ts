/**
 * A move from beginning to end, with the process killed at given touches of the world outside. A touch is a call
 * that is asked for, is on its way, is done or is answered, and the moment before and after each transaction of the journal.
 */
import { parseConfig } from "../../src/config/load.ts";
import type { Capabilities } from "../../src/core/address.ts";
import { SimClock } from "./clock.ts";
import { History } from "./history.ts";
import { Random } from "./random.ts";
import { head, probed, routes, type Setup } from "./setup.ts";
import { Stage } from "./stage.ts";
import { World, type SimGroup } from "./world.ts";

const second = 1_000;
const minute = 60 * second;

export interface Scenario {
  readonly name: string;
  /** Of the group's policy, in YAML. */
  readonly policy?: string;
  /** Maintenance windows and drills, in YAML. The group is g1; its first day begins at 08:00 UTC. */
  readonly calendar?: string;
  readonly capabilities?: Capabilities;
  /** Members are probed by what is stored with the address. Default: the config says how. */
  readonly isStored?: boolean;
  readonly members: readonly string[];
  readonly holders: readonly string[];
  /** Dead from the beginning. */
  readonly dead?: readonly string[];
  /** What begins the move, after three quiet minutes. */
  readonly happen: (group: SimGroup) => void;
  /** Who must hold the address at last. */
  readonly wanted: readonly string[];
  /** Who may hold it as well when the journal is deleted. */
  readonly orWithoutJournal?: readonly string[];
  /** Within this time after it began, wherever the process was killed, with its journal kept. */
  readonly withinMs: number;
}

export interface Kill {
  /** At which touches, counted from 1. */
  readonly touches: readonly number[];
  readonly journal: "kept" | "deleted";
}

export interface Outcome {
  /** What was touched, in order, until nothing but readings followed. */
  readonly touches: readonly string[];
  readonly violations: readonly string[];
  readonly holders: readonly string[];
  /** How long after the beginning the holders changed for the last time. */
  readonly settledMs: number;
  readonly history: readonly string[];
}

export async function play(scenario: Scenario, kill: Kill | null): Promise<Outcome> {
  const random = new Random(scenario.name);
  const clock = new SimClock();
  const history = new History(clock);
  const stage = new Stage(clock, history, new Map());
  stage.calm = true;
  const world = new World(setupOf(scenario), stage, random);
  const group = world.groups[0]!;
  const pass = (ms: number): Promise<void> => clock.runUntil(clock.now + ms, () => world.look());
  for (const name of scenario.dead ?? []) memberOf(group, name).become("dead");
  await pass(3 * minute);

  const touches: string[] = [];
  stage.onTouch = (process, what): void => {
    touches.push(what);
    if (kill?.touches.includes(touches.length) !== true) return;
    history.add(`killed: ${what}`);
    process.kill();
    if (kill.journal === "kept") return;
    world.disk.remove();
    world.checks.pastIsLost();
  };
  const beganAt = clock.now;
  scenario.happen(group);
  await pass(scenario.withinMs + 6 * minute);
  const lastEvent = touches.findLastIndex((what) => !what.startsWith("a reading"));
  return {
    touches: touches.slice(0, lastEvent + 3),
    violations: world.checks.violations,
    holders: group.truth.now.holders.toSorted(),
    settledMs: group.truth.now.at - beganAt,
    history: history.newest,
  };
}

export function memberOf(group: SimGroup, name: string): SimGroup["members"][number] {
  const member = group.members.find((candidate) => candidate.name === name);
  if (member === undefined) throw new Error(`Cannot find member ${name}`);
  return member;
}

function setupOf(scenario: Scenario): Setup {
  const { policy = "", calendar = "", capabilities = routes, isStored = false, members, holders } = scenario;
  const yaml = [
    "groups:",
    "  g1:",
    "    provider: exo",
    "    elastic-ip: 198.51.100.1",
    ...policy.split(", ").map((line) => `    ${line}`),
    "    healthcheck: { mode: tcp, port: 80, interval: 10s, timeout: 2s, strikes-ok: 2, strikes-fail: 3 }",
    "    members:",
    ...members.map(
      (name, i) =>
        `      - { name: ${name}, instance: 00000000-0000-4000-8000-00000000000${i}, host: 10.0.1.${i + 1} }`,
    ),
  ].join("\n");
  const loaded = parseConfig(`${yaml}\n${head}${calendar}`, "sim.yaml", {}, () => "");
  if (!("ok" in loaded)) throw new Error(loaded.problems.map(({ text }) => text).join("; "));
  const { groups, selfCheck, overall } = loaded.ok;
  return {
    groups: groups.map((written) => {
      const config = probed(written);
      const { host: _, ...check } = config.members[0]!.target;
      return { config, stored: isStored ? [check] : [], capabilities, holders };
    }),
    selfCheck,
    overall,
  };
}
