/** `docs/benchmarks.md`, made of what was measured; also what is printed after a run. */
import { contenderNames, decisionToCallMs, limitsOf, outsideContract, ratioOf, verdictOf } from "./limits.ts";
import {
  contenders,
  type CostRow,
  type DetectionRow,
  type DetectionTrial,
  type LatenessRow,
  type Measured,
  type MemoryRow,
  type OverloadRow,
  type Results,
  type StartRow,
} from "./result.ts";
import { median } from "./stats.ts";
import { figure, table, whole } from "./table.ts";

export function benchmarksPage(results: Results): string {
  return `${[intro, limitsSection(results), ...sections(results)].join("\n\n")}\n`;
}

/** @returns the tables alone. */
export function tablesOf(results: Results): string {
  return [limitsSection(results), ...sections(results)].join("\n\n");
}

const intro = `# Benchmarks

\`npm run bench -- --record\` measures all of this anew and writes this page; \`npm run bench -- --help\` tells of each part, \`npm run bench -- --quick\`
takes less than a minute. What was measured is in \`bench/results\`.

The real daemon is measured from outside, with journal, metrics, API and a simulated cloud on loopback. What probes has a core for
itself; the targets, the cloud and whoever asks share another. HAProxy and blackbox_exporter are Debian's packages.

What is missed, and why: [CPU](decisions/0022-what-a-probe-still-costs.md), [memory](decisions/0021-memory-is-spared-where-it-was-wasted.md).
The longest times of detection are those beside 10,000 targets every second, which are as much as one core can do:
[how that is borne](decisions/0015-probes-have-a-thread-of-their-own.md).`;

function limitsSection(results: Results): string {
  const rows = limitsOf(results).map((limit) => [
    limit.what,
    `${figure(limit.limit)} ${limit.unit}`,
    limit.measured === null ? "–" : `${figure(limit.measured)} ${limit.unit}`,
    verdictOf(limit),
  ]);
  return `## What it must reach\n\n${table(["What", "at most", "measured", ""], rows)}`;
}

function sections({
  cost,
  lateness,
  overload,
  memory,
  detection,
  start,
  ...results
}: Results): readonly string[] {
  return [
    section("Cost of a probe", cost, costText, (rows) => costTable(rows)),
    section("Start lateness", lateness, latenessText, (rows) => latenessTable(rows)),
    section("More than a core can do", overload, overloadText, (rows) => overloadTable(rows)),
    section("Memory", memory, memoryText, (rows) => memoryTable(rows)),
    section("Detection", detection, detectionText, (rows) => detectionTables(rows)),
    section("Start", start, startText, (rows) => startTable(rows)),
    growthSection({ cost, lateness, memory, detection, ...results } as Results),
  ];
}

function section<Row>(
  title: string,
  measured: Measured<Row> | undefined,
  text: string,
  tables: (rows: readonly Row[]) => string,
): string {
  if (measured === undefined) return `## ${title}\n\n${text}\n\nNot measured.`;
  return `## ${title}\n\n${text}\n\n${whereAndWhen(measured)}\n\n${tables(measured.rows)}`;
}

function whereAndWhen({ at, quick, machine, versions, load }: Measured<unknown>): string {
  const { cpu, cores, memoryGb, kernel, pinned } = machine;
  const { failoverd, commit, node, haproxy, blackbox } = versions;
  const core = `${cores} ${cores === 1 ? "core" : "cores"}${pinned ? ", one for what probes" : ""}`;
  const others = [haproxy && `HAProxy ${haproxy}`, blackbox && `blackbox_exporter ${blackbox}`].filter(
    Boolean,
  );
  const line =
    `Measured${quick ? " quickly" : ""} ${at.slice(0, 16).replace("T", " ")} UTC: ${cpu}, ${core}, ${memoryGb} GB, Linux ${kernel}; ` +
    `failoverd ${failoverd} (${commit ?? "unknown commit"}), Node ${node.slice(1)}${others.map((each) => `, ${each}`).join("")}; ` +
    `load ${load.before} before, ${load.after} at the end.`;
  return load.before > cores / 2
    ? `${line} **The machine was busy with something else: only what was measured in turn can be compared.**`
    : line;
}

