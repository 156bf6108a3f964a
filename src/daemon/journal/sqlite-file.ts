/**
 * The journal's file: a SQLite database with one writer, us. Its methods throw, and after a throw only `close` may be called.
 *
 * The lock is exclusive and held for as long as the file is open. That finds a second daemon, and SQLite then maps no
 * shared memory, so that a file which is cut off under us ends in an error and not in SIGBUS.
 */
import { chmodSync, closeSync, existsSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { makeDirectory } from "../state-dir.ts";
import { moveTypes, mustBeSynced, parseEntry, type Stamped } from "./entry.ts";
import type { GroupEntries, JournalDisk, JournalFile, Retention } from "./journal-file.ts";
import { moveAside } from "./quarantine.ts";
import { DamagedError } from "./trouble.ts";

const journalFileName = "journal.db";

/** "fovd"; tells our database from any other. */
const applicationId = 0x666f7664;
/** Another version is not read: what it means is not known here. */
const schemaVersion = 1;

const ofMove = moveTypes.map((type) => `'${type}'`).join(", ");

/** Ids grow in the order of writing, which is truer than any stamp. */
const schema = `
  CREATE TABLE groups (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    identity TEXT NOT NULL,
    UNIQUE (name, identity)
  ) STRICT;
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    at_wall_ms INTEGER NOT NULL,
    group_id INTEGER NOT NULL REFERENCES groups (id),
    type TEXT NOT NULL,
    entry TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entries_of_moves ON entries (group_id, id) WHERE type IN (${ofMove});
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** Entries of one group that recovery looks at; 100 moves of 200 entries each. */
const readMax = 20_000;
/** Entries after those of a group that are asked for a stamp that can be true. */
const laterMax = 1_000;
/** Bounds of one pruning, so that it takes a few milliseconds: entries looked at, pages given back to the disk. */
const pruneBatch = 250;
const vacuumPages = 100;

/** @returns the journal's file in this directory, which need not exist. */
export function sqliteDisk(stateDir: string): JournalDisk {
  const path = join(stateDir, journalFileName);
  return {
    path,
    open: (busyMs) => new SqliteFile(path, busyMs),
    moveAside: (stampWallMs) => moveAside(path, stampWallMs),
  };
}

export class SqliteFile implements JournalFile {
  readonly fresh: boolean;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #inode: number;
  readonly #insertEntry: StatementSync;
  readonly #groupIds = new Map<string, number>();

  /** @param busyMs how long to wait for another process that has it, 0 to 100 milliseconds. @throws when it cannot be written to. */
  constructor(path: string, busyMs: number) {
    this.#path = path;
    makeFile(path);
    this.#db = new DatabaseSync(path, { timeout: busyMs });
    try {
      this.fresh = prepareDatabase(this.#db);
      this.#inode = statSync(path).ino;
      this.#insertEntry = this.#db.prepare(
        "INSERT INTO entries (at_wall_ms, group_id, type, entry) VALUES (?, ?, ?, ?)",
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  isInPlace(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  /** What `PRAGMA synchronous` says: 2 when the last insertion was on the disk before it returned, else 1. */
  get synchronous(): number {
    return numberOf(this.#db, "PRAGMA synchronous");
  }

  insert(all: readonly Stamped[]): void {
    this.#synchronise(all.some(({ entry }) => mustBeSynced(entry)));
    this.#db.exec("BEGIN IMMEDIATE");
    for (const { atWallMs, identity, entry } of all) {
      const { type, group } = entry;
      this.#insertEntry.run(atWallMs, this.#groupId(group, identity), type, JSON.stringify(entry));
    }
    this.#db.exec("COMMIT");
  }

  read(group: string, identity: string, wallNow: number): GroupEntries {
    const rows = this.#db
      .prepare(
        `SELECT id, at_wall_ms AS atWallMs, entry FROM entries
         WHERE group_id = (SELECT id FROM groups WHERE name = ? AND identity = ?) AND type IN (${ofMove})
         ORDER BY id DESC LIMIT ${readMax}`,
      )
      .all(group, identity)
      .toReversed();
    const entries = rows.flatMap((row): readonly Stamped[] => {
      const entry = parseEntry(String(row["entry"]));
      return entry === null ? [] : [{ atWallMs: Number(row["atWallMs"]), identity, entry }];
    });
    const later = this.#db
      .prepare(
        `SELECT at_wall_ms AS atWallMs FROM (SELECT id, at_wall_ms FROM entries WHERE id > ? ORDER BY id LIMIT ${laterMax})
         WHERE at_wall_ms <= ? ORDER BY id LIMIT 1`,
      )
      .get(Number(rows.at(-1)?.["id"] ?? 0), Math.trunc(wallNow));
    const laterWallMs = later === undefined ? null : Number(later["atWallMs"]);
    return { entries, laterWallMs, foreign: rows.length === 0 && this.#isForeign(group, identity) };
  }

  prune(retention: Retention, wallNow: number): number {
    const newest = numberOf(this.#db, "SELECT coalesce(max(id), 0) FROM entries");
    this.#synchronise(false);
    const { changes } = this.#db
      .prepare(
        `DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE id <= ? ORDER BY id LIMIT ${pruneBatch})
         AND at_wall_ms < ?`,
      )
      .run(
        newest - retention.entriesMin,
        this.#bytes() > retention.bytesMax
          ? Number.MAX_SAFE_INTEGER
          : Math.trunc(wallNow - retention.ageMaxMs),
      );
    this.#db.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
    return Number(changes);
  }

  close(): void {
    try {
      this.#db.close();
    } catch {
      // It is given up anyway; what was committed is in the file.
    }
  }

  /** @param full every commit is on the disk before it returns; else only before the next checkpoint. */
  #synchronise(full: boolean): void {
    this.#db.exec(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  }

  /** What is in use; pages that were given up and not yet returned to the disk do not count. */
  #bytes(): number {
    const pages = numberOf(this.#db, "PRAGMA page_count") - numberOf(this.#db, "PRAGMA freelist_count");
    return pages * numberOf(this.#db, "PRAGMA page_size");
  }

  #isForeign(group: string, identity: string): boolean {
    const known = this.#db.prepare("SELECT identity FROM groups WHERE name = ? LIMIT 100").all(group);
    return known.length > 0 && known.every((row) => row["identity"] !== identity);
  }

  #groupId(name: string, identity: string): number {
    const key = JSON.stringify([name, identity]);
    const known = this.#groupIds.get(key);
    if (known !== undefined) return known;
    this.#db.prepare("INSERT OR IGNORE INTO groups (name, identity) VALUES (?, ?)").run(name, identity);
    const row = this.#db.prepare("SELECT id FROM groups WHERE name = ? AND identity = ?").get(name, identity);
    const id = Number(row?.["id"]);
    this.#groupIds.set(key, id);
    return id;
  }
}

/** SQLite would make it readable for all; its companions get the mode of the file. */
function makeFile(path: string): void {
  makeDirectory(dirname(path));
  if (existsSync(path)) chmodSync(path, 0o600);
  else closeSync(openSync(path, "wx", 0o600));
}

/**
 * Nothing is written to a database that is none of ours, nor to one that needs nothing: the disk may be full.
 *
 * @returns true when the database was empty.
 * @throws {DamagedError} when it is none of ours.
 */
function prepareDatabase(db: DatabaseSync): boolean {
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY");
  const application = numberOf(db, "PRAGMA application_id");
  const version = numberOf(db, "PRAGMA user_version");
  const parts = numberOf(db, "SELECT count(*) FROM sqlite_schema");
  const fresh = application === 0 && version === 0 && parts === 0;
  if (!fresh && application !== applicationId) throw new DamagedError("it is a database of something else");
  if (!fresh && version !== schemaVersion) {
    throw new DamagedError(
      `its schema has the version ${version}, and this failoverd knows ${schemaVersion}`,
    );
  }
  if (fresh) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  const mode = db.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"];
  if (mode !== "wal") throw new Error(`SQLite keeps its own journal in the mode ${String(mode)} and not wal`);
  db.exec("PRAGMA wal_autocheckpoint = 200; PRAGMA journal_size_limit = 4194304; BEGIN EXCLUSIVE");
  if (fresh) db.exec(schema);
  db.exec("COMMIT");
  return fresh;
}

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}
