/** What is wrong with the journal's file, from what SQLite and the file system throw. */
import { readFileSync, statSync } from "node:fs";
import { errorText } from "../../core/error-text.ts";

/** `damaged`: another attempt at this file would end the same. `other`: it may pass. */
export interface Trouble {
  readonly kind: "damaged" | "other";
  /** A sentence without a final period. */
  readonly why: string;
}

/** The file can be read and is no journal of ours. */
export class DamagedError extends Error {
  override readonly name: string = "DamagedError";
}

/** Primary result codes of SQLite, https://www.sqlite.org/rescode.html; the ones that mean damage in statements that never change. */
const damageCodes: ReadonlySet<number> = new Set([1, 11, 19, 20, 26]);
const busyCodes: ReadonlySet<number> = new Set([5, 6]);

const sentences: ReadonlyMap<number, string> = new Map([
  [8, "it is read-only"],
  [10, "the disk reports an error"],
  [13, "the disk is full"],
  [14, "it cannot be opened"],
]);

/** @param path of the journal's file. */
export function troubleOf(error: unknown, path: string): Trouble {
  const code = sqliteCode(error);
  if (code !== null && busyCodes.has(code))
    return { kind: "other", why: `${path} is in use by ${userOf(path)}` };
  if (isDamage(error, code)) return { kind: "damaged", why: `${path} is damaged: ${errorText(error)}` };
  const sentence = code === null ? undefined : sentences.get(code);
  const why = sentence === undefined ? errorText(error) : `${sentence} (${errorText(error)})`;
  return { kind: "other", why: `Cannot use ${path}: ${why}` };
}

function isDamage(error: unknown, code: number | null): boolean {
  if (error instanceof DamagedError || (code !== null && damageCodes.has(code))) return true;
  // A number that no journal of ours would contain.
  return codeOf(error) === "ERR_OUT_OF_RANGE";
}

function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return null;
  return error.errcode & 0xff;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}

/** @returns who has locked the file, e.g. `process 4711, which may be a second failoverd`. Known on Linux, within one PID namespace. */
function userOf(path: string): string {
  const pid = lockOwner(path);
  return pid === null
    ? "another process, which may be a second failoverd"
    : `process ${pid}, which may be a second failoverd`;
}

/** A line of `/proc/locks`: `1: POSIX  ADVISORY  WRITE 4711 fe:00:2212305 1073741824 1073742335`, see proc_locks(5). */
function lockOwner(path: string): string | null {
  try {
    const ino = statSync(path, { throwIfNoEntry: false })?.ino;
    if (ino === undefined) return null;
    const lines = readFileSync("/proc/locks", "utf8").split("\n");
    const line = lines.find((line) => line.includes(` WRITE `) && line.includes(`:${ino} `));
    const pid = line?.trim().split(/\s+/)[4];
    return pid !== undefined && /^[1-9]\d*$/.test(pid) && pid !== String(process.pid) ? pid : null;
  } catch {
    return null;
  }
}
