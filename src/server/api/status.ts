/**
 * What the daemon knows at this moment, as it is told to people and programs: instants become ages and times that are left,
 * since the daemon's own clock says nothing to anybody else.
 */
import { behindText } from "../../core/keeping-up.ts";
import { distrustText } from "../../core/trust.ts";
import type { Force, Order } from "../../core/orders.ts";
import type { AgendaSnapshot } from "../../daemon/agenda.ts";
import type { Question } from "../../daemon/approvals.ts";
import type { StandingOrder } from "../../daemon/orders.ts";
import type { DaemonSnapshot, GroupSnapshot, MemberSnapshot } from "../../daemon/snapshot.ts";

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly upMs: number;
  /** Null: it believes what it sees. */
  readonly distrust: { readonly cause: string; readonly text: string } | null;
  /** How far probing falls behind its plan. Null: it keeps up. */
  readonly behind: string | null;
  /** How many targets are probed; members with the same one share a probe. */
  readonly targets: number;
  /** Why the config file was not taken over when it was last read, so that the one before goes on. Null: it was. */
  readonly configTrouble: string | null;
  /** The order that stops automatic moves of all groups; null: none does. */
  readonly paused: OrderStatus | null;
  readonly orders: readonly StandingStatus[];
  readonly groups: readonly GroupStatus[];
}

export interface OrderStatus {
  readonly by: string;
  readonly reason: string;
  /** Milliseconds since it was given. */
  readonly ageMs: number;
  /** Milliseconds until it ends by itself; null: only a person ends it. */
  readonly leftMs: number | null;
}

export interface StandingStatus extends OrderStatus {
  readonly kind: string;
  /** Null: all groups. */
  readonly group: string | null;
  /** Null: it is about a group. */
  readonly member: string | null;
  /** What a health is forced to be; null: it is no force. */
  readonly health: string | null;
}

export interface GroupStatus {
  readonly name: string;
  readonly state: string;
  /** How long it has been in this state. */
  readonly stateAgeMs: number;
  readonly rule: string | null;
  readonly why: string | null;
  /** Null: who holds the address is not known. */
  readonly holders: readonly string[] | null;
  /** Provider ids of holders that are no members. */
  readonly foreign: readonly string[];
  readonly truthAgeMs: number | null;
  /** The order that stops its automatic moves, of it or of all; null: none does. */
  readonly paused: OrderStatus | null;
  /** The move that waits for a person; null: none does. */
  readonly question: QuestionStatus | null;
  readonly calendar: CalendarStatus;
  /** How it stands with the healthcheck that is stored with the address; null: no member is probed by it. */
  readonly healthcheck: HealthcheckStatus | null;
  readonly preflight: PreflightStatus;
  readonly members: readonly MemberStatus[];
}

export interface HealthcheckStatus {
  /** The address that it is stored with. */
  readonly source: string;
  /** By what members are probed; null: it has not been read, so they are not. */
  readonly text: string | null;
  /** Why what is stored now is not what members are probed by; null: it is. */
  readonly trouble: string | null;
  /** Since the provider last said what is stored; null: it never did. */
  readonly ageMs: number | null;
}

/** Would a move work? */
export interface PreflightStatus {
  /** ready, broken or unknown. */
  readonly readiness: string;
  /** All that stands in the way, or could not be asked; null: nothing. */
  readonly why: string | null;
  /** Since the provider was asked; null: it was not yet. */
  readonly ageMs: number | null;
  readonly findings: readonly {
    /** ok, warning, error or unknown. */
    readonly severity: string;
    readonly text: string;
    /** What to do about it, or null. */
    readonly fix: string | null;
  }[];
}

export interface CalendarStatus {
  /** The maintenance window that is open; null: none is. */
  readonly maintenance: { readonly mode: string; readonly text: string; readonly leftMs: number } | null;
  /** Milliseconds until the next one begins; null: none does. */
  readonly nextMaintenanceInMs: number | null;
  /** The drill under way; null: there is none. */
  readonly drill: { readonly home: string; readonly away: string } | null;
  /** Milliseconds until the next one is due; null: none is. */
  readonly nextDrillInMs: number | null;
  /** When one last went there and back as it should, as RFC 3339; null: none is known. */
  readonly lastDrillAt: string | null;
}

export interface QuestionStatus {
  readonly id: string;
  readonly rule: string;
  /** Who would have the address. */
  readonly holders: readonly string[];
  readonly why: string;
  readonly ageMs: number;
  /** Milliseconds until it is asked anew, under another id. */
  readonly leftMs: number;
}

