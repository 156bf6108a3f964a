/**
 * Runs the deterministic simulation by hand: `node scripts/sim.ts --seeds 200 --hours 24 --seed 1`.
 *
 *   --seeds N     how many seeds, default 20          --seed S     the first of them, default 1
 *   --hours H     with faults on, default 24          --with K,K   fault kinds that are enabled in any case
 *   --watched     every member is watched
 *   --print       the whole history of one seed       --lines N    of history for each violation, default 40
 *   --jobs N      threads, default one for each core
 *
 * Exit code: 0 when no rule was broken, 1 when one was, 2 when the arguments make no sense.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { faultNames, type FaultKind } from "../test/sim/faults.ts";
import { simulateAll } from "../test/sim/pool.ts";
import { simulate, type Result } from "../test/sim/simulation.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    hours: { type: "string", default: "24" },
    lines: { type: "string", default: "40" },
    jobs: { type: "string", default: String(availableParallelism()) },
    with: { type: "string", default: "" },
    watched: { type: "boolean", default: false },
    print: { type: "boolean", default: false },
  },
});

const first = whole("seed", values.seed);
const count = values.print ? 1 : whole("seeds", values.seeds);
const hours = Number(values.hours);
const lines = whole("lines", values.lines);
const jobs = whole("jobs", values.jobs);
const also = values.with.split(",").filter((name) => name !== "");
const strange = also.filter((name) => !faultNames.includes(name as FaultKind));
if (!(hours > 0)) refuse(`--hours must be a number above 0: ${values.hours}`);
if (jobs < 1) refuse(`--jobs must be a number above 0: ${values.jobs}`);
if (strange.length > 0) refuse(`--with knows ${faultNames.join(", ")}: got ${strange.join(", ")}`);

/** What takes no longer than this needs no word about how far it is. Milliseconds. */
const patienceMs = 1_000;

const totals = {
  seeds: 0,
  days: 0,
  events: 0,
  violating: 0,
  faults: new Map<string, number>(),
  counts: new Map<string, number>(),
};
const startedAt = performance.now();
let toldAt = startedAt;
const common = { hours, also: also as FaultKind[], watched: values.watched };
if (values.print) add(await simulate({ ...common, seed: String(first), sink: (line) => console.log(line) }));
else {
  const seeds = Array.from({ length: count }, (_, i) => String(first + i));
  for await (const result of simulateAll({ ...common, seeds, jobs })) add(result);
}
tell("");
summarize();
process.exitCode = totals.violating > 0 ? 1 : 0;

function add(result: Result): void {
  totals.seeds += 1;
  totals.days += result.simulatedMs / 86_400_000;
  totals.events += result.events;
  for (const [kind, n] of result.faults) totals.faults.set(kind, (totals.faults.get(kind) ?? 0) + n);
  for (const [what, n] of result.counts) totals.counts.set(what, (totals.counts.get(what) ?? 0) + n);
  if (result.violations.length > 0) report(result);
  if (performance.now() - toldAt < patienceMs) return;
  toldAt = performance.now();
  tell(
    `${totals.seeds}/${count} seeds, ${totals.days.toFixed(0)} days, ${totals.violating} with a violation`,
  );
}

function report(result: Result): void {
  totals.violating += 1;
  tell("");
  console.log(`seed ${result.seed}: ${result.violations.join(" | ")}`);
  if (values.print || lines === 0) return;
  for (const line of result.newest.slice(-lines)) console.log(`    ${line}`);
}

/** How far it is, in place of what was told before. */
function tell(text: string): void {
  if (process.stderr.isTTY && toldAt > startedAt) process.stderr.write(`\r\u001B[K${text}`);
}

function summarize(): void {
  const seconds = (performance.now() - startedAt) / 1_000;
  const list = (map: ReadonlyMap<string, number>): string =>
    [...map]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, n]) => `${name} ${n}`)
      .join(", ");
  console.log(
    `${count} seeds from ${first}, ${totals.days.toFixed(1)} simulated days, ${totals.events} events in ${seconds.toFixed(1)} s ` +
      `(${((totals.days / seconds) * 3_600).toFixed(0)} days an hour), ${totals.violating} seeds with a violation`,
  );
  console.log(`seen: ${list(totals.counts)}`);
  console.log(`faults: ${list(totals.faults)}`);
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) refuse(`--${name} must be a whole number: ${text}`);
  return value;
}

function refuse(text: string): never {
  console.error(text);
  process.exit(2);
}
