/** From the start of the process until it listens, until its first probe arrives, and until every group has been judged. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Daemon, type Program } from "../field/daemon.ts";
import { Targets } from "../field/targets.ts";
import { configText, startCloud } from "../field/world.ts";
import type { StartRow } from "../report/result.ts";
import { median } from "../report/stats.ts";
import { freshFolder, type Bench, type Step } from "./bench.ts";

/** With the shortest interval there is, little of what is measured is waiting for a target's turn. Milliseconds. */
const intervalMs = 100;

const lookMs = 10;
const looksMax = 500;

const wanted: readonly Pick<StartRow, "how" | "targets">[] = [
  { how: "source", targets: 10 },
  { how: "build", targets: 10 },
  { how: "build, compile cache", targets: 10 },
  { how: "build, compile cache", targets: 1_000 },
];

export function startSteps(): readonly Step[] {
  return wanted.map((row) => ({
    part: "start",
    prepare: async (bench) => ({
      measure: async () => [await measureStarts(row, bench)],
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  }));
}

interface Started {
  readonly listeningMs: number;
  readonly firstProbeMs: number;
  readonly readyMs: number;
}

async function measureStarts({ how, targets }: (typeof wanted)[number], bench: Bench): Promise<StartRow> {
  const starts = bench.quick ? 2 : 7;
  const cache = join(bench.folder, `compiled-${how}`);
  const env = how.endsWith("cache") ? { NODE_COMPILE_CACHE: cache } : {};
  const program = how === "source" ? "source" : "build";
  const all: Started[] = [];
  // What the first one finds in no cache, the others do.
  for (let i = 0; i <= starts; i++) all.push(await start({ program, targets, env }, bench));
  const of = (key: keyof Started): number => median(all.slice(1).map((started) => started[key]));
  const row = {
    how,
    targets,
    starts,
    listeningMs: of("listeningMs"),
    firstProbeMs: of("firstProbeMs"),
    readyMs: of("readyMs"),
  };
  bench.say(
    `${how}, ${targets} targets: listens after ${row.listeningMs.toFixed(0)} ms, first probe after ` +
      `${row.firstProbeMs.toFixed(0)} ms, ready after ${row.readyMs.toFixed(0)} ms`,
  );
  return row;
}

interface Start {
  readonly program: Program;
  readonly targets: number;
  readonly env: Readonly<Record<string, string>>;
}

async function start({ program, targets, env }: Start, bench: Bench): Promise<Started> {
  await using opened = await Targets.open([{ targets, tls: false }], null);
  await using stack = new AsyncDisposableStack();
  const cloud = await startCloud(targets);
  stack.defer(() => cloud.close());
  const folder = freshFolder(bench, "start");
  const pace = `interval: ${targets > 100 ? 1_000 : intervalMs}ms, timeout: 90ms`;
  const config = configText(
    { mode: "tcp", targets, port: opened.port(0), pace, caFile: null },
    cloud,
    folder,
  );
  const startedAt = performance.timeOrigin + performance.now();
  const daemon = stack.use(new Daemon({ program, folder, config, env }));
  const sinceStart = (): number => performance.timeOrigin + performance.now() - startedAt;
  await daemon.url();
  const listeningMs = sinceStart();
  await daemon.ready(bench.agent);
  const readyMs = sinceStart();
  return { listeningMs, firstProbeMs: (await firstConnection(opened)) - startedAt, readyMs };
}

/** The kernel accepts for the targets, who may be told of it later. @returns milliseconds since 1970. */
async function firstConnection(opened: Targets): Promise<number> {
  for (let looks = 0; looks < looksMax; looks++) {
    const { firstAt } = await opened.counted(0);
    if (firstAt !== null) return firstAt;
    await sleep(lookMs);
  }
  throw new Error("The targets were not told of any connection");
}
