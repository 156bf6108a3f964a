/** Where the daemon's control socket is, by what the config and systemd say. */
import { join } from "node:path";
import type { Environment } from "./reference.ts";

/** What a Unix socket's path may have on Linux, in bytes (`sun_path` of unix(7), less its final zero). */
export const socketPathBytesMax = 107;

export const controlSocketName = "control.sock";

/** @returns the path, which may be too long to be used. */
export function controlSocketPath(written: string | undefined, env: Environment, stateDir: string): string {
  return written ?? join(firstOf(env["RUNTIME_DIRECTORY"]) ?? stateDir, controlSocketName);
}

/** @returns true when the kernel would not take the path. */
export function isTooLong(path: string): boolean {
  return Buffer.byteLength(path) > socketPathBytesMax;
}

/** @returns where the daemon keeps its state. */
export function stateDirectory(written: string | undefined, env: Environment): string {
  return written ?? firstOf(env["STATE_DIRECTORY"]) ?? "/var/lib/failoverd";
}

/** systemd lists several directories with colons between them; the first is ours. */
function firstOf(directories: string | undefined): string | null {
  return directories?.split(":")[0] || null;
}
