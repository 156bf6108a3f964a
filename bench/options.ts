/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import { parts, type Part } from "./report/result.ts";
import type { Program } from "./field/daemon.ts";

export interface Options {
  readonly parts: readonly Part[];
  readonly quick: boolean;
  readonly json: boolean;
  readonly record: boolean;
  /** Nothing is measured: the page is written from what was recorded. */
  readonly page: boolean;
  readonly program: Program;
}

/** Those of a quick run, when none is named. */
const quickParts: readonly Part[] = ["cost", "lateness", "detection"];

export const help = `npm run bench -- [PART ...] [--quick] [--json] [--record] [--source]

Measures the real daemon from outside and beside the field's best. Without a PART: all of them, about an hour.

  cost        CPU time of a probe over TCP, HTTP and HTTPS, beside HAProxy and blackbox_exporter
  lateness    how late probes start with 10 to 10,000 targets every second, idle and under strain, and false failures
  overload    20,000 probes a second: does it say that it is behind, and blame nobody?
  memory      resident memory with 0 to 10,000 targets
  detection   the death of a holder until detection, first call and first answer, beside HAProxy and the contract
  start       start of the process until the first probe and until all is judged

  --quick     less than 50 s for cost, lateness and detection at 1,000 targets: few and short windows
  --json      results as one JSON document on stdout; how far it is goes to stderr
  --record    keeps the results in bench/results/benchmarks.json, and writes docs/benchmarks.md from it
  --page      measures nothing; writes docs/benchmarks.md from what was recorded
  --source    runs the sources; otherwise dist is built first. --quick always does

HAProxy and blackbox_exporter are taken from the PATH (apt-get install haproxy prometheus-blackbox-exporter); without one of them
its columns stay empty. With two cores or more, what probes has core 1 for itself, and all else is on core 0: measure on a machine
that has nothing else to do. Everything is on loopback. Ctrl-C ends it and all that it has started.
`;

/** @returns a text when the arguments make no sense; null: help is asked for. */
export function optionsOf(args: readonly string[]): Options | string | null {
  const options = {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
    source: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
  const { values, positionals } = parsed;
  if (values.help) return null;
  const unknown = positionals.find((name) => !parts.includes(name as Part));
  if (unknown !== undefined) return `There is no part "${unknown}": there are ${parts.join(", ")}`;
  const named = parts.filter((part) => positionals.includes(part));
  const { quick, json, record, page } = values;
  return {
    parts: named.length > 0 ? named : quick ? quickParts : parts,
    quick,
    json,
    record,
    page,
    program: quick || values.source ? "source" : "build",
  };
}
