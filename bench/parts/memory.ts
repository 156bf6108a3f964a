/** Resident memory of the whole process, as it has settled, before it is ever scraped and after some scrapes. */
import { setTimeout as sleep } from "node:timers/promises";
import { Daemon } from "../field/daemon.ts";
import { Targets } from "../field/targets.ts";
import { residentMb } from "../field/usage.ts";
import { configText, startCloud } from "../field/world.ts";
import type { MemoryRow } from "../report/result.ts";
import { median } from "../report/stats.ts";
import { freshFolder, type Bench, type Step } from "./bench.ts";

/** A thousand probes a second at most, so that what is compared are targets, not probes. */
const wanted: readonly Pick<MemoryRow, "targets" | "intervalMs">[] = [
  ...[0, 10, 100, 1_000].map((targets) => ({ targets, intervalMs: 1_000 })),
  { targets: 10_000, intervalMs: 10_000 },
];
const settledS = 40;
const quickSettledS = 5;
/** The last looks of it, one a second, of which the median counts. */
const looks = 10;
const scrapes = 10;

export function memorySteps(): readonly Step[] {
  return wanted.map((row) => ({
    part: "memory",
    prepare: async (bench) => ({
      measure: async () => [await measureMemory(row, bench)],
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  }));
}

async function measureMemory(
  { targets, intervalMs }: (typeof wanted)[number],
  bench: Bench,
): Promise<MemoryRow> {
  const settled = bench.quick ? quickSettledS : settledS;
  await using opened = await Targets.open([{ targets: Math.max(targets, 2), tls: false }], null);
  await using stack = new AsyncDisposableStack();
  const cloud = await startCloud(targets);
  stack.defer(() => cloud.close());
  const folder = freshFolder(bench, "memory");
  const pace = `interval: ${intervalMs}ms, timeout: 900ms`;
  const config = configText(
    { mode: "tcp", targets, port: opened.port(0), pace, caFile: null },
    cloud,
    folder,
  );
  const daemon = stack.use(new Daemon({ program: bench.program, folder, config }));
  await daemon.url();
  await sleep((settled - Math.min(looks, settled)) * 1_000);
  const before = await lookAgain(daemon, Math.min(looks, settled), () => Promise.resolve());
  const after = await lookAgain(
    daemon,
    bench.quick ? 3 : scrapes,
    async () => void (await daemon.scrape(bench.agent)),
  );
  bench.say(
    `${targets} targets: ${before.toFixed(1)} MB resident, ${after.toFixed(1)} MB when it is scraped`,
  );
  return { targets, intervalMs, residentMb: before, scrapedMb: after, settledS: settled };
}

/** @returns the median of so many looks, a second apart. */
async function lookAgain(daemon: Daemon, times: number, act: () => Promise<void>): Promise<number> {
  const seen: number[] = [];
  for (let i = 0; i < times; i++) {
    await act();
    await sleep(1_000);
    seen.push(residentMb(daemon.pid));
  }
  return median(seen);
}
