/** The probe thread: nothing else runs in it, so nothing else makes a probe late. It ends with the thread that began it. */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { PreparedProbe } from "../../probes/prepared-probe.ts";
import { createResolver } from "../../probes/resolve.ts";
import { openWatch } from "../../probes/watch-connection.ts";
import { systemClock } from "../clock.ts";
import { ProbeHost } from "./probe-host.ts";
import type { Command, Report } from "./thread-protocol.ts";

/** What the thread is given when it begins. */
export interface WorkerSettings {
  /** Of failoverd, for the `User-Agent`. */
  readonly version: string;
}

/**
 * The nice value of this thread, from -20, which goes first, to 19; 0 is the rule. Where there is one core only, a page of metrics or a
 * collection of garbage in another thread would make probes late.
 */
const niceValue = -10;

const port = parentPort;
if (port === null) throw new Error("The probe thread cannot run by itself: failoverd starts it");
const { version }: WorkerSettings = workerData;
goFirst();
const resolve = createResolver();
const services = { now: () => systemClock.now(), resolve, version };
const host = new ProbeHost({
  clock: systemClock,
  proberOf: (target) => new PreparedProbe(target, services),
  openWatch: (target, listener) => openWatch(target, resolve, listener),
  send: (report: Report) => port.postMessage(report, report.kind === "results" ? [report.rows.buffer] : []),
});
port.on("message", (command: Command) => {
  host.take(command);
  if (command.kind === "stop") port.unref();
});

function goFirst(): void {
  // Elsewhere it would be that of the whole process.
  if (process.platform !== "linux") return;
  try {
    setPriority(niceValue);
  } catch {
    // Not permitted. With a core to spare it makes no difference.
  }
}
