/**
 * What Prometheus scrapes. Counters and histograms follow the daemon's events; gauges are taken from its snapshot at the
 * moment of the scrape, so that a series exists exactly as long as its group and member do.
 */
import { Counter, Histogram, Registry } from "prom-client";
import { causes, type Outcome } from "../core/cause.ts";
import { blockingRules, stateOf, triggers } from "../core/rules.ts";
import type { Plan } from "../core/plan.ts";
import { distrustCauses } from "../core/trust.ts";
import type { Config } from "../config/config.ts";
import { usesStored } from "../config/stored-healthcheck.ts";
import { drillOutcomes, type DaemonEvent } from "../daemon/events.ts";
import type { DaemonSnapshot } from "../daemon/snapshot.ts";
import { heldBackReasons, type TrafficNews } from "../providers/traffic/news.ts";
import { createGauges, type Gauges } from "./gauges.ts";
import { inPieces } from "./pieces.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import { SeriesIndex, type Rows } from "./series-index.ts";
import { CountTable, HistogramTable, type ScalarTableParts, type Written } from "./series-tables.ts";

/** 1 ms to 60 s: from a refusal on the same network to the longest timeout of the schema. Seconds. */
const probeBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
/** Below a millisecond is normal, above 250 ms the figures of probes are our own. Seconds. */
const latenessBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5];
/** A move takes from less than a second to the step deadlines. Seconds. */
const moveBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];
const requestBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const outcomes = ["pass", "fail", "inconclusive"] as const satisfies readonly Outcome[];
const failCauses = Object.entries(causes).flatMap(([cause, { outcome }]) =>
  outcome === "fail" ? [cause] : [],
);
const verifications = ["verified", "late", "unverified"] as const;

export class Metrics {
  readonly #registry = new Registry();
  /** Those of the registry whose series are there once there is something to count. */
  readonly #kept: (Counter | Histogram)[] = [];
  /** Those that are in no registry. */
  readonly #tables: Written[] = [];
  readonly #gauges: Gauges;

