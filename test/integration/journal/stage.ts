/** A journal in a folder of its own, with a clock that is turned by hand. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach } from "vitest";
import { DiskJournal, type DiskJournalParts } from "../../../src/daemon/journal/disk-journal.ts";
import type { JournalEntry, JournalHealth } from "../../../src/daemon/journal/journal.ts";
import { sqliteDisk } from "../../../src/daemon/journal/sqlite-file.ts";

/** What is undone after each test, the last first. */
export const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup();
});

export function makeDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "failoverd-journal-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A journal with a clock that is turned by hand, and what it told. */
export class Stage {
  readonly dir: string;
  readonly path: string;
  now = 0;
  wallNow = 1_800_000_000_000;
  readonly healths: string[] = [];
  readonly writes: string[] = [];
  readonly notices: string[] = [];

  constructor(dir: string = makeDir()) {
    this.dir = dir;
    this.path = join(dir, "journal.db");
  }

  /** @param changes of what it is given. */
  open(changes: Partial<DiskJournalParts> = {}): DiskJournal {
    const journal = new DiskJournal({
      disk: sqliteDisk(this.dir),
      clock: { now: () => this.now, wallNow: () => this.wallNow },
      onHealth: (health: JournalHealth) =>
        this.healths.push(health.kind === "memory" ? health.why : health.kind),
      onWrite: (result) => this.writes.push(result),
      onNotice: (notice) => this.notices.push(notice),
      ...changes,
    });
    cleanups.push(() => journal.close());
    return journal;
  }

  pass(ms: number): void {
    this.now += ms;
    this.wallNow += ms;
  }

  get files(): readonly string[] {
    return readdirSync(this.dir).toSorted();
  }

  /** What is in the file, once it is closed. */
  get stored(): readonly string[] {
    const db = new DatabaseSync(this.path, { readOnly: true });
    const rows = db.prepare("SELECT type, entry FROM entries ORDER BY id").all();
    db.close();
    return rows.map((row) => String(row["type"]));
  }
}

export const byHand: JournalEntry = { type: "changed-by-hand", group: "web", from: ["a"], to: ["c"] };
