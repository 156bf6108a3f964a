/** The tables of the journal's file, and how a file of an earlier version becomes one of this. */
import type { DatabaseSync } from "node:sqlite";
import { moveTypes } from "./entry.ts";
import { DamagedError } from "./trouble.ts";

/** "fovd"; tells our database from any other. */
const applicationId = 0x666f7664;
/** A later version is not read: what it means is not known here. */
export const schemaVersion = 3;

export const ofMove: string = moveTypes.map((type) => `'${type}'`).join(", ");

/** Ids grow in the order of writing, which is truer than any stamp. */
const schema1 = `
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
`;

/**
 * The hour comes first in the key of runs: the segments that are being written are then neighbours, a minute's writing touches
 * few pages, and the oldest ones are at one end.
 */
const schema2 = `
  CREATE INDEX entries_by_time ON entries (at_wall_ms, id, type);
  CREATE INDEX entries_of_groups ON entries (group_id, at_wall_ms, id, type);
  CREATE TABLE targets (
    id INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups (id),
    member TEXT NOT NULL,
    UNIQUE (group_id, member)
  ) STRICT;
  CREATE TABLE runs (
    hour INTEGER NOT NULL,
    target_id INTEGER NOT NULL REFERENCES targets (id),
    start_ms INTEGER NOT NULL,
    runs BLOB NOT NULL,
    PRIMARY KEY (hour, target_id, start_ms)
  ) STRICT, WITHOUT ROWID;
`;

/** Recovery asks for the types of the index and no others, so a further type makes a further version, which builds it anew. */
const schema3 = `
  DROP INDEX IF EXISTS entries_of_moves;
  CREATE INDEX entries_of_moves ON entries (group_id, id) WHERE type IN (${ofMove});
`;

/** What makes a file of the version before into one of this version, by the version before. */
const steps: readonly string[] = [schema1, schema2, schema3];

/**
 * Nothing is written to a database that is none of ours, nor to one that needs nothing: the disk may be full.
 *
 * @returns true when the database was empty.
 * @throws {DamagedError} when it is none of ours.
 */
export function prepareDatabase(db: DatabaseSync): boolean {
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY");
  const application = numberOf(db, "PRAGMA application_id");
  const version = numberOf(db, "PRAGMA user_version");
  const parts = numberOf(db, "SELECT count(*) FROM sqlite_schema");
  const fresh = application === 0 && version === 0 && parts === 0;
  if (!fresh && application !== applicationId) throw new DamagedError("it is a database of something else");
  if (!fresh && (version < 1 || version > schemaVersion)) {
    throw new DamagedError(
      `its schema has the version ${version}, and this failoverd knows ${schemaVersion}`,
    );
  }
  if (fresh) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  const mode = db.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"];
  if (mode !== "wal") throw new Error(`SQLite keeps its own journal in the mode ${String(mode)} and not wal`);
  db.exec("PRAGMA wal_autocheckpoint = 200; PRAGMA journal_size_limit = 4194304; BEGIN EXCLUSIVE");
  if (version < schemaVersion) {
    for (const step of steps.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`);
  }
  db.exec("COMMIT");
  return fresh;
}

export function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}
