/**
 * When systemd's journal reads what we print, each line begins with its priority, so that `journalctl -p warning` finds what it
 * should. The journal takes the prefix off again. Sources: sd-daemon(3) for the prefix, systemd.exec(5) for `$JOURNAL_STREAM`.
 */
import { fstatSync } from "node:fs";
import type { Environment } from "../config/reference.ts";

/** Priorities of syslog(3), as far as they are used here. */
export const priorities = { error: 3, warn: 4, info: 6, debug: 7 } as const;

/** @returns true when what is written to this descriptor is read by the journal, and by nobody in between. */
export function isJournal(fd: number, env: Environment = process.env): boolean {
  const [dev, inode] = env["JOURNAL_STREAM"]?.split(":") ?? [];
  if (dev === undefined || inode === undefined) return false;
  try {
    const stat = fstatSync(fd, { bigint: true });
    return String(stat.dev) === dev && String(stat.ino) === inode;
  } catch {
    return false;
  }
}

/** @returns the text with the priority before each of its lines, since the journal makes an entry of each. */
export function withPriority(text: string, priority: number): string {
  return text.replace(/^(?=.)/gm, `<${priority}>`);
}
