/** What of a config that is taken over goes on as it was. The daemon follows these rules, and a comparison of configs tells them. */
import { isDeepStrictEqual } from "node:util";
import type { Config, GroupConfig, MemberConfig } from "./config.ts";
import { isProbed } from "./stored-healthcheck.ts";

/** @returns true when what is known of the member stays: its health, what the provider refused it, and its strikes unless its probe is another. */
export function isSameMember(a: MemberConfig, b: MemberConfig): boolean {
  return isDeepStrictEqual(asProbed(a), asProbed(b));
}

/** A watch only says when to probe, so what was seen before holds with and without one. */
function asProbed(member: MemberConfig): MemberConfig {
  return isProbed(member) ? { ...member, target: { ...member.target, watch: false } } : member;
}

/** Two probes with one key are one probe. */
export function probeKey({ name, target }: Pick<MemberConfig, "name" | "target">): string {
  return JSON.stringify([name, target]);
}

export function pathKey({ path, policy, members }: GroupConfig): string {
  return JSON.stringify([path, policy.verify, members.map(asProbed)]);
}

/** @returns true when what was seen through the address stays. */
export function isSamePath(a: GroupConfig, b: GroupConfig): boolean {
  return pathKey(a) === pathKey(b);
}

/** What is settled when the process starts, by its key in the file. */
const settled: Readonly<Record<string, (config: Config) => unknown>> = {
  listen: ({ listen }) => listen,
  "state-dir": ({ stateDir }) => stateDir,
  "control-socket": ({ controlSocket }) => controlSocket,
  // Other certificates are taken over; whether there are any is not.
  "api.tls": ({ api }) => [api.tls !== null, (api.tls?.clientCaPem ?? null) !== null],
};

/** @returns the keys, as in the file, of what takes effect at the next start only. */
export function settledChanges(before: Config, after: Config): readonly string[] {
  return Object.entries(settled).flatMap(([key, of]) =>
    isDeepStrictEqual(of(before), of(after)) ? [] : key,
  );
}
