/** The gauges that are read off a snapshot: what is so now, for every group and member that there is. */
import { Gauge, type Registry } from "prom-client";
import { groupStates } from "../core/rules.ts";
import type { DaemonSnapshot, GroupSnapshot, MemberSnapshot } from "../daemon/snapshot.ts";
import type { Rows, SeriesIndex } from "./series-index.ts";
import { GaugeTable, type ScalarTableParts, type Written } from "./series-tables.ts";
import { headText, labelsText, valueText } from "./text-format.ts";

const healths = ["unknown", "healthy", "unhealthy"] as const;

export interface Gauges {
  readonly reloadSuccessful: Gauge;
  readonly reloadTimestamp: Gauge;
  /** Those of groups and members. */
  readonly tables: readonly Written[];
  /**
   * Replaces what they say of groups and members by what the snapshot says; what is being written stays as it was.
   *
   * @returns the texts of each metric of the daemon itself.
   */
  take(snapshot: DaemonSnapshot): readonly (readonly string[])[];
}

/** @param series of whom there are gauges; who is in the snapshot and not in there gets a row. */
export function createGauges(registry: Registry, series: SeriesIndex): Gauges {
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({ name: `failoverd_${name}`, help, registers: [registry] });
  const groups = new GroupGauges(series);
  const members = new MemberGauges(series);
  return {
    reloadSuccessful: gauge("config_last_reload_successful", "1 if the last load of the config succeeded."),
    reloadTimestamp: gauge(
      "config_last_reload_success_timestamp_seconds",
      "When the config was last loaded with success.",
    ),
    tables: [...members.tables.all, ...groups.tables.all],
    take: (snapshot) => {
      groups.tables.reset();
      members.tables.reset();
      for (const group of snapshot.groups) {
        groups.take(group);
        for (const member of group.members) members.take(group, member);
      }
      return selfTexts(snapshot).map((text) => [text]);
    },
  };
}

