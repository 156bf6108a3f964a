/** What this process is and how it fares: build, event loop, memory and CPU, under the names that Prometheus users know. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";

/** How often the event loop's delay is sampled. Milliseconds; each time costs as much as half a probe. */
const resolutionMs = 100;

export function registerProcessMetrics(registry: Registry, version: string): void {
  const registers = [registry];
  new Gauge({
    name: "failoverd_build_info",
    help: "1, with the version as a label.",
    labelNames: ["version", "node_version"],
    registers,
  }).set({ version, node_version: process.version }, 1);

  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  new Gauge({
    name: "failoverd_event_loop_delay_seconds",
    help: "Delay of the event loop since the last scrape.",
    labelNames: ["stat"],
    registers,
    collect() {
      const stats = { p50: delay.percentile(50), p99: delay.percentile(99), max: delay.max };
      for (const [stat, delayNs] of Object.entries(stats)) {
        const delayMs = Math.max(0, delayNs / 1e6 - resolutionMs);
        this.set({ stat }, Number.isFinite(delayMs) ? delayMs / 1000 : 0);
      }
      delay.reset();
    },
  });

  new Gauge({
    name: "process_start_time_seconds",
    help: "Start of the process, in seconds since 1970.",
    registers,
  }).set(Math.round(Date.now() / 1000 - process.uptime()));
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
}
