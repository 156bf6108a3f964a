/**
 * What a probe costs: CPU time of the whole process for one probe, failoverd beside HAProxy and blackbox_exporter.
 *
 * All are alive for the whole of a row, and their windows are taken in turn, so that whatever happens to the machine happens to
 * all of them. Who is not measured leaves the probing core: failoverd goes on at its pace on the other core or, where that would
 * be too much for it, is stopped; HAProxy's checks are turned off; nobody asks blackbox_exporter.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Blackbox } from "../field/blackbox.ts";
import { Daemon } from "../field/daemon.ts";
import { checkedBackend, Haproxy } from "../field/haproxy.ts";
import { Targets } from "../field/targets.ts";
import { cpuUsedUs, residentMb } from "../field/usage.ts";
import { configText, startCloud } from "../field/world.ts";
import { contenders, type Contender, type Cost, type CostRow } from "../report/result.ts";
import { median } from "../report/stats.ts";
import { freshFolder, type Bench, type Prepared, type Step } from "./bench.ts";

/** Above this, failoverd and the targets do not fit on one core together. Probes a second. */
const asideMax = 2_000;
/** blackbox_exporter is not asked for more than this: a core can't do it. Probes a second. */
const askedMax = 1_500;

const askedTargetsMax = 250;

/** What is compiled in its first minute is no cost of a probe. A quick run has no time for that: its ratios are of a daemon that is new. */
const settleMs = 60_000;

/** Windows of all in turn are a round. */
const turns = {
  quick: { windowMs: 900, roundsMin: 2, roundsMax: 5 },
  full: { windowMs: 3_000, roundsMin: 7, roundsMax: 7 },
} as const;

interface Wanted {
  readonly mode: CostRow["mode"];
  readonly targets: number;
  readonly intervalMs: number;
}

/** With TLS a core can do some hundreds of probes a second, so the interval is longer. */
const rows: Readonly<Record<"quick" | "full", readonly Wanted[]>> = {
  quick: [
    { mode: "tcp", targets: 1_000, intervalMs: 1_000 },
    { mode: "http", targets: 1_000, intervalMs: 1_000 },
    { mode: "https", targets: 1_000, intervalMs: 4_000 },
  ],
  full: [
    ...[10, 100, 1_000, 5_000, 10_000].map(
      (targets) => ({ mode: "tcp", targets, intervalMs: 1_000 }) as const,
    ),
    ...[1_000, 5_000].map((targets) => ({ mode: "http", targets, intervalMs: 1_000 }) as const),
    { mode: "https", targets: 1_000, intervalMs: 4_000 },
    { mode: "https", targets: 5_000, intervalMs: 20_000 },
  ],
};

export function costSteps(bench: Bench): readonly Step[] {
  return rows[bench.quick ? "quick" : "full"].map((wanted) => ({
    part: "cost",
    prepare: (bench) => prepareRow(wanted, bench),
  }));
}

/** Who probes, when it is its turn and when it is not. */
interface Prober extends AsyncDisposable {
  readonly name: Contender;
  readonly pid: number;
  /** It has the probing core for itself from now on. */
  begin(): Promise<void>;
  /** @returns probes since the beginning, when they can be counted. */
  count(): Promise<number | null>;
  end(): Promise<void>;
}

async function prepareRow(wanted: Wanted, bench: Bench): Promise<Prepared> {
  const { mode, targets } = wanted;
  await using stack = new AsyncDisposableStack();
  const door = { targets, tls: mode === "https" };
  const certificate = mode === "https" ? bench.certificate : null;
  // failoverd, HAProxy, and for blackbox_exporter, to which all are alike, a few.
  const doors = [door, door, { ...door, targets: Math.min(targets, askedTargetsMax) }];
  const opened = stack.use(await Targets.open(doors, certificate));
  const probers = [
    stack.use(await daemonProber(wanted, opened, bench)),
    ...(bench.has.haproxy ? [stack.use(await haproxyProber(wanted, opened, bench))] : []),
    ...(bench.has.blackbox ? [stack.use(await blackboxProber(wanted, opened, bench))] : []),
  ];
  const owned = stack.move();
  return {
    measure: async (ms) => [await measureRow(wanted, probers, { bench, ms })],
    [Symbol.asyncDispose]: async () => owned.disposeAsync(),
  };
}

async function measureRow(
  wanted: Wanted,
  probers: readonly Prober[],
  { bench, ms }: { readonly bench: Bench; readonly ms: number },
): Promise<CostRow> {
  const { mode, targets, intervalMs } = wanted;
  const { windowMs, roundsMin, roundsMax } = turns[bench.quick ? "quick" : "full"];
  const taken = new Map<Contender, Window[]>(probers.map(({ name }) => [name, []]));
  const started = performance.now();
  let rounds = 0;
  let roundMs = 0;
  // As many rounds as there is time for.
  while (rounds < roundsMin || (rounds < roundsMax && performance.now() + roundMs - started < ms)) {
    for (const prober of probers) {
      await prober.begin();
      taken.get(prober.name)?.push(await takeWindow(prober, windowMs, (targets * 1_000) / intervalMs));
      await prober.end();
    }
    rounds += 1;
    roundMs = (performance.now() - started) / rounds;
  }
  const by = Object.fromEntries(
    contenders.map((name) => {
      const prober = probers.find((each) => each.name === name);
      return [name, prober === undefined ? null : costOf(taken.get(name) ?? [], residentMb(prober.pid))];
    }),
  ) as CostRow["by"];
  const text = contenders.map((name) => `${name} ${by[name]?.cpuUs.toFixed(0) ?? "-"}`).join(", ");
  bench.say(
    `${mode}, ${targets} targets every ${intervalMs / 1_000} s, ${rounds} rounds: ${text} µs a probe`,
  );
  return { mode, targets, intervalMs, windows: rounds, windowMs, by };
}

