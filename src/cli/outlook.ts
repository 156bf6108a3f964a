/** What a group's config promises, how things are at this moment, and what the planner would say to that. */
import type { Capabilities, Reading } from "../core/address.ts";
import { moveAtMostMs, timingContract, type TimingContract } from "../core/contract.ts";
import type { GroupFacts, MemberFacts } from "../core/facts.ts";
import { plan, type Plan } from "../core/plan.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import { targetUrl } from "../core/target.ts";
import { trusted } from "../core/trust.ts";
import type { CalendarConfig, Config, MaintenanceConfig } from "../config/config.ts";
import { Agenda } from "../daemon/agenda.ts";
import { spanAt } from "../daemon/calendar.ts";
import { systemClock } from "../daemon/clock.ts";
import type { BoundGroup } from "../daemon/group.ts";
import { probe } from "../probes/probe.ts";
import { createResolver } from "../probes/resolve.ts";

export interface GroupOutlook {
  readonly group: string;
  readonly contract: readonly (TimingContract & { readonly member: string; readonly target: string })[];
  /** Detection and move together, at most, when no call has to be repeated. Milliseconds. */
  readonly outageAtMostMs: number;
  readonly dnsTtlMs: number | null;
  readonly callsOfMove: readonly string[];
  readonly calendar: readonly CalendarOutlook[];
  readonly now: Now | null;
}

/** A maintenance window or a drill of the group. Instants as RFC 3339; null: there is none any more. */
export interface CalendarOutlook {
  readonly kind: "maintenance" | "drill";
  readonly cron: string;
  readonly timezone: string;
  /** How long a window lasts, or a drill keeps the address at the other member. Milliseconds. */
  readonly lastsMs: number;
  /** Of a window. Null: it is a drill. */
  readonly mode: MaintenanceConfig["mode"] | null;
  /** When the window that is open now ends. Null: none is, or it is a drill. */
  readonly openUntil: string | null;
  readonly next: string | null;
}

/** What was seen by asking the provider once and probing each member once. */
export interface Now {
  readonly reading: Reading;
  readonly probes: readonly { readonly member: string; readonly result: ProbeResult }[];
  readonly plan: Plan;
  /** What would be done if every holder were found dead. */
  readonly ifHolderDies: Plan;
}

/** @param offline only what follows from the config: no probe, no provider. */
export async function outlookOf(group: BoundGroup, config: Config, offline: boolean): Promise<GroupOutlook> {
  const { provider } = group;
  const { name, members } = group.config;
  const contract = members.map(({ name: member, target }) =>
    Object.assign({ member, target: targetUrl(target) }, timingContract(target)),
  );
  const { actsOn } = provider.capabilities;
  return {
    group: name,
    contract,
    outageAtMostMs: Math.max(...contract.map((row) => row.latestMs)) + moveAtMostMs(provider.capabilities),
    dnsTtlMs: actsOn.kind === "dns" ? actsOn.ttlMs : null,
    callsOfMove: provider.callsOfMove,
    calendar: calendarOutlook(group.config.calendar, systemClock.wallNow()),
    now: offline ? null : await lookNow(group, config),
  };
}

function calendarOutlook(
  { maintenance, drill }: CalendarConfig,
  wallNow: number,
): readonly CalendarOutlook[] {
  const windows = maintenance.map((window): CalendarOutlook => {
    const { cron, timezone, forMs, mode } = window;
    const { isOpen, untilWallMs, nextRunWallMs } = spanAt(window, wallNow);
    const openUntil = isOpen ? stamp(untilWallMs) : null;
    return {
      kind: "maintenance",
      cron,
      timezone,
      lastsMs: forMs,
      mode,
      openUntil,
      next: stamp(nextRunWallMs),
    };
  });
  if (drill === null) return windows;
  const { cron, timezone, holdMs } = drill;
  const next = stamp(spanAt(drill, wallNow).nextRunWallMs);
  return [...windows, { kind: "drill", cron, timezone, lastsMs: holdMs, mode: null, openUntil: null, next }];
}

function stamp(wallMs: number | null): string | null {
  return wallMs === null ? null : new Date(wallMs).toISOString();
}

async function lookNow(group: BoundGroup, config: Config): Promise<Now> {
  const { provider } = group;
  const signal = new AbortController().signal;
  const resolve = createResolver();
  const services = { now: () => systemClock.now(), resolve, signal };
  const [reading, probes] = await Promise.all([
    provider.read(AbortSignal.timeout(provider.capabilities.readDeadlineMs)),
    Promise.all(
      group.config.members.map(async ({ name, target }) => ({
        member: name,
        result: await probe(target, services),
      })),
    ),
  ]);
  const given: GroupFacts = {
    ...factsOf(group, reading, probes),
    overall: { policy: config.overall, groups: config.groups.length, moves: [], drilling: null },
  };
  return { reading, probes, plan: plan(given), ifHolderDies: plan(withDeadHolders(given)) };
}

/** One probe stands for the health that the daemon would find if all the others were like it. */
function factsOf(
  { config, provider }: BoundGroup,
  reading: Reading,
  probes: Now["probes"],
): Omit<GroupFacts, "overall"> {
  const now = systemClock.now();
  const { name: group, calendar } = config;
  const parts = { clock: systemClock, group, config: calendar, restored: null, emit: () => undefined };
  const agenda = new Agenda(parts);
  const capabilities: Capabilities = provider.capabilities;
  return {
    name: config.name,
    now,
    startedAt: -Infinity,
    policy: config.policy,
    capabilities,
    trust: trusted,
    members: config.members.map(({ name, target }): MemberFacts => {
      const result = probes.find((each) => each.member === name)?.result;
      const health =
        result?.outcome === "pass" ? "healthy" : result?.outcome === "fail" ? "unhealthy" : "unknown";
      const evidence = result === undefined || health === "unknown" ? null : { at: now, cause: result.cause };
      return {
        name,
        pace: target,
        evidence,
        health: { health, since: now, strikes: null },
        realHealth: health,
        ...unknownOfMembers,
      };
    }),
    truth: { reading, at: now, sameSince: -Infinity },
    history: { moves: [], inFlight: null, changedByHand: null, notBefore: 0 },
    path: null,
    pause: null,
    ...agenda.facts(),
    answer: null,
    request: null,
  };
}

/** What only a running daemon knows. */
const unknownOfMembers = {
  recoveredAt: null,
  brownOut: null,
  drained: null,
  forced: null,
  refusal: null,
} as const;

function withDeadHolders(facts: GroupFacts): GroupFacts {
  const { reading } = facts.truth;
  const holders = reading?.kind === "known" ? reading.holders : [];
  const members = facts.members.map((member): MemberFacts => {
    if (!holders.includes(member.name)) return member;
    const health = { health: "unhealthy", since: facts.now, strikes: null } as const;
    return { ...member, health, evidence: { at: facts.now, cause: "refused" } };
  });
  return { ...facts, members };
}
