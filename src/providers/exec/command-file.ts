/**
 * May this program be run? It is run with our rights, so one that anybody else may write or replace is refused, as sudo and sshd
 * do. Looked at right before each run, since files change.
 */
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

export interface Unfit {
  /** What is wrong, after the path, e.g. `is not there`. */
  readonly text: string;
  readonly fix: string;
}

const othersMayWrite = 0o002;
/** In such a folder, /tmp for one, nobody replaces what belongs to others. */
const sticky = 0o1000;

/** @returns why the program must not or cannot be run, or null. Never rejects. */
export async function unfitness(path: string): Promise<Unfit | null> {
  try {
    const file = await stat(path);
    if (!file.isFile()) return { text: "is no file", fix: "Name a program in the config" };
    if ((file.mode & othersMayWrite) !== 0)
      return { text: "may be written by anybody, so it is not run", fix: `chmod o-w ${path}` };
    const folder = dirname(await realpath(path));
    const { mode } = await stat(folder);
    if ((mode & othersMayWrite) !== 0 && (mode & sticky) === 0) {
      const text = `may be replaced by anybody, since anybody may write ${folder}, so it is not run`;
      return { text, fix: `chmod o-w ${folder}` };
    }
    await access(path, constants.X_OK);
    return null;
  } catch (error) {
    return unfitBy(error, path);
  }
}

/** @param error of a call about the file, or of the attempt to run it */
export function unfitBy(error: unknown, path: string): Unfit {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  switch (code) {
    case "ENOENT":
      return {
        text: "is not there, or what its first line names is not",
        fix: "Install it, or correct its path in the config",
      };
    case "EACCES":
    case "EPERM":
      return {
        text: "cannot be run by the user of failoverd",
        fix: `chmod +x ${path}, and let that user enter each folder above it`,
      };
    case "ENOEXEC":
      return {
        text: "is no program: its first line names none",
        fix: "Begin a script with a line such as #!/bin/sh",
      };
    case "EMFILE":
    case "ENFILE":
    case "EAGAIN":
    case "ENOMEM":
      return {
        text: `cannot be run now: this machine has no descriptor, process or memory left (${code})`,
        fix: "Find out what uses them up, or raise the limits of failoverd (LimitNOFILE, TasksMax, MemoryMax)",
      };
    default:
      return { text: `cannot be run (${code})`, fix: "Run it by hand as the user of failoverd" };
  }
}
