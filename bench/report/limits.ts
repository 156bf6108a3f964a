/** What the engine must reach, and whether it does. */
import {
  besides,
  parts,
  type CostRow,
  type DetectionTrial,
  type Part,
  type Results,
  type Strain,
} from "./result.ts";
import { median } from "./stats.ts";
import { whole } from "./table.ts";

export interface Limit {
  readonly part: Part;
  readonly what: string;
  /** The figure at most, in this unit. */
  readonly limit: number;
  readonly unit: "×" | "ms" | "MB" | "kB" | "probes" | "places" | "trials";
  /** Null: it was not measured. */
  readonly measured: number | null;
}

/** @returns `reached`, `missed by 12 %`, or `not measured`. */
export function verdictOf({ limit, measured }: Limit): string {
  if (measured === null) return "not measured";
  if (measured <= limit) return "reached";
  return limit === 0 ? `missed by ${measured}` : `missed by ${Math.ceil((measured / limit - 1) * 100)} %`;
}

/** Who is compared, at 1,000 targets, and how many times its cost a probe may cost. */
const costs: readonly (readonly [CostRow["mode"], "haproxy" | "blackbox", number])[] = [
  ["tcp", "haproxy", 2.1],
  ["tcp", "blackbox", 1 / 4],
  ["http", "haproxy", 1.8],
  ["http", "blackbox", 1 / 6],
  ["https", "haproxy", 1.4],
  ["https", "blackbox", 1],
];

export const contenderNames = {
  failoverd: "failoverd",
  haproxy: "HAProxy",
  blackbox: "blackbox_exporter",
} as const;

export function limitsOf(results: Results): readonly Limit[] {
  return [
    ...costs.map(([mode, rival, limit]): Limit => {
      const measured = ratioOf(results.cost?.rows ?? [], mode, rival);
      const what = `CPU of ${mode.toUpperCase()} probes at 1,000 targets, against ${contenderNames[rival]}`;
      return { part: "cost", what, limit, unit: "×", measured };
    }),
    ...(["idle", "scrapes"] as const).flatMap((strain) => latenessLimits(results, strain)),
    ...overloadLimits(results),
    ...memoryLimits(results),
    ...detectionLimits(results),
  ].toSorted((a, b) => parts.indexOf(a.part) - parts.indexOf(b.part));
}

/** @returns how many times the other's cost a probe costs. Null: one of them was not measured. */
export function ratioOf(
  rows: readonly CostRow[],
  mode: CostRow["mode"],
  rival: "haproxy" | "blackbox",
  targets = 1_000,
): number | null {
  const row = rows.find((row) => row.mode === mode && row.targets === targets);
  const [own, other] = [row?.by.failoverd, row?.by[rival]];
  const ratio = own && other ? own.cpuUs / other.cpuUs : Number.NaN;
  // Without a probe in any window there is no figure.
  return Number.isFinite(ratio) ? ratio : null;
}

function latenessLimits({ lateness }: Results, strain: Strain): readonly Limit[] {
  const row = lateness?.rows.find((row) => row.targets === 5_000 && row.strain === strain);
  const when = strain === "idle" ? "" : ", while being scraped every second";
  const what = (figure: string): string => `${figure} of 5,000 TCP targets every second${when}`;
  return [
    {
      part: "lateness",
      what: what("p99 start lateness"),
      limit: 20,
      unit: "ms",
      measured: row?.p99Ms ?? null,
    },
    {
      part: "lateness",
      what: what("false failures"),
      limit: 0,
      unit: "probes",
      measured: row?.falseFails ?? null,
    },
  ];
}

function overloadLimits({ overload }: Results): readonly Limit[] {
  const row = overload?.rows[0];
  const measured = row === undefined ? null : 3 - row.seenIn.length;
  return [
    {
      part: "overload",
      what: "false failures at 20,000 probes a second",
      limit: 0,
      unit: "probes",
      measured: row?.falseFails ?? null,
    },
    {
      part: "overload",
      what: "of metric, log and `/readyz`, those that do not say then that it is behind",
      limit: 0,
      unit: "places",
      measured,
    },
  ];
}

function memoryLimits({ memory }: Results): readonly Limit[] {
  const at = (targets: number): number | null =>
    memory?.rows.find((row) => row.targets === targets)?.residentMb ?? null;
  const [few, many] = [at(1_000), at(10_000)];
  const each = few === null || many === null ? null : ((many - few) * 1_000) / 9_000;
  return [
    { part: "memory", what: "resident with 1,000 targets", limit: 120, unit: "MB", measured: few },
    { part: "memory", what: "resident for each target more", limit: 6, unit: "kB", measured: each },
  ];
}

function detectionLimits({ detection }: Results): readonly Limit[] {
  return besides.flatMap((beside) => {
    const rows = (detection?.rows ?? []).filter((row) => row.beside === beside);
    const callMs = rows.flatMap(({ trials }) => trials).flatMap((trial) => decisionToCallMs(trial) ?? []);
    const call = { part: "detection", limit: 5, unit: "ms" } as const;
    const where = `beside ${whole(beside)} targets`;
    const what = `from the decision to the first provider call, ${where}`;
    return [
      { ...call, what: `${what}, the median`, measured: callMs.length === 0 ? null : median(callMs) },
      { ...call, what: `${what}, the longest`, measured: callMs.length === 0 ? null : Math.max(...callMs) },
      {
        part: "detection",
        what: `detections outside the printed contract, ${where}`,
        limit: 0,
        unit: "trials",
        measured: rows.length === 0 ? null : rows.reduce((sum, row) => sum + outsideContract(row), 0),
      },
    ];
  });
}

/** @returns null: one of the two has not come to pass. */
export function decisionToCallMs({ decidedMs, firstChangeMs }: DetectionTrial): number | null {
  return decidedMs === null || firstChangeMs === null ? null : Math.max(0, firstChangeMs - decidedMs);
}

/** @returns how many of the trials were detected too early, too late or not at all. */
export function outsideContract(row: {
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly trials: readonly DetectionTrial[];
}): number {
  return row.trials.filter(
    ({ detectedMs }) => detectedMs === null || detectedMs < row.earliestMs || detectedMs > row.latestMs,
  ).length;
}