interface Window {
  readonly probes: number;
  readonly cpuUs: number;
  readonly seconds: number;
}

/** @param nominal probes a second, taken for those who cannot be counted. */
async function takeWindow(prober: Prober, ms: number, nominal: number): Promise<Window> {
  const [before, used, started] = [await prober.count(), cpuUsedUs(prober.pid), performance.now()];
  await sleep(ms);
  const [cpuUs, seconds, after] = [
    cpuUsedUs(prober.pid) - used,
    (performance.now() - started) / 1_000,
    await prober.count(),
  ];
  return { cpuUs, seconds, probes: before === null || after === null ? nominal * seconds : after - before };
}

function costOf(windows: readonly Window[], residentMb: number): Cost {
  const allUs = windows.flatMap(({ cpuUs, probes }) => (probes > 0 ? cpuUs / probes : []));
  return {
    cpuUs: median(allUs),
    allUs,
    perSecond: median(windows.map(({ probes, seconds }) => probes / seconds)),
    share: median(windows.map(({ cpuUs, seconds }) => cpuUs / (seconds * 1e6))),
    residentMb,
  };
}

async function daemonProber(wanted: Wanted, opened: Targets, bench: Bench): Promise<Prober> {
  const { mode, targets, intervalMs } = wanted;
  await using stack = new AsyncDisposableStack();
  const cloud = await startCloud(targets);
  stack.defer(() => cloud.close());
  const folder = freshFolder(bench, "cost");
  const pace = `interval: ${intervalMs}ms, timeout: 900ms`;
  const watched = { mode, targets, port: opened.port(0), pace, caFile: bench.caFile };
  const config = configText(watched, cloud, folder);
  const daemon = stack.use(new Daemon({ program: bench.program, folder, config, core: "serving" }));
  await daemon.ready(bench.agent);
  await sleep(bench.quick ? 1_000 : settleMs);
  const aside = targets / (intervalMs / 1_000) <= asideMax;
  if (!aside) await daemon.child.moveTo("probing");
  const rest = async (): Promise<void> => {
    if (aside) await daemon.child.moveTo("serving");
    else daemon.child.signal("SIGSTOP");
  };
  if (!aside) await rest();
  const owned = stack.move();
  return {
    name: "failoverd",
    pid: daemon.pid,
    begin: async () => {
      if (aside) await daemon.child.moveTo("probing");
      else daemon.child.signal("SIGCONT");
      // A process that stood still first believes itself no more, and then gathers its evidence afresh.
      await sleep(aside ? 150 : 12_000);
    },
    count: () => opened.count(0),
    end: rest,
    [Symbol.asyncDispose]: async () => owned.disposeAsync(),
  };
}

async function haproxyProber(wanted: Wanted, opened: Targets, bench: Bench): Promise<Prober> {
  const { mode, targets, intervalMs } = wanted;
  const config = checkedBackend({ mode, targets, port: opened.port(1), intervalMs, caFile: bench.caFile });
  const haproxy = await Haproxy.start({ folder: bench.folder, name: `${mode}-${targets}`, config });
  const servers = Array.from({ length: targets }, (_, n) => `b/t${n}`);
  await haproxy.checks("disable", servers);
  return {
    name: "haproxy",
    pid: haproxy.pid,
    begin: async () => {
      await haproxy.checks("enable", servers);
      await sleep(150);
    },
    // It ends the check of a TCP port with a reset in the middle of the handshake, so that nothing is ever accepted.
    count: async () => (mode === "tcp" ? null : opened.count(1)),
    end: async () => haproxy.checks("disable", servers),
    [Symbol.asyncDispose]: () => haproxy[Symbol.asyncDispose](),
  };
}

async function blackboxProber(wanted: Wanted, opened: Targets, bench: Bench): Promise<Prober> {
  const { mode, targets, intervalMs } = wanted;
  const blackbox = await Blackbox.start(bench.folder, bench.caFile);
  const asked = {
    mode,
    targets: Math.min(targets, askedTargetsMax),
    port: opened.port(2),
    perSecond: Math.min(targets / (intervalMs / 1_000), askedMax),
  };
  let stop = new AbortController();
  let probing: ReturnType<Blackbox["probe"]> | null = null;
  return {
    name: "blackbox",
    pid: blackbox.pid,
    begin: async () => {
      stop = new AbortController();
      probing = blackbox.probe(asked, stop.signal);
      await sleep(150);
    },
    count: () => opened.count(2),
    end: async () => {
      stop.abort();
      const { up = 0, down = 0 } = (await probing) ?? {};
      if (down > up / 100) bench.say(`blackbox_exporter calls ${down} of ${up + down} probes failed`);
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await probing;
      await blackbox[Symbol.asyncDispose]();
    },
  };
}
