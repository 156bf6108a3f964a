/**
 * The holder dies: how long until it is found dead, until the cloud is first called, until somebody answers through the address
 * again, and whether that is what the contract promised. HAProxy checks the same servers at the same pace.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Simulator } from "../../src/simulator/simulator.ts";
import type { Child } from "../field/child.ts";
import { Daemon, programFile } from "../field/daemon.ts";
import { Haproxy } from "../field/haproxy.ts";
import { firstAnswer } from "../field/outage.ts";
import { Targets } from "../field/targets.ts";
import {
  elasticWorld,
  pairGroups,
  pairOf,
  pairProxies,
  proxySocket,
  type Pair,
  type PaceUnderTest,
} from "../field/watched-pairs.ts";
import { configText, startCloud } from "../field/world.ts";
import { besides, type DetectionRow, type DetectionTrial } from "../report/result.ts";
import { median } from "../report/stats.ts";
import { freshFolder, type Bench, type Prepared, type Step } from "./bench.ts";

/** What is waited for after a death. Milliseconds. */
const patienceMs = 15_000;
/** A call that is seen so little before the line that explains it is of it all the same. Milliseconds. */
const togetherMs = 5;

const plain: PaceUnderTest = {
  name: "1 s, 3 strikes",
  healthcheck: "interval: 1s, timeout: 500ms, strikes-fail: 3",
  haproxy: "inter 1s fall 3",
  timeoutMs: 500,
};
const fast: PaceUnderTest = {
  name: "the same, then 200 ms",
  healthcheck: "interval: 1s, fast-interval: 200ms, timeout: 200ms, strikes-fail: 3",
  haproxy: "inter 1s fastinter 200ms fall 3",
  timeoutMs: 200,
};
/** HAProxy has nothing like it without traffic. */
const watching: PaceUnderTest = {
  ...fast,
  name: "the same, watched",
  healthcheck: `${fast.healthcheck}, watch: true`,
};

interface Extent {
  readonly besides: readonly number[];
  readonly trials: number;
  /** From death to death. No divisor of an interval, and so that few groups fail together. Milliseconds. */
  readonly apartMs: number;
}

const extents: Readonly<Record<"quick" | "full", Extent>> = {
  quick: { besides: [1_000], trials: 4, apartMs: 177 },
  full: { besides, trials: 12, apartMs: 1_370 },
};

export function detectionSteps(bench: Bench): readonly Step[] {
  const { besides, trials, apartMs } = extents[bench.quick ? "quick" : "full"];
  return besides.map((beside) => ({
    part: "detection",
    prepare: (bench) => prepareDetection({ beside, trials, apartMs }, bench),
  }));
}

interface Wanted {
  readonly beside: number;
  readonly trials: number;
  readonly apartMs: number;
}

async function prepareDetection({ beside, trials, apartMs }: Wanted, bench: Bench): Promise<Prepared> {
  const kinds = [
    [plain, "kill"],
    [plain, "hang"],
    [fast, "kill"],
    [fast, "hang"],
  ] as const;
  const all = isKnown("watch") ? [...kinds, [watching, "kill"] as const] : kinds;
  const pairs = Array.from({ length: trials }, (_, t) =>
    all.map(([pace, fault], k) => pairOf(t * all.length + k, pace, fault)),
  ).flat();

  await using stack = new AsyncDisposableStack();
  const opened = stack.use(await Targets.open([{ targets: beside, tls: false }], null));
  const observer = new Observer(bench.has.haproxy);
  const cloud = await startCloud(beside, elasticWorld(pairs), () => observer.look(cloud));
  stack.defer(() => cloud.close());
  const folder = freshFolder(bench, "detection");
  const watched = {
    mode: "tcp",
    targets: beside,
    port: opened.port(0),
    pace: "interval: 1s, timeout: 900ms",
  } as const;
  const config = configText({ ...watched, caFile: null }, cloud, folder, pairGroups(pairs, cloud));
  const core = bench.quick ? "serving" : "probing";
  const daemon = stack.use(new Daemon({ program: bench.program, folder, config, core }));
  const proxies = pairProxies(pairs, cloud, bench.folder);
  const haproxy = bench.has.haproxy
    ? stack.use(
        await Haproxy.start({
          folder: bench.folder,
          name: `pairs-${beside}`,
          config: proxies,
          core: "serving",
        }),
      )
    : null;
  const contracts = await contractsOf(daemon.configFile, bench);
  await daemon.ready(bench.agent);
  observer.follow(daemon.child);
  if (haproxy !== null) observer.follow(haproxy.child);
  const owned = stack.move();
  return {
    measure: async () => {
      await daemon.child.moveTo("probing");
      await sleep(500);
      const trialsOf = await killInTurn(pairs, { observer, cloud, folder: bench.folder, apartMs });
      return all.map(([pace, fault]) => {
        const own = pairs.filter((pair) => pair.pace === pace && pair.fault === fault);
        const { earliestMs, latestMs } = contracts.get(own[0]?.name ?? "") ?? { earliestMs: 0, latestMs: 0 };
        const row: DetectionRow = {
          pace: pace.name,
          healthcheck: pace.healthcheck,
          fault,
          beside,
          earliestMs,
          latestMs,
          trials: own.flatMap((pair) => trialsOf.get(pair.name) ?? []),
        };
        bench.say(summary(row));
        return row;
      });
    },
    [Symbol.asyncDispose]: async () => owned.disposeAsync(),
  };
}

