/** The gauges that are read off a snapshot: what is so now, for every group and member that there is. */
import { Counter, Gauge, type Registry } from "prom-client";
import { groupStates } from "../core/rules.ts";
import type { DaemonSnapshot, GroupSnapshot, MemberSnapshot } from "../daemon/snapshot.ts";

const healths = ["unknown", "healthy", "unhealthy"] as const;

export interface Gauges {
  readonly reloadSuccessful: Gauge;
  readonly reloadTimestamp: Gauge;
  /** Replaces every series of a group or member by what the snapshot says. */
  take(snapshot: DaemonSnapshot): void;
  /** Drops what `take` has put there. */
  forget(): void;
}

export function createGauges(registry: Registry): Gauges {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `failoverd_${name}`, help, labelNames, registers: [registry] });

  const byMember = ["group", "member"] as const;
  const memberHealth = gauge("member_health", "1 for the present health.", [...byMember, "state"]);
  const memberHealthy = gauge("member_healthy", "1 if healthy, 0 if unhealthy or unknown.", byMember);
  const memberStrikes = gauge("member_strikes", "Consecutive outcomes against the present health.", byMember);
  const memberForced = gauge("member_forced", "1 while a person has forced the health.", byMember);
  const memberDrained = gauge("member_drained", "1 while the member may not receive the address.", byMember);
  const memberBrownedOut = gauge("member_browned_out", "1 while it fails by the m-of-n rule.", byMember);
  const memberEligible = gauge("member_eligible", "1 if the member may receive the address.", byMember);
  const groupHolders = gauge("group_holders", "Holders of the address, foreign ones too.", ["group"]);
  const groupHolder = gauge("group_holder", "1 if the member holds the address.", byMember);
  const groupState = gauge("group_state", "1 for the present state of the group.", ["group", "state"]);
  const preflight = createPreflightGauge(gauge);
  const healthcheck = createHealthcheckGauge(gauge);
  const people = createPeopleGauges(gauge);
  const agenda = createAgendaGauges(gauge);
  const takeSelf = createSelfGauges(registry, gauge);
  const all = [
    memberHealth,
    memberHealthy,
    memberStrikes,
    memberForced,
    memberDrained,
    memberBrownedOut,
    memberEligible,
    ...people.all,
    ...agenda.all,
    ...preflight.all,
    ...healthcheck.all,
    groupHolders,
    groupHolder,
    groupState,
  ];

  const takeMember = (group: GroupSnapshot, member: MemberSnapshot): void => {
    const labels = { group: group.name, member: member.name };
    for (const state of healths) memberHealth.set({ ...labels, state }, Number(member.health === state));
    memberHealthy.set(labels, Number(member.health === "healthy"));
    memberStrikes.set(labels, member.strikes?.count ?? 0);
    memberForced.set(labels, Number(member.forced !== null));
    memberDrained.set(labels, Number(member.drained !== null));
    memberBrownedOut.set(labels, Number(member.brownOut !== null));
    memberEligible.set(labels, Number(member.limitation === null));
    if (group.holders !== null) groupHolder.set(labels, Number(group.holders.includes(member.name)));
  };

  const takeGroup = (group: GroupSnapshot): void => {
    const { name, state, holders, foreign } = group;
    const labels = { group: name };
    for (const each of groupStates) groupState.set({ ...labels, state: each }, Number(state === each));
    people.take(group);
    agenda.take(group);
    preflight.take(group);
    healthcheck.take(group);
    if (holders !== null) groupHolders.set(labels, holders.length + foreign.length);
    for (const member of group.members) takeMember(group, member);
  };

  const forget = (): void => {
    for (const each of all) each.reset();
  };

  return {
    ...createReloadGauges(gauge),
    forget,
    take: (snapshot) => {
      takeSelf(snapshot);
      forget();
      for (const group of snapshot.groups) takeGroup(group);
    },
  };
}

