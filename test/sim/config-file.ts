/** What stands in the config file of the monitor's machine. Each process of the daemon has the file that it has read last. */
import { fromElasticIp, type Config, type GroupConfig, type MemberConfig } from "../../src/config/config.ts";
import type { Healthcheck } from "../../src/core/target.ts";
import type { GroupSetup, Setup, SimConfig } from "./setup.ts";

export interface Written {
  readonly groups: readonly WrittenGroup[];
  readonly selfCheck: Config["selfCheck"];
  readonly overall: Config["overall"];
}

export interface WrittenGroup {
  readonly config: SimConfig;
  /** It is probed by what is stored with its address, once that has been read. */
  readonly follows: boolean;
  /** Names of all members that it has at some time. */
  readonly all: readonly string[];
}

export function firstFile({ groups, selfCheck, overall }: Setup): Written {
  return {
    groups: groups.map(writtenFirst),
    selfCheck,
    overall,
  };
}

export function writtenFirst({ config, stored }: GroupSetup): WrittenGroup {
  return { config, follows: stored.length > 0, all: config.members.map(({ name }) => name) };
}

/** @returns what tells a group from others: its address, which goes with its name here, and its members in no order. */
export function identityOf({ config: { name, members }, all }: WrittenGroup): string {
  const missing = all.filter((each) => members.every((member) => member.name !== each));
  return missing.length === 0 ? name : `${name} without ${missing.join("+")}`;
}

/** @returns the group as the daemon gets it. */
export function asWritten({ config, follows }: WrittenGroup): GroupConfig {
  if (!follows) return config;
  const members = config.members.map((member): MemberConfig => ({
    ...member,
    target: { mode: fromElasticIp, host: member.target.host },
  }));
  return { ...config, members };
}

/** @returns the group with all of its members probed by this. */
export function probedBy(config: SimConfig, check: Healthcheck): SimConfig {
  const members = config.members.map((member) => ({
    ...member,
    target: { ...check, host: member.target.host },
  }));
  return { ...config, members };
}