const costText = `CPU time of the whole process, all threads, user and system, divided by the probes that were made: microseconds. A fresh connection for each
probe, a full handshake with TLS 1.3 and a verified certificate. Medians of windows that were taken in turn.`;

function costTable(rows: readonly CostRow[]): string {
  const head = [
    "Probes",
    "a second",
    ...contenders.map((name) => contenderNames[name]),
    "× HAProxy",
    "× blackbox",
    "core",
    "windows",
  ];
  return table(
    head,
    rows.map(({ mode, targets, intervalMs, windows, windowMs, by }) => [
      `${mode}, ${whole(targets)} every ${intervalMs / 1_000} s`,
      contenders.map((name) => figure(by[name]?.perSecond)).join(" / "),
      ...contenders.map((name) => figure(by[name]?.cpuUs)),
      figure(ratioOf(rows, mode, "haproxy", targets)),
      figure(ratioOf(rows, mode, "blackbox", targets)),
      contenders
        .map((name) => (by[name] === null ? "–" : `${figure((by[name]?.share ?? 0) * 100)} %`))
        .join(" / "),
      `${windows} × ${windowMs / 1_000} s`,
    ]),
  );
}

const latenessText = `How much later than planned TCP probes start, by the daemon's own histogram, and how many of them blamed a target that was well. With
\`scrapes\` it is scraped every second; with \`api\` it is asked 50 times a second why a group is as it is and once a second for its whole status, and 100
clients listen to its events; with \`collections\` its main thread collects all garbage once a second; \`all\` is all of these at once.`;

function latenessTable(rows: readonly LatenessRow[]): string {
  return table(
    [
      "Targets every second",
      "while",
      "p50 ms",
      "p99 ms",
      "all below ms",
      "probes",
      "blamed a target",
      "inconclusive",
    ],
    rows.map((row) => [
      whole(row.targets),
      row.strain,
      figure(row.p50Ms),
      figure(row.p99Ms),
      row.maxBelowMs === null ? "beyond" : figure(row.maxBelowMs),
      whole(row.probes),
      whole(row.falseFails),
      whole(row.inconclusive),
    ]),
  );
}

const overloadText = `Ten thousand targets twice a second are more than a core can probe. It must fall behind where one can see it, and blame nobody.`;

function overloadTable(rows: readonly OverloadRow[]): string {
  return table(
    ["Wanted a second", "made", "p50 ms late", "p99 ms late", "blamed a target", "inconclusive", "seen in"],
    rows.map((row) => [
      whole(row.wantedPerSecond),
      figure(row.perSecond),
      figure(row.p50Ms),
      figure(row.p99Ms),
      whole(row.falseFails),
      whole(row.inconclusive),
      row.seenIn.join(", ") || "nothing",
    ]),
  );
}

const memoryText = `Resident memory of the process with TCP targets, in megabytes of a million bytes: settled, and after it has been scraped ten times. A config
has at least one group; that of \`0\` is probed every five minutes.`;

function memoryTable(rows: readonly MemoryRow[]): string {
  return table(
    ["Targets", "every", "resident MB", "when scraped MB", "settled for"],
    rows.map((row) => [
      whole(row.targets),
      `${row.intervalMs / 1_000} s`,
      figure(row.residentMb),
      figure(row.scrapedMb),
      `${row.settledS} s`,
    ]),
  );
}