function createReloadGauges(gauge: (name: string, help: string) => Gauge): Omit<Gauges, "take" | "forget"> {
  return {
    reloadSuccessful: gauge("config_last_reload_successful", "1 if the last load of the config succeeded."),
    reloadTimestamp: gauge(
      "config_last_reload_success_timestamp_seconds",
      "When the config was last loaded with success.",
    ),
  };
}

/** How the monitor itself does. */
function createSelfGauges(
  registry: Registry,
  gauge: (name: string, help: string) => Gauge<never>,
): (snapshot: DaemonSnapshot) => void {
  const trusted = gauge("self_trusted", "1 if we believe what we see, 0 while no probe counts.");
  const behind = gauge("probing_behind", "1 while probes begin so late that some are left out.");
  const targets = gauge("probe_targets", "Targets that are probed; members with the same one share a probe.");
  const takeWatches = createWatchMetrics(registry, gauge);
  return (snapshot) => {
    takeWatches(snapshot);
    trusted.set(Number(snapshot.distrust === null));
    behind.set(Number(snapshot.behind !== null));
    targets.set(snapshot.targets);
  };
}

function createWatchMetrics(
  registry: Registry,
  gauge: (name: string, help: string) => Gauge<never>,
): (snapshot: DaemonSnapshot) => void {
  const watched = gauge("watched_targets", "Targets that are watched.");
  const open = gauge("watches_open", "Watched targets to which an idle connection is open.");
  const hints = new Counter({
    name: "failoverd_watch_hints_total",
    help: "Idle connections to watched targets that were cut, by what the re-check said; limited: too many at once, none was made.",
    labelNames: ["outcome"],
    registers: [registry],
  });
  return ({ watches }) => {
    watched.set(watches.watched);
    open.set(watches.open);
    hints.reset();
    for (const [outcome, count] of Object.entries(watches.hints)) hints.inc({ outcome }, count);
  };
}

interface GroupGauges {
  readonly all: readonly Gauge<"group">[];
  take(group: GroupSnapshot): void;
}

type MakeGauge = (name: string, help: string, labelNames: readonly "group"[]) => Gauge<"group">;

function createPeopleGauges(gauge: MakeGauge): GroupGauges {
  const paused = gauge("paused", "1 while automatic moves of the group are stopped by a person.", ["group"]);
  const approvals = gauge("group_waits_for_approval", "1 while a move waits for a person.", ["group"]);
  return {
    all: [paused, approvals],
    take: ({ name: group, paused: pause, question }) => {
      paused.set({ group }, Number(pause !== null));
      approvals.set({ group }, Number(question !== null));
    },
  };
}

function createPreflightGauge(gauge: MakeGauge): GroupGauges {
  const ready = gauge(
    "provider_ready",
    "1 if a move would work, so far as can be told without one, 0 if it would fail; none while that is not known.",
    ["group"],
  );
  return {
    all: [ready],
    take: ({ name: group, preflight: { readiness } }) => {
      if (readiness !== "unknown") ready.set({ group }, Number(readiness === "ready"));
    },
  };
}

function createHealthcheckGauge(gauge: MakeGauge): GroupGauges {
  const followed = gauge(
    "stored_healthcheck_followed",
    "1 if members are probed by what is stored with the address, 0 if that could not be read or used when last asked for.",
    ["group"],
  );
  return {
    all: [followed],
    take: ({ name: group, healthcheck }) => {
      if (healthcheck === null) return;
      followed.set({ group }, Number(healthcheck.text !== null && healthcheck.trouble === null));
    },
  };
}

function createAgendaGauges(gauge: MakeGauge): GroupGauges {
  const maintenance = gauge("group_in_maintenance", "1 while a maintenance window is open.", ["group"]);
  const lastDrill = gauge(
    "drill_last_success_timestamp_seconds",
    "When a drill of the group last went there and back as it should.",
    ["group"],
  );
  return {
    all: [maintenance, lastDrill],
    take: ({ name: group, agenda }) => {
      maintenance.set({ group }, Number(agenda.maintenance !== null));
      if (agenda.lastDrillWallMs !== null) lastDrill.set({ group }, agenda.lastDrillWallMs / 1000);
    },
  };
}
