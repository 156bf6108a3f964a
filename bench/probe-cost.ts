/**
 * What one probe costs this process, in CPU microseconds: the code of src/probes alone, without scheduler and daemon.
 *
 *   npm run bench:probe-cost -- [--modes tcp,http,https] [--windows 5] [--seconds 3] [--rate N]
 *                               [--against DIR] [--ways node] [--profile DIR] [--json]
 *
 * Each way of probing runs in a process of its own on one core, the targets in another on the other core. Windows of all
 * ways take turns, and the median of each is printed; the figure is `process.cpuUsage` of a window over its probes, so it
 * holds the kernel's work, garbage collection and compilation. A probe is a fresh connection each time, unless the way says
 * what it keeps. `--against` names
 * another checkout of this repository to compare with, `--ways node` adds what Node and undici offer, `--profile` writes a
 * CPU profile of each process.
 */
import { availableParallelism } from "node:os";
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Ports } from "./probe-cost-target.ts";
import type { Order, Window } from "./probe-cost-way.ts";

const { values } = parseArgs({
  options: {
    modes: { type: "string", default: "tcp,http,https" },
    windows: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    rate: { type: "string" },
    against: { type: "string", multiple: true, default: [] },
    ways: { type: "string" },
    profile: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

const seconds = Number(values.seconds);
/** Probes started a second: what one core can do of each. */
const rates: Readonly<Record<string, number>> = { tcp: 1_000, http: 1_000, https: 250 };

/** By mode: what Node itself and undici offer. */
const nodeWays: Readonly<Record<string, readonly string[]>> = {
  tcp: ["net.connect"],
  http: ["http.get", "undici.request", "fetch"],
  https: ["https.get", "undici.request", "tls.connect, new context"],
};

/** By mode: what may be kept from one probe to the next. */
const keptWays: Readonly<Record<string, readonly string[]>> = {
  http: ["src/probes with reuse"],
  https: ["src/probes with resume", "src/probes with reuse"],
};

interface Way {
  readonly mode: string;
  readonly name: string;
  readonly child: ChildProcess;
  readonly windows: Window[];
}

/** @returns a child that runs `script` on that core, once it has said that it is ready, and what it said. */
async function startOn(
  core: number,
  script: string,
  args: readonly string[],
): Promise<[ChildProcess, unknown]> {
  const profile =
    values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${resolve(values.profile)}`];
  const child = fork(join(import.meta.dirname, script), [...args], {
    execArgv: ["--expose-gc", ...(script === "probe-cost-way.ts" ? profile : [])],
  });
  if (availableParallelism() > 1 || core === 0) {
    spawnSync("taskset", ["-a", "-pc", String(core), String(child.pid)], { stdio: "ignore" });
  }
  const [message]: unknown[] = await once(child, "message");
  return [child, message];
}

async function runWindow(way: Way): Promise<void> {
  const order: Order = { seconds, rate: Number(values.rate ?? rates[way.mode]) };
  way.child.send(order);
  const [window] = (await once(way.child, "message")) as [Window];
  way.windows.push(window);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

const [target, ports] = (await startOn(1, "probe-cost-target.ts", [])) as [ChildProcess, Ports];
const ways: Way[] = [];
for (const mode of values.modes.split(",")) {
  const sources = ["src/probes", ...values.against.map((dir) => join(dir, "src/probes"))];
  const names = [
    ...sources,
    ...(keptWays[mode] ?? []),
    ...(values.ways === "node" ? (nodeWays[mode] ?? []) : []),
  ];
  for (const name of names) {
    const [child] = await startOn(0, "probe-cost-way.ts", [mode, name, JSON.stringify(ports)]);
    ways.push({ mode, name, child, windows: [] });
  }
}
for (let i = 0; i < Number(values.windows); i += 1) for (const way of ways) await runWindow(way);

const rows = ways.map(({ mode, name, windows }) => ({
  mode,
  way: name,
  cpuUs: Math.round(10 * median(windows.map(({ cpuUs }) => cpuUs))) / 10,
  ofKernelUs: Math.round(10 * median(windows.map(({ kernelUs }) => kernelUs))) / 10,
  leastCpuUs: Math.round(10 * Math.min(...windows.map(({ cpuUs }) => cpuUs))) / 10,
  notPassed: windows.reduce((sum, { notPassed }) => sum + notPassed, 0),
  perSecond: Math.round(median(windows.map(({ perSecond }) => perSecond))),
  bytesPerTarget: windows[0]?.bytesPerTarget ?? null,
}));
if (values.json) console.log(JSON.stringify({ node: process.version, seconds, rows }, null, 2));
else console.table(rows);
for (const { child } of [...ways, { child: target }]) {
  child.disconnect();
  await once(child, "exit");
}
