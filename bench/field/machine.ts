/**
 * The machine on which is measured. With two cores or more, what probes has one of them for itself, and all that it needs, the
 * targets, the simulated cloud, whoever asks it, shares another.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { promisify } from "node:util";
import type { Machine, Versions } from "../report/result.ts";

const execute = promisify(execFile);

export type Core = "probing" | "serving";

/** Null: there is one core only, so nothing is pinned. */
const coreNumbers: Readonly<Record<Core, number>> | null =
  availableParallelism() < 2 ? null : { probing: 1, serving: 0 };

/** @returns the beginning of a command that runs the rest of it on that core. */
export function pinned(core: Core): readonly string[] {
  return coreNumbers === null ? [] : ["taskset", "-c", String(coreNumbers[core])];
}

/** Moves a running process with all its threads. */
export async function pin(pid: number, core: Core): Promise<void> {
  if (coreNumbers !== null) await execute("taskset", ["-acp", String(coreNumbers[core]), String(pid)]);
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    // Not `availableParallelism`: this process is pinned itself by now.
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    pinned: coreNumbers !== null,
  };
}

/** Processes that were ready to run, on the average of the last minute. */
export function loadNow(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

export async function versions(): Promise<Versions> {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  const [commit, changes, haproxy, blackbox] = await Promise.all([
    said("git", ["rev-parse", "--short", "HEAD"]),
    said("git", ["status", "--porcelain", "--untracked-files=no", "src"]),
    said("haproxy", ["-v"]),
    said("prometheus-blackbox-exporter", ["--version"]),
  ]);
  return {
    failoverd: manifest.version,
    commit: commit === null ? null : commit.trim() + (changes?.trim() === "" ? "" : " with changes"),
    node: process.version,
    haproxy: versionIn(haproxy),
    blackbox: versionIn(blackbox),
  };
}

function versionIn(text: string | null): string | null {
  return /version (\d+\.\d+\.\d+)/.exec(text ?? "")?.[1] ?? null;
}

/** @returns what a command printed, or null when it is not there or fails. */
async function said(command: string, args: readonly string[]): Promise<string | null> {
  try {
    const { stdout, stderr } = await execute(command, [...args], {
      cwd: new URL("../..", import.meta.url),
      timeout: 5_000,
    });
    return stdout + stderr;
  } catch {
    return null;
  }
}