const detectionText = `The holder of an Elastic IP dies (\`kill\`: its connections are reset and refused; \`hang\`: it accepts and never answers) at any instant of an
interval, and the address moves to the other member. Medians in milliseconds since then, with the longest in brackets. The simulated cloud takes 400 ms
to attach. HAProxy checks the same two servers at the same pace, with the second one as its backup. keepalived is left out: its checks drive IPVS, and
what it moves is an address within one network segment. Between the decision and the call the journal is brought to the disk; what the same disk
takes for a page right afterwards is beside it, and has the long times too.`;

function detectionTables(rows: readonly DetectionRow[]): string {
  const of = ({ trials }: DetectionRow, key: keyof DetectionTrial): string =>
    spread(trials.map((trial) => trial[key]));
  const detected = table(
    ["Fault and pace", "beside", "contract", "detected", "outside", "HAProxy detected"],
    rows.map((row) => [
      `${row.fault}, ${row.pace}`,
      whole(row.beside),
      `${whole(row.earliestMs)} to ${whole(row.latestMs)}`,
      of(row, "detectedMs"),
      `${outsideContract(row)} of ${row.trials.length}`,
      of(row, "haproxyDetectedMs"),
    ]),
  );
  const mended = table(
    [
      "Fault and pace",
      "beside",
      "first call",
      "decided",
      "decision to the call",
      "a synced write",
      "first answer",
      "through HAProxy",
    ],
    rows.map((row) => [
      `${row.fault}, ${row.pace}`,
      whole(row.beside),
      of(row, "firstCallMs"),
      of(row, "decidedMs"),
      spread(row.trials.map(decisionToCallMs)),
      of(row, "syncMs"),
      of(row, "answeredMs"),
      of(row, "haproxyAnsweredMs"),
    ]),
  );
  const paces = new Map(rows.map((row) => [row.pace, row.healthcheck]));
  const list = [...paces].map(([pace, healthcheck]) => `- ${pace}: \`${healthcheck}\``).join("\n");
  return `${list}\n\n${detected}\n\n${mended}`;
}

/** Median and longest of those that came to pass. */
function spread(values: readonly (number | null)[]): string {
  const seen = values.filter((value) => value !== null);
  return seen.length === 0 ? "–" : `${figure(median(seen))} (${figure(Math.max(...seen))})`;
}

const startText = `From the start of the process, medians in milliseconds. \`build\` is what \`npm run build\` makes; the compile cache is Node's, warm.`;

function startTable(rows: readonly StartRow[]): string {
  return table(
    ["Program", "targets", "listens", "first probe", "all groups judged", "starts"],
    rows.map((row) => [
      row.how,
      whole(row.targets),
      figure(row.listeningMs),
      figure(row.firstProbeMs),
      figure(row.readyMs),
      String(row.starts),
    ]),
  );
}

/** The figures of the other parts once more, by the number of targets. */
function growthSection({ cost, lateness, memory, detection }: Results): string {
  const sizes = [10, 100, 1_000, 5_000, 10_000];
  const rows = sizes.map((targets) => {
    const costs = cost?.rows.find((row) => row.mode === "tcp" && row.targets === targets)?.by;
    const idle = lateness?.rows.find((row) => row.targets === targets && row.strain === "idle");
    const killed = detection?.rows.find((row) => row.beside === targets && row.fault === "kill");
    return [
      whole(targets),
      figure(costs?.failoverd?.cpuUs),
      figure(costs?.haproxy?.cpuUs),
      figure(costs?.blackbox?.cpuUs),
      figure(idle?.p99Ms),
      figure(memory?.rows.find((row) => row.targets === targets)?.residentMb),
      killed === undefined ? "–" : spread(killed.trials.map((trial) => trial.detectedMs)),
    ];
  });
  const head = [
    "TCP targets",
    "CPU µs",
    "HAProxy",
    "blackbox_exporter",
    "p99 ms late",
    "resident MB",
    "detection ms",
  ];
  return `## How it grows\n\nThe same figures by the number of targets; a pace of 1 s, idle.\n\n${table(head, rows)}`;
}
