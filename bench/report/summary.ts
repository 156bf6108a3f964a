/** The few figures that are watched from change to change. */
import { decisionToCallMs, limitsOf, outsideContract, ratioOf, verdictOf } from "./limits.ts";
import type { DetectionRow, DetectionTrial, LatenessRow, Results } from "./result.ts";
import { median } from "./stats.ts";

export interface Summary {
  /** How many times the other's CPU time a probe costs, at 1,000 targets. */
  readonly ratios: Readonly<Record<string, Readonly<Record<"haproxy" | "blackbox", number | null>>>>;
  /** With 1,000 targets every second. */
  readonly lateness: readonly Pick<LatenessRow, "strain" | "p50Ms" | "p99Ms" | "maxBelowMs" | "falseFails">[];
  /** Medians since the death of the holder, in milliseconds. */
  readonly stages: readonly Stages[];
  readonly limits: readonly { readonly what: string; readonly measured: number; readonly verdict: string }[];
}

interface Stages extends Pick<DetectionRow, "fault" | "pace" | "earliestMs" | "latestMs"> {
  readonly detectedMs: number;
  readonly outsideContract: number;
  readonly firstCallMs: number;
  readonly decisionToCallMs: number;
  readonly answeredMs: number;
  readonly haproxyDetectedMs: number;
  readonly haproxyAnsweredMs: number;
}

export function summaryOf(results: Results): Summary {
  const costs = results.cost?.rows ?? [];
  return {
    ratios: Object.fromEntries(
      (["tcp", "http", "https"] as const).map((mode) => [
        mode,
        { haproxy: ratioOf(costs, mode, "haproxy"), blackbox: ratioOf(costs, mode, "blackbox") },
      ]),
    ),
    lateness: (results.lateness?.rows ?? [])
      .filter(({ targets }) => targets === 1_000)
      .map(({ strain, p50Ms, p99Ms, maxBelowMs, falseFails }) => ({
        strain,
        p50Ms,
        p99Ms,
        maxBelowMs,
        falseFails,
      })),
    stages: (results.detection?.rows ?? []).filter(({ beside }) => beside === 1_000).map(stagesOf),
    limits: limitsOf(results).flatMap((limit) =>
      limit.measured === null
        ? []
        : [{ what: limit.what, measured: limit.measured, verdict: verdictOf(limit) }],
    ),
  };
}

function stagesOf(row: DetectionRow): Stages {
  const { fault, pace, earliestMs, latestMs, trials } = row;
  const of = (key: keyof DetectionTrial): number => middle(trials.map((trial) => trial[key]));
  return {
    fault,
    pace,
    earliestMs,
    latestMs,
    detectedMs: of("detectedMs"),
    outsideContract: outsideContract(row),
    firstCallMs: of("firstCallMs"),
    decisionToCallMs: middle(trials.map(decisionToCallMs)),
    answeredMs: of("answeredMs"),
    haproxyDetectedMs: of("haproxyDetectedMs"),
    haproxyAnsweredMs: of("haproxyAnsweredMs"),
  };
}

function middle(values: readonly (number | null)[]): number {
  return median(values.filter((value) => value !== null));
}
