/**
 * How the daemon's process deals with its memory. V8 sets itself up for programs that come and go on large machines: on one of them the
 * daemon would let its heaps grow to several times of what is alive in them before it collects. It goes on for years beside other
 * programs, so it collects sooner, which costs it no measurable CPU time: what probes leave behind is dead within a second.
 *
 * It is set here and not on the command line, so that it holds however the daemon is started. docs/decisions/0021 has the figures.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const settings = [
  // Young objects have one megabyte in each thread, from the start and for ever.
  "--semi-space-growth-factor=1",
  "--max-semi-space-size=1",
  // Old ones are collected when they have become a quarter more than were alive the last time, in the probe thread at 8 MB at first.
  "--heap-growing-percent=25",
  "--initial-old-space-size=8",
  // A megabyte is collected sooner than four helpers are woken for it, which would happen for every 250 probes.
  "--no-parallel-scavenge",
  "--no-concurrent-array-buffer-sweeping",
] as const;

/** To be called before much is loaded: what this thread's heap has grown by then stays. Threads that begin later follow it too. */
export function spareMemory(): void {
  for (const setting of settings) setFlagsFromString(setting);
}

/**
 * Drops what only the start needed, such as the parsed config file. It takes up to some hundred milliseconds; from then on V8 knows how
 * much is alive, and goes by the settings.
 */
export function collectOnce(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect();
}
