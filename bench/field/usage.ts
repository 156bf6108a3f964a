/** What a process uses, from `/proc`: the same for every program, whatever it is written in. */
import { readdirSync, readFileSync } from "node:fs";

/**
 * CPU time of all threads of the process, user and system, since each began. Microseconds.
 *
 * `schedstat` counts in nanoseconds what `utime` and `stime` of `stat` round to ticks of 10 ms; where the kernel does not have it,
 * these are taken.
 */
export function cpuUsedUs(pid: number): number {
  let used = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      used += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1_000;
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (Number(thread) === pid) return ticksUs(pid);
      // A thread that has just ended.
    }
  }
  return used;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
}

function ticksUs(pid: number): number {
  // The name of the program may hold spaces and parentheses; what is counted comes after its last one.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Resident memory, shared pages counted in full. Megabytes of 1,000,000 bytes. */
export function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kib) * 1_024) / 1e6;
}
