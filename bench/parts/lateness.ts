/**
 * How late probes start, and whether a target that is well is ever blamed: idle, and while the daemon is asked and disturbed in
 * every way that is not its business of probing. The figures are the daemon's own; a window begins and ends with a scrape, so
 * an idle one has two of them at its edges.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Agent } from "undici";
import { Daemon } from "../field/daemon.ts";
import { placesWhereBehind } from "../field/behind.ts";
import type { Scrape } from "../field/scrape.ts";
import { strain } from "../field/strain.ts";
import { Targets } from "../field/targets.ts";
import { configText, startCloud } from "../field/world.ts";
import { strains, type LatenessRow, type OverloadRow, type Strain } from "../report/result.ts";
import { bucketsSince, edgeOfAll, quantile, type Buckets } from "../report/stats.ts";
import { freshFolder, type Bench, type Prepared, type Step } from "./bench.ts";

const sizes: Readonly<Record<"quick" | "full", readonly number[]>> = {
  quick: [1_000],
  full: [10, 100, 1_000, 5_000, 10_000],
};
const intervalMs = 1_000;
const timeoutMs = 900;

/** Twice what is thought to be too much for a core. */
const tooMany = { targets: 10_000, intervalMs: 500, timeoutMs: 450 } as const;

export function latenessSteps(bench: Bench): readonly Step[] {
  return sizes[bench.quick ? "quick" : "full"].map((targets) => ({
    part: "lateness",
    prepare: async (bench) => {
      const stage = await setStage({ targets, intervalMs, timeoutMs }, bench);
      await stage.daemon.ready(bench.agent);
      await sleep(bench.quick ? 1_000 : 5_000);
      return {
        measure: () => measureStrains(stage, bench),
        [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
      };
    },
  }));
}

export function overloadSteps(): readonly Step[] {
  return [{ part: "overload", prepare: prepareOverload }];
}

interface Pace {
  readonly targets: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

interface Stage extends AsyncDisposable {
  readonly targets: number;
  readonly daemon: Daemon;
  readonly opened: Targets;
}

async function setStage({ targets, intervalMs, timeoutMs }: Pace, bench: Bench): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const opened = stack.use(await Targets.open([{ targets, tls: false }], null));
  const cloud = await startCloud(targets);
  stack.defer(() => cloud.close());
  const folder = freshFolder(bench, "lateness");
  const pace = `interval: ${intervalMs}ms, timeout: ${timeoutMs}ms`;
  const config = configText(
    { mode: "tcp", targets, port: opened.port(0), pace, caFile: null },
    cloud,
    folder,
  );
  const core = bench.quick ? "serving" : "probing";
  const daemon = stack.use(new Daemon({ program: bench.program, folder, config, core, collects: true }));
  const owned = stack.move();
  return { targets, daemon, opened, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

async function measureStrains(stage: Stage, bench: Bench): Promise<readonly LatenessRow[]> {
  await stage.daemon.child.moveTo("probing");
  const [windows, windowMs, kinds]: readonly [number, number, readonly Strain[]] = bench.quick
    ? [1, 2_000, ["idle", "all"]]
    : [5, 5_000, strains];
  const taken = new Map<Strain, Window[]>(kinds.map((kind) => [kind, []]));
  for (let i = 0; i < windows; i++) {
    for (const kind of kinds) {
      await sleep(200);
      taken
        .get(kind)
        ?.push(await takeWindow(stage.daemon, bench.agent, () => strained(kind, stage, windowMs)));
    }
  }
  return kinds.map((kind) =>
    latenessRow(stage.targets, kind, { windowMs, all: taken.get(kind) ?? [], bench }),
  );
}

function latenessRow(
  targets: number,
  strain: Strain,
  {
    windowMs,
    all,
    bench,
  }: { readonly windowMs: number; readonly all: readonly Window[]; readonly bench: Bench },
): LatenessRow {
  const row = { targets, intervalMs, strain, windows: all.length, windowMs, ...summary(all) };
  bench.say(
    `${targets} targets every second, ${strain}: p50 ${row.p50Ms.toFixed(1)} ms, p99 ${row.p99Ms.toFixed(1)} ms, ` +
      `${row.falseFails} of ${row.probes} blamed a target, ${row.inconclusive} inconclusive`,
  );
  return row;
}

async function strained(kind: Strain, { daemon, targets }: Stage, ms: number): Promise<void> {
  await strain(kind, {
    url: await daemon.url(),
    groups: Math.max(1, targets / 2),
    collect: () => daemon.collect(),
    ms,
  });
}

interface Window {
  readonly lateness: Buckets;
  readonly attempts: Scrape["attempts"];
}

async function takeWindow(daemon: Daemon, agent: Agent, act: () => Promise<void>): Promise<Window> {
  const before = await daemon.scrape(agent);
  await act();
  const after = await daemon.scrape(agent);
  const { pass, fail, inconclusive } = before.attempts;
  return {
    lateness: bucketsSince(after.lateness, before.lateness),
    attempts: {
      pass: after.attempts.pass - pass,
      fail: after.attempts.fail - fail,
      inconclusive: after.attempts.inconclusive - inconclusive,
    },
  };
}

type Summary = Pick<LatenessRow, "probes" | "p50Ms" | "p99Ms" | "maxBelowMs" | "falseFails" | "inconclusive">;

function summary(windows: readonly Window[]): Summary {
  const edges = new Set(windows.flatMap(({ lateness }) => [...lateness.keys()]));
  const sum = (of: (window: Window) => number): number =>
    windows.reduce((total, window) => total + of(window), 0);
  const lateness = new Map([...edges].map((le) => [le, sum((window) => window.lateness.get(le) ?? 0)]));
  const edge = edgeOfAll(lateness);
  return {
    probes: lateness.get(Infinity) ?? 0,
    p50Ms: quantile(lateness, 0.5) * 1_000,
    p99Ms: quantile(lateness, 0.99) * 1_000,
    maxBelowMs: edge === Infinity ? null : edge * 1_000,
    falseFails: sum(({ attempts }) => attempts.fail),
    inconclusive: sum(({ attempts }) => attempts.inconclusive),
  };
}

async function prepareOverload(bench: Bench): Promise<Prepared> {
  const stage = await setStage(tooMany, bench);
  await stage.daemon.url();
  return {
    measure: async () => [await measureOverload(stage, bench)],
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

async function measureOverload({ daemon, opened }: Stage, bench: Bench): Promise<OverloadRow> {
  await sleep(10_000);
  const [before, started] = [await opened.count(0), performance.now()];
  const window = await takeWindow(daemon, bench.agent, () => sleep(10_000));
  const perSecond = ((await opened.count(0)) - before) / ((performance.now() - started) / 1_000);
  const { targets, intervalMs } = tooMany;
  const seenIn = await placesWhereBehind(daemon, bench.agent);
  const row = {
    targets,
    intervalMs,
    wantedPerSecond: (targets * 1_000) / intervalMs,
    perSecond,
    ...summary([window]),
    seenIn,
  };
  bench.say(
    `${row.wantedPerSecond} probes a second wanted, ${perSecond.toFixed(0)} made, p99 ${row.p99Ms.toFixed(0)} ms late, ` +
      `${row.falseFails} blamed a target, seen in ${seenIn.join(", ") || "nothing"}`,
  );
  return row;
}