  /** Series that each group or member has from the start. */
  readonly #series = new SeriesIndex();
  readonly #attempts = this.#countTable(
    "probe_attempts_total",
    "Probes by outcome: pass, fail, or inconclusive (our own trouble).",
    this.#series.members,
    outcomes.map((outcome) => ({ outcome })),
  );
  readonly #failures = this.#countTable(
    "probe_failures_total",
    "Failed probes by cause.",
    this.#series.members,
    failCauses.map((cause) => ({ cause })),
  );
  readonly #transitions = this.#countTable(
    "member_transitions_total",
    "Changes of a member's health.",
    this.#series.members,
    ["healthy", "unhealthy"].map((to) => ({ to })),
  );
  readonly #failovers = this.#countTable(
    "failovers_total",
    "Moves by what triggered them, a person's switchover among them, and how they ended.",
    this.#series.groups,
    triggers.flatMap((trigger) => ["completed", "abandoned"].map((outcome) => ({ trigger, outcome }))),
  );
  readonly #blocked = this.#countTable(
    "moves_blocked_total",
    "Decisions in which a rule held back a move that was due, once for each change of the reason.",
    this.#series.groups,
    blockingRules.map((rule) => ({ rule })),
  );
  readonly #verifications = this.#countTable(
    "failover_verifications_total",
    "Moves by whether there was an answer through the address: verified (in time), unverified (not in time), late (after that).",
    this.#series.groups,
    verifications.map((outcome) => ({ outcome })),
  );
  readonly #drills = this.#counter("drills_total", "Drills by how they ended; skipped: it never began.", [
    "group",
    "outcome",
  ]);
  readonly #healthchecks = this.#counter(
    "stored_healthcheck_changes_total",
    "How often the healthcheck stored with the address was found to be another one, the first time included.",
    ["group"],
  );
  readonly #distrust = this.#counter(
    "self_distrust_total",
    "How often we stopped believing ourselves, by cause.",
    ["cause"],
  );
  readonly #journalWrites = this.#counter(
    "journal_writes_total",
    "Entries of the journal by result: ok is on the disk, failed is in memory only.",
    ["result"],
  );
  readonly #requests = this.#counter(
    "provider_requests_total",
    "Requests to a provider by operation and HTTP status, or why there was none.",
    ["provider", "operation", "code"],
  );
  readonly #retries = this.#counter(
    "provider_retries_total",
    "Questions to a provider that were asked again.",
    ["provider"],
  );
  readonly #throttled = this.#counter(
    "provider_throttled_total",
    "Answers by which a provider wants fewer requests: 429, or 5xx with a Retry-After.",
    ["provider"],
  );
  readonly #heldBack = this.#counter(
    "provider_held_back_total",
    "Questions that were not asked, or not asked again: retry-budget, retry-after, queue.",
    ["provider", "reason"],
  );
  readonly #probeSeconds = this.#table(
    new HistogramTable({
      name: "failoverd_probe_duration_seconds",
      help: "How long probes took.",
      buckets: probeBuckets,
      rows: this.#series.members,
    }),
  );
  readonly #latenessSeconds = this.#histogram(
    "probe_start_lateness_seconds",
    "How much later than planned probes started: our own delay, not the target's.",
    latenessBuckets,
    [],
  );
  readonly #queueSeconds = this.#histogram(
    "probe_queue_seconds",
    "How long probes waited for their turn once they were begun, such as for others to finish their TLS handshakes: our own delay, and no part of how long they took.",
    latenessBuckets,
    [],
  );
  readonly #probeCrashes = this.#counter(
    "probe_thread_crashes_total",
    "How often the thread that probes broke and was begun anew.",
    [],
  );
  readonly #moveSeconds = this.#histogram(
    "failover_duration_seconds",
    "Where the time of a completed move went: detection, decision, steps, verification; and the outage that clients saw.",
    moveBuckets,
    ["group", "stage"],
  );
  readonly #requestSeconds = this.#histogram(
    "provider_request_duration_seconds",
    "How long requests to a provider took.",
    requestBuckets,
    ["provider", "operation"],
  );

  /** Groups whose last move is neither verified nor counted as unverified. */
  readonly #unanswered = new Set<string>();

  constructor(version: string) {
    this.#gauges = createGauges(this.#registry, this.#series);
    this.#tables.push(...this.#gauges.tables);
    registerProcessMetrics(this.#registry, version);
  }

  /** Creates the series of a config that was just loaded, counters at 0. */
  configLoaded(config: Config, wallNow: number): void {
    this.#gauges.reloadSuccessful.set(1);
    this.#gauges.reloadTimestamp.set(wallNow / 1000);
    for (const result of ["ok", "failed"]) this.#journalWrites.inc({ result }, 0);
    for (const cause of Object.keys(distrustCauses)) this.#distrust.inc({ cause }, 0);
    for (const { name: provider } of config.providers) {
      this.#retries.inc({ provider }, 0);
      this.#throttled.inc({ provider }, 0);
      for (const reason of heldBackReasons) this.#heldBack.inc({ provider, reason }, 0);
    }
    for (const each of config.groups) {
      const { name: group, members, calendar } = each;
      if (usesStored(each)) this.#healthchecks.inc({ group }, 0);
      if (calendar.drill !== null)
        for (const outcome of drillOutcomes) this.#drills.inc({ group, outcome }, 0);
      this.#series.groupRow(group);
      for (const { name: member } of members) this.#series.memberRow(group, member);
    }
  }

  /** A config was not taken over, since it has problems. */
  configRefused(): void {
    this.#gauges.reloadSuccessful.set(0);
  }

  /** Removes the series of groups, members and providers that are in this config no more. */
  async forgetOthersThan({ groups, providers }: Config): Promise<void> {
    this.#series.keep(
      new Map(groups.map(({ name, members }) => [name, new Set(members.map((member) => member.name))])),
    );
    const known = {
      group: new Set(groups.map(({ name }) => name)),
      storing: new Set(groups.flatMap((group) => (usesStored(group) ? [group.name] : []))),
      drilled: new Set(groups.flatMap(({ name, calendar }) => (calendar.drill === null ? [] : [name]))),
      provider: new Set(providers.map(({ name }) => name)),
    };
    for (const metric of this.#kept) {
      const { values } = await metric.get();
      for (const value of values) {
        // A bucket of a histogram is no series of its own.
        const { le: _, ...labels }: Partial<Record<string, string | number>> = value.labels;
        const { group, provider } = labels;
        const isKnown =
          (group === undefined || known.group.has(String(group))) &&
          (metric !== this.#drills || known.drilled.has(String(group))) &&
          (metric !== this.#healthchecks || known.storing.has(String(group))) &&
          (provider === undefined || known.provider.has(String(provider)));
        if (!isKnown) metric.remove(labels);
      }
    }
  }

  journalWritten(result: "ok" | "failed"): void {
    this.#journalWrites.inc({ result });
  }

  take(event: DaemonEvent): void {
    switch (event.type) {
      case "probe":
        this.#takeProbe(event);
        return;
      case "transition":
        this.#transitions.count(this.#series.memberRow(event.group, event.member), event.to);
        return;
      case "decision":
        if (!event.again && stateOf(event.plan.rule) === "blocked") {
          this.#blocked.count(this.#series.groupRow(event.group), event.plan.rule);
        }
        if (isUnverified(event.plan) && this.#unanswered.delete(event.group)) {
          this.#verifications.count(this.#series.groupRow(event.group), "unverified");
        }
        return;
      case "verified": {
        const { group, late, afterMs, outageMs } = event;
        this.#unanswered.delete(group);
        this.#verifications.count(this.#series.groupRow(group), late ? "late" : "verified");
        this.#moveSeconds.observe({ group, stage: "verification" }, afterMs / 1000);
        this.#moveSeconds.observe({ group, stage: "outage" }, outageMs / 1000);
        return;
      }
      case "move-ended": {
        const { group, move, outcome, stages } = event;
        this.#failovers.count(this.#series.groupRow(group), `${move.trigger} ${outcome}`);
        if (outcome === "abandoned") return;
        this.#unanswered.add(group);
        for (const [stage, ms] of Object.entries(stages)) {
          if (typeof ms === "number") this.#moveSeconds.observe({ group, stage }, ms / 1000);
        }
        return;
      }
      case "drill":
        if (event.outcome !== null) this.#drills.inc({ group: event.group, outcome: event.outcome });
        return;
      case "healthcheck":
        if (event.from !== event.to) this.#healthchecks.inc({ group: event.group });
        return;
      case "trust":
        if (event.distrust !== null) this.#distrust.inc({ cause: event.distrust.cause });
        return;
      case "request": {
        const { operation, code, durationMs } = event.record;
        this.#requests.inc({ provider: event.provider, operation, code });
        this.#requestSeconds.observe({ provider: event.provider, operation }, durationMs / 1000);
        return;
      }
      case "traffic":
        return this.#takeTraffic(event.provider, event.news);
      case "probe-crash":
        this.#probeCrashes.inc();
        return;
      case "reading":
      case "behind":
      case "path-probe":
      case "brown-out":
      case "preflight":
      case "question":
      case "situation":
      case "order":
      case "maintenance":
      case "holders":
      case "move-started":
      case "step-started":
      case "step-ended":
    }
  }

  #takeTraffic(provider: string, news: TrafficNews): void {
    if (news.kind === "retry") this.#retries.inc({ provider });
    else if (news.kind === "throttled") this.#throttled.inc({ provider });
    else if (news.kind === "held-back") this.#heldBack.inc({ provider, reason: news.reason });
  }

  #takeProbe({ group, member, result, latenessMs }: Extract<DaemonEvent, { readonly type: "probe" }>): void {
    const row = this.#series.memberRow(group, member);
    this.#attempts.count(row, result.outcome);
    if (result.outcome === "fail") this.#failures.count(row, result.cause);
    this.#probeSeconds.take(row, result.durationMs / 1000);
    this.#latenessSeconds.observe(latenessMs / 1000);
    this.#queueSeconds.observe(result.queuedMs / 1000);
  }

  /**
   * @param snapshot only looked at before this returns. What is gone by the time when it would be written is left out.
   * @returns the page, in the text format of Prometheus, version 0.0.4, piece by piece, with turns of the event loop between them. Others
   *   may be begun before it is read: each says of groups and members what its own snapshot says.
   */
  page(snapshot: DaemonSnapshot): AsyncIterable<string> {
    const self = this.#gauges.take(snapshot);
    const owners = this.#series.owners();
    return inPieces(this.#written([...self, ...this.#tables.map((table) => table.text(owners))]));
  }

  async *#written(begun: readonly Iterable<string>[]): AsyncIterable<Iterable<string>> {
    yield* begun;
    for (const { name } of this.#registry.getMetricsAsArray())
      yield [await this.#registry.getSingleMetricAsString(name), "\n"];
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #table<T extends Written>(table: T): T {
    this.#tables.push(table);
    return table;
  }

  #countTable(name: string, help: string, rows: Rows, columns: ScalarTableParts["columns"]): CountTable {
    return this.#table(new CountTable({ name: `failoverd_${name}`, help, rows, columns }));
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    const registers = [this.#registry];
    const counter = new Counter<L>({ name: `failoverd_${name}`, help, labelNames, registers });
    this.#kept.push(counter);
    return counter;
  }

  #histogram<L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly L[],
  ): Histogram<L> {
    const registers = [this.#registry];
    const histogram = new Histogram<L>({ name: `failoverd_${name}`, help, buckets, labelNames, registers });
    this.#kept.push(histogram);
    return histogram;
  }
}

/** The last move is not verified: the group holds, or the next member is due, also when that may not be. */
function isUnverified(plan: Plan): boolean {
  const decided = plan.kind === "hold" ? plan.decision?.rule : null;
  return plan.rule === "unverified" || plan.rule === "next-member" || decided === "next-member";
}
