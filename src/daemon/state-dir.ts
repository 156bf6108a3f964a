/** The folder in which the daemon keeps what must outlive it. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** Makes it, for the daemon alone. Level by level: on some file systems that cannot hold directories Node's own recursion never ends. */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  mkdirSync(path, { mode: 0o700 });
}