/** Gauges of the same rows. */
class Tables {
  readonly all: GaugeTable[] = [];
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** @param columns default: one series for each row. */
  gauge(name: string, help: string, columns: ScalarTableParts["columns"] = [{}]): GaugeTable {
    const table = new GaugeTable({ name: `failoverd_${name}`, help, rows: this.#rows, columns });
    this.all.push(table);
    return table;
  }

  reset(): void {
    for (const table of this.all) table.reset();
  }
}

class MemberGauges {
  readonly tables: Tables;
  readonly #series: SeriesIndex;
  readonly #health: GaugeTable;
  readonly #healthy: GaugeTable;
  readonly #strikes: GaugeTable;
  readonly #forced: GaugeTable;
  readonly #drained: GaugeTable;
  readonly #brownedOut: GaugeTable;
  readonly #eligible: GaugeTable;
  readonly #holder: GaugeTable;

  constructor(series: SeriesIndex) {
    this.#series = series;
    const tables = new Tables(series.members);
    this.tables = tables;
    const states = healths.map((state) => ({ state }));
    this.#health = tables.gauge("member_health", "1 for the present health.", states);
    this.#healthy = tables.gauge("member_healthy", "1 if healthy, 0 if unhealthy or unknown.");
    this.#strikes = tables.gauge("member_strikes", "Consecutive outcomes against the present health.");
    this.#forced = tables.gauge("member_forced", "1 while a person has forced the health.");
    this.#drained = tables.gauge("member_drained", "1 while the member may not receive the address.");
    this.#brownedOut = tables.gauge("member_browned_out", "1 while it fails by the m-of-n rule.");
    this.#eligible = tables.gauge("member_eligible", "1 if the member may receive the address.");
    this.#holder = tables.gauge("group_holder", "1 if the member holds the address.");
  }

  take({ name: group, holders }: GroupSnapshot, member: MemberSnapshot): void {
    const { name, health, strikes, forced, drained, brownOut, limitation } = member;
    const row = this.#series.memberRow(group, name);
    for (const [i, state] of healths.entries()) this.#health.set(row, Number(health === state), i);
    this.#healthy.set(row, Number(health === "healthy"));
    this.#strikes.set(row, strikes?.count ?? 0);
    this.#forced.set(row, Number(forced !== null));
    this.#drained.set(row, Number(drained !== null));
    this.#brownedOut.set(row, Number(brownOut !== null));
    this.#eligible.set(row, Number(limitation === null));
    if (holders !== null) this.#holder.set(row, Number(holders.includes(name)));
  }
}

class GroupGauges {
  readonly tables: Tables;
  readonly #series: SeriesIndex;
  readonly #paused: GaugeTable;
  readonly #approvals: GaugeTable;
  readonly #maintenance: GaugeTable;
  readonly #lastDrill: GaugeTable;
  readonly #ready: GaugeTable;
  readonly #followed: GaugeTable;
  readonly #holders: GaugeTable;
  readonly #state: GaugeTable;

  constructor(series: SeriesIndex) {
    this.#series = series;
    const tables = new Tables(series.groups);
    this.tables = tables;
    this.#paused = tables.gauge("paused", "1 while automatic moves of the group are stopped by a person.");
    this.#approvals = tables.gauge("group_waits_for_approval", "1 while a move waits for a person.");
    this.#maintenance = tables.gauge("group_in_maintenance", "1 while a maintenance window is open.");
    this.#lastDrill = tables.gauge(
      "drill_last_success_timestamp_seconds",
      "When a drill of the group last went there and back as it should.",
    );
    this.#ready = tables.gauge(
      "provider_ready",
      "1 if a move would work, so far as can be told without one, 0 if it would fail; none while that is not known.",
    );
    this.#followed = tables.gauge(
      "stored_healthcheck_followed",
      "1 if members are probed by what is stored with the address, 0 if that could not be read or used when last asked for.",
    );
    this.#holders = tables.gauge("group_holders", "Holders of the address, foreign ones too.");
    const states = groupStates.map((state) => ({ state }));
    this.#state = tables.gauge("group_state", "1 for the present state of the group.", states);
  }

  take({
    name,
    state,
    holders,
    foreign,
    paused,
    question,
    agenda,
    preflight,
    healthcheck,
  }: GroupSnapshot): void {
    const row = this.#series.groupRow(name);
    const { maintenance, lastDrillWallMs } = agenda;
    const { readiness } = preflight;
    for (const [i, each] of groupStates.entries()) this.#state.set(row, Number(state === each), i);
    this.#paused.set(row, Number(paused !== null));
    this.#approvals.set(row, Number(question !== null));
    this.#maintenance.set(row, Number(maintenance !== null));
    if (lastDrillWallMs !== null) this.#lastDrill.set(row, lastDrillWallMs / 1000);
    if (readiness !== "unknown") this.#ready.set(row, Number(readiness === "ready"));
    if (healthcheck !== null)
      this.#followed.set(row, Number(healthcheck.text !== null && healthcheck.trouble === null));
    if (holders !== null) this.#holders.set(row, holders.length + foreign.length);
  }
}

/** How the monitor itself does. @returns the text of each metric. */
function selfTexts({ distrust, behind, targets, watches }: DaemonSnapshot): readonly string[] {
  return [
    selfText("self_trusted", "1 if we believe what we see, 0 while no probe counts.", distrust === null),
    selfText("probing_behind", "1 while probes begin so late that some are left out.", behind !== null),
    selfText("probe_targets", "Targets that are probed; members with the same one share a probe.", targets),
    selfText("watched_targets", "Targets that are watched.", watches.watched),
    selfText("watches_open", "Watched targets to which an idle connection is open.", watches.open),
    hintsText(watches.hints),
  ];
}

function selfText(name: string, help: string, value: number | boolean): string {
  return `${headText(`failoverd_${name}`, help, "gauge")}failoverd_${name} ${valueText(Number(value))}\n`;
}

function hintsText(hints: DaemonSnapshot["watches"]["hints"]): string {
  const name = "failoverd_watch_hints_total";
  const help =
    "Idle connections to watched targets that were cut, by what the re-check said; limited: too many at once, none was made.";
  const lines = Object.entries(hints).map(
    ([outcome, count]) => `${name}{${labelsText({ outcome })}} ${valueText(count)}\n`,
  );
  return headText(name, help, "counter") + lines.join("");
}
