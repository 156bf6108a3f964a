/** The probe thread: nothing else runs in it, so nothing else makes a probe late. It ends with the thread that began it. */
import { getPriority, setPriority } from "node:os";
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
 * The nice value of this thread while it goes first, of -20 to 19. Where there is one core only, a page of metrics or a collection of garbage
 * in another thread would make probes late.
 */
const firstNice = -10;

/** As all threads of the process have it; usually 0. */
const usualNice = getPriority();

const port = parentPort;
if (port === null) throw new Error("The probe thread cannot run by itself: failoverd starts it");
const { version }: WorkerSettings = workerData;
const resolve = createResolver();
const services = { now: () => systemClock.now(), resolve, version };
const host = new ProbeHost({
  clock: systemClock,
  proberOf: (target) => new PreparedProbe(target, services),
  openWatch: (target, listener) => openWatch(target, resolve, listener),
  goFirst,
  send: (report: Report) => port.postMessage(report, report.kind === "results" ? [report.rows.buffer] : []),
});
port.on("message", (command: Command) => {
  host.take(command);
  if (command.kind === "stop") port.unref();
});

function goFirst(isFirst: boolean): void {
  // Elsewhere it would be the nice value of the whole process.
  if (process.platform !== "linux") return;
  try {
    setPriority(isFirst ? firstNice : usualNice);
  } catch {
    // Not permitted. With a core to spare it makes no difference.
  }
}