function summary({ pace, fault, beside, earliestMs, latestMs, trials }: DetectionRow): string {
  const of = (key: keyof DetectionTrial): string =>
    median(trials.map((trial) => trial[key] ?? NaN)).toFixed(0);
  return (
    `${fault}, ${pace}, beside ${beside}: detected after ${of("detectedMs")} ms (contract ${earliestMs} to ${latestMs}), ` +
    `first call ${of("firstCallMs")}, answered ${of("answeredMs")}; HAProxy ${of("haproxyDetectedMs")}, ${of("haproxyAnsweredMs")}`
  );
}

interface Play {
  readonly observer: Observer;
  readonly cloud: Simulator;
  readonly folder: string;
  readonly apartMs: number;
}

async function killInTurn(pairs: readonly Pair[], play: Play): Promise<ReadonlyMap<string, DetectionTrial>> {
  const trials = await Promise.all(
    pairs.map(async (pair, i) => {
      await sleep(i * play.apartMs);
      return [pair.name, await tryPair(pair, play)] as const;
    }),
  );
  return new Map(trials);
}

async function tryPair(
  { name, fault, ip, ids }: Pair,
  { observer, cloud, folder }: Play,
): Promise<DetectionTrial> {
  const victim = cloud.backends.get(`${name}-a`);
  const forward = cloud.forwards.get(ip);
  if (victim === undefined || forward === undefined) throw new Error(`There is no pair ${name}`);
  const signal = AbortSignal.timeout(patienceMs);
  const killedAt = performance.now();
  await victim[fault]();
  const since = (at: number | null): number | null => (at === null ? null : at - killedAt);
  const [answered, byProxy, detected, decided, byHaproxy] = await Promise.all([
    firstAnswer(forward, victim.name, signal),
    observer.hasHaproxy ? firstAnswer({ socketPath: proxySocket(folder, name) }, victim.name, signal) : null,
    observer.line(`"group":"${name}","member":"${victim.name}","from":"healthy","to":"unhealthy"`, signal),
    observer.line(`"group":"${name}"`, signal, "decided to attach"),
    observer.hasHaproxy ? observer.line(`Server ${name}/${victim.name} is DOWN`, signal) : null,
  ]);
  const from = (detected ?? Infinity) - togetherMs;
  return {
    detectedMs: since(detected),
    decidedMs: since(decided),
    firstCallMs: since(observer.firstRequest(ids, from, false)),
    firstChangeMs: since(observer.firstRequest(ids, from, true)),
    answeredMs: since(answered),
    haproxyDetectedMs: since(byHaproxy),
    haproxyAnsweredMs: since(byProxy),
    syncMs: await syncOnce(join(folder, "synced")),
  };
}

/** @returns how long the disk takes to keep a page of that file. Milliseconds. */
async function syncOnce(path: string): Promise<number> {
  await using file = await open(path, "a");
  await file.write(Buffer.alloc(4_096));
  const began = performance.now();
  await file.datasync();
  return performance.now() - began;
}

/** Notes when each line of the programs, and each request to the cloud, is seen: all by one clock. */
class Observer {
  readonly hasHaproxy: boolean;
  readonly #listeners = new Set<(line: string) => void>();
  readonly #requests: { readonly at: number; readonly changes: boolean; readonly text: string }[] = [];
  #lastRequest = 0;

  constructor(hasHaproxy: boolean) {
    this.hasHaproxy = hasHaproxy;
  }

  /** Notes its lines from now on. */
  follow(child: Child): void {
    child.onLine((line) => this.#listeners.forEach((listener) => listener(line)));
  }

  /** Whenever something has happened in the cloud. */
  look(cloud: Simulator): void {
    const seenAt = performance.now();
    for (const { number, method, path, body, durationMs } of cloud.world.requests.entries) {
      if (number <= this.#lastRequest) continue;
      this.#lastRequest = number;
      const at = seenAt - durationMs;
      this.#requests.push({ at, changes: method !== "GET", text: `${path} ${body}` });
    }
  }

  /** @returns when a line with these texts is said, or null when the signal aborts first. */
  line(text: string, signal: AbortSignal, also = ""): Promise<number | null> {
    return new Promise((resolve) => {
      const end = (at: number | null): void => {
        this.#listeners.delete(listener);
        resolve(at);
      };
      const listener = (line: string): void => {
        if (line.includes(text) && line.includes(also)) end(performance.now());
      };
      this.#listeners.add(listener);
      signal.addEventListener("abort", () => end(null));
    });
  }

  firstRequest(ids: readonly string[], from: number, changes: boolean): number | null {
    const isOurs = (text: string): boolean => ids.some((id) => text.includes(id));
    const found = this.#requests.find(
      (request) => request.at >= from && (request.changes || !changes) && isOurs(request.text),
    );
    return found?.at ?? null;
  }
}

type Contract = Pick<DetectionRow, "earliestMs" | "latestMs">;

/** @returns what `failoverd plan` prints for the holder of each group. */
async function contractsOf(config: string, bench: Bench): Promise<ReadonlyMap<string, Contract>> {
  const args = [programFile(bench.program), "plan", "--offline", "--json", "--config", config];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    maxBuffer: 2 ** 28,
    timeout: 60_000,
  });
  const { groups } = JSON.parse(stdout) as {
    readonly groups: readonly { readonly group: string; readonly contract: readonly Contract[] }[];
  };
  return new Map(
    groups.flatMap(({ group, contract: [holder] }) => (holder === undefined ? [] : [[group, holder]])),
  );
}

/** @returns whether the config of this version has such a key. */
function isKnown(key: string): boolean {
  const schema = readFileSync(new URL("../../config/schema.json", import.meta.url), "utf8");
  return schema.includes(`"${key}":`);
}
