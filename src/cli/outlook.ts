/** What a group's config promises, how things are at this moment, and what the planner would say to that. */
import type { Capabilities, Reading } from "../core/address.ts";
import { moveAtMostMs, timingContract, type TimingContract } from "../core/contract.ts";
import type { GroupFacts, MemberFacts } from "../core/facts.ts";
import { hiddenBy, type Hidden } from "../core/kept.ts";
import { plan, type Plan } from "../core/plan.ts";
import { targetUrl } from "../core/target.ts";
import { trusted } from "../core/trust.ts";
import type { CalendarConfig, Config, MaintenanceConfig } from "../config/config.ts";
import { isProbed, usesStored, type ProbedMember } from "../config/stored-healthcheck.ts";
import { Agenda } from "../daemon/agenda.ts";
import { spanAt } from "../daemon/calendar.ts";
import { systemClock } from "../daemon/clock.ts";
import type { BoundGroup } from "../daemon/group.ts";
import { askStored } from "../daemon/healthcheck-watch.ts";
import type { Finding } from "../providers/provider.ts";
import { verdictOf, type Verdict } from "../providers/readiness.ts";
import { probeMembers, type MemberProbe } from "./probe-members.ts";

/** Milliseconds. */
const checkDeadlineMs = 60_000;

export interface GroupOutlook {
  readonly group: string;
  /** What is stored with the address; null: no member is probed by it. */
  readonly healthcheck: HealthcheckOutlook | null;
  /** Of the members of which is known how they are probed. */
  readonly contract: readonly ContractRow[];
  /** Detection and move together, at most, when no call has to be repeated. Null: how members are probed is not known. Milliseconds. */
  readonly outageAtMostMs: number | null;
  readonly dnsTtlMs: number | null;
  readonly callsOfMove: readonly string[];
  readonly calendar: readonly CalendarOutlook[];
  readonly now: Now | null;
}

export interface ContractRow extends TimingContract {
  readonly member: string;
  readonly target: string;
  /** What it would be at the interval alone: what a fast interval gains, and what patience it costs. Null: there is none. */
  readonly withoutFast: TimingContract | null;
  /** What is not seen because of what a probe keeps for the next. */
  readonly hides: readonly Hidden[];
  /** A connection that the target resets or closes is noticed at once, so it is found dead after little more than the earliest time. */
  readonly watched: boolean;
}

export interface HealthcheckOutlook {
  /** The address that it is stored with. */
  readonly source: string;
  /** In words. Null: not known. */
  readonly text: string | null;
  /** Why it is not known. Null: it is. */
  readonly trouble: string | null;
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
  /** What the provider says of a move, without one. */
  readonly preflight: Verdict & { readonly findings: readonly Finding[] };
  readonly probes: readonly MemberProbe[];
  readonly plan: Plan;
  /** What would be done if every holder were found dead. */
  readonly ifHolderDies: Plan;
}

/** @param offline only what follows from the config: no probe, no provider. */
export async function outlookOf(
  written: BoundGroup,
  config: Config,
  offline: boolean,
): Promise<GroupOutlook> {
  const { group, healthcheck } = await withHealthcheck(written, offline);
  const { provider } = group;
  const { name, members } = group.config;
  const contract = members.filter(isProbed).map(contractRow);
  const { actsOn } = provider.capabilities;
  const detectionMs = Math.max(...contract.map((row) => row.latestMs));
  return {
    group: name,
    healthcheck,
    contract,
    outageAtMostMs: members.every(isProbed) ? detectionMs + moveAtMostMs(provider.capabilities) : null,
    dnsTtlMs: actsOn.kind === "dns" ? actsOn.ttlMs : null,
    callsOfMove: provider.callsOfMove,
    calendar: calendarOutlook(group.config.calendar, systemClock.wallNow()),
    now: offline ? null : await lookNow(group, config, healthcheck),
  };
}

function contractRow({ name, target }: ProbedMember): ContractRow {
  const atInterval = timingContract({ ...target, fastIntervalMs: null });
  return {
    member: name,
    target: targetUrl(target),
    ...timingContract(target),
    withoutFast: target.fastIntervalMs === null ? null : atInterval,
    hides: hiddenBy(target),
    watched: target.watch,
  };
}

async function withHealthcheck(
  group: BoundGroup,
  offline: boolean,
): Promise<{ readonly group: BoundGroup; readonly healthcheck: HealthcheckOutlook | null }> {
  if (!usesStored(group.config)) return { group, healthcheck: null };
  const source = group.config.address.id;
  if (offline) return { group, healthcheck: { source, text: null, trouble: "the provider is not asked" } };
  const { config, text, trouble } = await askStored(group);
  return { group: { ...group, config }, healthcheck: { source, text, trouble: trouble?.text ?? null } };
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

async function lookNow(
  group: BoundGroup,
  config: Config,
  healthcheck: HealthcheckOutlook | null,
): Promise<Now> {
  const { provider } = group;
  const [reading, findings, probes] = await Promise.all([
    provider.read(AbortSignal.timeout(provider.capabilities.readDeadlineMs)),
    provider.check(AbortSignal.timeout(checkDeadlineMs)),
    probeMembers(group.config.members),
  ]);
  const given: GroupFacts = {
    ...factsOf(group, reading, probes),
    healthcheck: healthcheck && { source: healthcheck.source, trouble: healthcheck.trouble },
    overall: { policy: config.overall, groups: config.groups.length, moves: [], drilling: null },
  };
  const preflight = { ...verdictOf(findings), findings };
  return { reading, preflight, probes, plan: plan(given), ifHolderDies: plan(withDeadHolders(given)) };
}

/** One probe stands for the health that the daemon would find if all the others were like it. */
function factsOf(
  { config, provider }: BoundGroup,
  reading: Reading,
  probes: Now["probes"],
): Omit<GroupFacts, "overall" | "healthcheck"> {
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
    members: config.members.map((member): MemberFacts => {
      const { name } = member;
      const result = probes.find((each) => each.member === name)?.result;
      const health =
        result?.outcome === "pass" ? "healthy" : result?.outcome === "fail" ? "unhealthy" : "unknown";
      const evidence = result === undefined || health === "unknown" ? null : { at: now, cause: result.cause };
      return {
        name,
        pace: isProbed(member) ? member.target : null,
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
