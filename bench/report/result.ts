/** What the benchmarks measure, as it is kept in `bench/results` and shown in `docs/benchmarks.md`. */

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  /** What probes had a core for itself. */
  readonly pinned: boolean;
}

/** Null: it is not installed, or not known. */
export interface Versions {
  readonly failoverd: string;
  readonly commit: string | null;
  readonly node: string;
  readonly haproxy: string | null;
  readonly blackbox: string | null;
}

/** Processes ready to run, on the average of the minute before and of the last minute of it. */
export interface Load {
  readonly before: number;
  readonly after: number;
}

/** One part, and where and when it was measured. */
export interface Measured<Row> {
  /** RFC 3339. */
  readonly at: string;
  readonly quick: boolean;
  readonly seconds: number;
  readonly machine: Machine;
  readonly versions: Versions;
  readonly load: Load;
  readonly rows: readonly Row[];
}

/** Beside how many targets, probed every second, detection is measured. The last are as many as one core can do. */
export const besides = [10, 1_000, 10_000] as const;

export const contenders = ["failoverd", "haproxy", "blackbox"] as const;
export type Contender = (typeof contenders)[number];

/** CPU that a probe costs; the windows of all who are compared were taken in turn. */
export interface CostRow {
  readonly mode: "tcp" | "http" | "https";
  readonly targets: number;
  readonly intervalMs: number;
  readonly windows: number;
  readonly windowMs: number;
  /** Null: it was not there. */
  readonly by: Readonly<Record<Contender, Cost | null>>;
}

export interface Cost {
  /** Median of the windows. Microseconds of CPU time for one probe, the whole process. */
  readonly cpuUs: number;
  /** Each window. */
  readonly allUs: readonly number[];
  /** Probes a second that were really made. */
  readonly perSecond: number;
  /** Of one core. */
  readonly share: number;
  readonly residentMb: number;
}

export const strains = ["idle", "scrapes", "api", "collections", "all"] as const;
export type Strain = (typeof strains)[number];

/** How late probes start, by the daemon's own histogram. */
export interface LatenessRow {
  readonly targets: number;
  readonly intervalMs: number;
  readonly strain: Strain;
  readonly windows: number;
  readonly windowMs: number;
  readonly probes: number;
  /** Over all windows. Milliseconds; within a bucket of the histogram they are interpolated. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The edge of the bucket of the latest one. Null: beyond the last edge. */
  readonly maxBelowMs: number | null;
  /** Probes that blamed a target; all targets were well. */
  readonly falseFails: number;
  readonly inconclusive: number;
}

/** More than a core can do. */
export interface OverloadRow {
  readonly targets: number;
  readonly intervalMs: number;
  readonly wantedPerSecond: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly falseFails: number;
  readonly inconclusive: number;
  /** Where it said that it is behind: the metric, the log, the detail of `/readyz`. */
  readonly seenIn: readonly ("metric" | "log" | "readyz")[];
}

export interface MemoryRow {
  readonly targets: number;
  readonly intervalMs: number;
  /** After it has run for `settledS`. Megabytes of 1,000,000 bytes. */
  readonly residentMb: number;
  /** And has been scraped ten times, a second apart. */
  readonly scrapedMb: number;
  readonly settledS: number;
}

export const faults = ["kill", "hang"] as const;

/** What was asked of a target's pace, and how soon its death was noticed and mended. */
export interface DetectionRow {
  /** Of the pace: its name in the table. */
  readonly pace: string;
  readonly healthcheck: string;
  readonly fault: (typeof faults)[number];
  /** Targets that were probed beside it. */
  readonly beside: number;
  /** The printed contract. Milliseconds. */
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly trials: readonly DetectionTrial[];
}

/** Milliseconds since the holder died. Null: it has not come to pass within the patience. */
export interface DetectionTrial {
  readonly detectedMs: number | null;
  readonly decidedMs: number | null;
  /** The first call about this group after the detection, and the first that changes something. */
  readonly firstCallMs: number | null;
  readonly firstChangeMs: number | null;
  /** The first answered request through the address. */
  readonly answeredMs: number | null;
  /** HAProxy, which checks the same servers at the same pace. */
  readonly haproxyDetectedMs: number | null;
  readonly haproxyAnsweredMs: number | null;
  /** What the disk takes to keep a page, right afterwards: before a call the journal has to be on it. */
  readonly syncMs: number;
}

export interface StartRow {
  readonly how: "source" | "build" | "build, compile cache";
  readonly targets: number;
  readonly starts: number;
  /** Medians, from the start of the process. Milliseconds. */
  readonly listeningMs: number;
  readonly firstProbeMs: number;
  readonly readyMs: number;
}

export interface Results {
  readonly cost?: Measured<CostRow>;
  readonly lateness?: Measured<LatenessRow>;
  readonly overload?: Measured<OverloadRow>;
  readonly memory?: Measured<MemoryRow>;
  readonly detection?: Measured<DetectionRow>;
  readonly start?: Measured<StartRow>;
}

export type Part = keyof Results;
export const parts: readonly Part[] = ["cost", "lateness", "overload", "memory", "detection", "start"];
