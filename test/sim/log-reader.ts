/**
 * Reads the daemon's own log as an operator would who asks why an address did not move at 03:12: the newest lines up to that
 * instant are all that there is to go by. Whatever they do not tell, or tell otherwise than the planner thinks, is a gap.
 */
import pino from "pino";
import { isSameReason } from "../../src/core/reason.ts";
import type { DaemonEvent, Listener } from "../../src/daemon/events.ts";
import { eventLogger } from "../../src/daemon/log.ts";
import type { GroupSnapshot } from "../../src/daemon/snapshot.ts";
import type { SimProcess } from "./process.ts";
import type { Witness } from "./witness.ts";

interface LogLine {
  readonly msg: string;
  readonly group?: string;
  readonly rule?: string;
  readonly member?: string;
  readonly to?: string;
}

/** The log of one process, as far as it has been read. */
interface Log {
  readonly listener: Listener;
  /** The newest decision of each group. */
  readonly decisions: Map<string, LogLine>;
  /** The newest transition of each member, by group and member. */
  readonly transitions: Map<string, LogLine>;
}

export class LogReader implements Witness {
  readonly #logs = new Map<SimProcess, Log>();
  readonly gaps: string[] = [];
  /** How often a group's reason was compared, by its rule. */
  readonly compared: Map<string, number> = new Map<string, number>();
  lines = 0;

  hears(event: DaemonEvent, process: SimProcess): void {
    this.#logOf(process).listener(event);
  }

  sees(groups: readonly GroupSnapshot[], process: SimProcess): void {
    const log = this.#logOf(process);
    for (const group of groups) {
      this.#compare(group, log.decisions.get(group.name));
      for (const { name, realHealth } of group.members) {
        const told = log.transitions.get(`${group.name}/${name}`)?.to;
        // What is forgotten after a distrust is no transition: the first round that follows names those it is about.
        if (realHealth !== "unknown" && told !== realHealth)
          this.gaps.push(`${group.name}/${name} is ${realHealth}, and the log says ${told}`);
      }
    }
  }

  #compare({ name, rule, why }: GroupSnapshot, line: LogLine | undefined): void {
    // Before the first plan there is nothing to tell; while the provider is asked again, the decision before stands.
    if (rule === null || why === null || rule === "truth-stale") return;
    this.compared.set(rule, (this.compared.get(rule) ?? 0) + 1);
    if (line?.rule === rule && isSameReason(reasonOf(line), why)) return;
    this.gaps.push(`${name} thinks ${rule}: ${why}; the log says ${line?.rule}: ${line?.msg}`);
  }

  #logOf(process: SimProcess): Log {
    const known = this.#logs.get(process);
    if (known !== undefined) return known;
    const [decisions, transitions] = [new Map<string, LogLine>(), new Map<string, LogLine>()];
    const write = (text: string): void => {
      this.lines += 1;
      const line = JSON.parse(text) as LogLine;
      const { group = "", rule, member, to } = line;
      if (rule !== undefined) decisions.set(group, line);
      if (member !== undefined && to !== undefined) transitions.set(`${group}/${member}`, line);
    };
    const log = { listener: eventLogger(pino({ level: "info" }, { write })), decisions, transitions };
    this.#logs.set(process, log);
    return log;
  }
}

/** @returns what a line of a decision says, without the step that is taken or held back. */
function reasonOf({ msg }: LogLine): string {
  return msg
    .replace(/^(decided|would, but only watching,) to [^:]*: /, "")
    .replace(/ \(held back: [^)]*\)$/, "");
}