export interface MemberStatus {
  readonly name: string;
  /** What counts. */
  readonly health: string;
  /** What its probes say. */
  readonly realHealth: string;
  readonly healthAgeMs: number;
  readonly forced: (OrderStatus & { readonly health: string }) | null;
  readonly drained: OrderStatus | null;
  /** Why it may not receive the address; null: it may. */
  readonly limitation: string | null;
  readonly strikes: { readonly count: number; readonly needed: number } | null;
  readonly brownOut: { readonly fails: number; readonly of: number } | null;
  /** Of the last conclusive probe; null before the first, and while the health is forced. */
  readonly lastCause: string | null;
  /** Since that probe was heard of; null: as there. */
  readonly lastProbeAgeMs: number | null;
}

export interface StatusParts {
  readonly snapshot: DaemonSnapshot;
  readonly standing: readonly StandingOrder[];
  /** On the clock of the snapshot. */
  readonly now: number;
  readonly version: string;
  readonly pid: number;
  readonly configTrouble: string | null;
}

export function statusOf(parts: StatusParts): Status {
  const { snapshot, standing, now, version, pid, configTrouble } = parts;
  const { distrust, paused } = snapshot;
  return {
    version,
    pid,
    upMs: Math.round(now - snapshot.startedAt),
    distrust: distrust && { cause: distrust.cause, text: distrustText(distrust) },
    behind: snapshot.behind && behindText(snapshot.behind),
    targets: snapshot.targets,
    configTrouble,
    paused: paused && orderStatus(paused, now),
    orders: standing.map((each) => standingStatus(each, now)),
    groups: snapshot.groups.map((group) => groupStatus(group, now)),
  };
}

function orderStatus({ by, reason, since, until }: Order, now: number): OrderStatus {
  const leftMs = until === null ? null : Math.max(0, Math.round(until - now));
  return { by, reason, ageMs: Math.round(now - since), leftMs };
}

function standingStatus({ subject, order }: StandingOrder, now: number): StandingStatus {
  const { kind, group } = subject;
  const member = kind === "pause" ? null : subject.member;
  const health = kind === "force" ? subject.health : null;
  return { kind, group, member, health, ...orderStatus(order, now) };
}

function groupStatus(group: GroupSnapshot, now: number): GroupStatus {
  const {
    name,
    state,
    stateAgeMs,
    rule,
    why,
    holders,
    foreign,
    truthAgeMs,
    paused,
    question,
    agenda,
    healthcheck,
    preflight,
    members,
  } = group;
  return {
    name,
    state,
    stateAgeMs: Math.round(stateAgeMs),
    rule,
    why,
    holders,
    foreign,
    truthAgeMs: truthAgeMs === null ? null : Math.round(truthAgeMs),
    paused: paused && orderStatus(paused, now),
    question: question && questionStatus(question, now),
    calendar: calendarStatus(agenda, now),
    healthcheck: healthcheck && {
      source: healthcheck.source,
      text: healthcheck.text,
      trouble: healthcheck.trouble?.text ?? null,
      ageMs: whole(healthcheck.ageMs),
    },
    preflight: { ...preflight, ageMs: whole(preflight.ageMs) },
    members: members.map((member) => memberStatus(member, now)),
  };
}

function calendarStatus(agenda: AgendaSnapshot, now: number): CalendarStatus {
  const { maintenance, nextMaintenanceInMs, drill, nextDrillInMs, lastDrillWallMs } = agenda;
  return {
    maintenance: maintenance && {
      mode: maintenance.mode,
      text: maintenance.text,
      leftMs: Math.max(0, Math.round(maintenance.until - now)),
    },
    nextMaintenanceInMs: whole(nextMaintenanceInMs),
    drill,
    nextDrillInMs: whole(nextDrillInMs),
    lastDrillAt: lastDrillWallMs === null ? null : new Date(lastDrillWallMs).toISOString(),
  };
}

function whole(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}

function questionStatus({ id, decision, why, askedAt, until }: Question, now: number): QuestionStatus {
  const { rule, holders } = decision;
  return {
    id,
    rule,
    holders,
    why,
    ageMs: Math.round(now - askedAt),
    leftMs: Math.max(0, Math.round(until - now)),
  };
}

function memberStatus(member: MemberSnapshot, now: number): MemberStatus {
  const { name, health, realHealth, forced, drained, brownOut, strikes, limitation, lastCause } = member;
  return {
    name,
    health,
    realHealth,
    healthAgeMs: Math.round(member.healthAgeMs),
    forced: forced && forceStatus(forced, now),
    drained: drained && orderStatus(drained, now),
    limitation,
    strikes,
    brownOut: brownOut && { fails: brownOut.fails, of: brownOut.of },
    lastCause,
    lastProbeAgeMs: whole(member.lastProbeAgeMs),
  };
}

function forceStatus(force: Force, now: number): OrderStatus & { readonly health: string } {
  return { ...orderStatus(force, now), health: force.health };
}
