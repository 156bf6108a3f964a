/** Moves a damaged journal out of the way: it is kept for a person to look at, and a new one can begin. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Damaged files kept; a disk that damages everything must not be filled by us. */
const keptMax = 3;
/** SQLite's own companions of a database file. */
const companions = ["-wal", "-shm"] as const;

/**
 * Renames the file to `<path>.corrupt-<stamp>`, with its companions, and removes all but the newest three of these.
 *
 * @param stampWallMs milliseconds since 1970.
 * @returns the new path.
 * @throws when the file cannot be renamed.
 */
export function moveAside(path: string, stampWallMs: number): string {
  const aside = `${path}.corrupt-${Math.trunc(stampWallMs)}`;
  removeAll(aside);
  renameSync(path, aside);
  for (const companion of companions) {
    if (existsSync(path + companion)) renameSync(path + companion, aside + companion);
  }
  const others = asideFiles(path).filter((other) => other !== aside);
  for (const other of others.slice(keptMax - 1)) removeAll(other);
  return aside;
}

/** The newest by its stamp first. */
function asideFiles(path: string): readonly string[] {
  const prefix = `${basename(path)}.corrupt-`;
  const stampOf = (name: string): number => Number(name.slice(prefix.length));
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .toSorted((a, b) => stampOf(b) - stampOf(a))
    .map((name) => join(dirname(path), name));
}

function removeAll(path: string): void {
  for (const suffix of ["", ...companions]) rmSync(path + suffix, { force: true });
}
