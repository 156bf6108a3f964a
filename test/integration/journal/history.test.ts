/** The journal's past on a real file: runs, pages, what is dropped first, and a file of the version before. */
import { copyFileSync as copyFile, mkdtempSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { DiskJournal } from "../../../src/daemon/journal/disk-journal.ts";
import type { Retention } from "../../../src/daemon/journal/journal-file.ts";
import type { JournalEntry } from "../../../src/daemon/journal/journal.ts";
import { everything, pageOf, type EntryQuery, type Recorded } from "../../../src/daemon/journal/query.ts";
import { hourMs, type Run, type Segment } from "../../../src/daemon/journal/runs.ts";
import { sqliteDisk } from "../../../src/daemon/journal/sqlite-file.ts";
import { historySql } from "../../../src/daemon/journal/sqlite-history.ts";
import { pruneSql } from "../../../src/daemon/journal/sqlite-prune.ts";
import { runsSql } from "../../../src/daemon/journal/sqlite-runs.ts";
import { intent } from "../../unit/journal/entries.ts";

const hour = hourMs * 500_000;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup();
});

class Stage {
  readonly dir: string = mkdtempSync(join(tmpdir(), "failoverd-history-"));
  readonly path: string = join(this.dir, "journal.db");
  now = 0;
  wallNow = hour;
  readonly notices: string[] = [];

  constructor() {
    cleanups.push(() => rmSync(this.dir, { recursive: true, force: true }));
  }

  open(retention?: Retention): DiskJournal {
    const journal = new DiskJournal({
      disk: sqliteDisk(this.dir),
      clock: { now: () => this.now, wallNow: () => this.wallNow },
      onHealth: () => undefined,
      onWrite: () => undefined,
      onNotice: (notice) => this.notices.push(notice),
      ...(retention === undefined ? {} : { retention }),
    });
    cleanups.push(() => journal.close());
    return journal;
  }

  pass(ms: number): void {
    this.now += ms;
    this.wallNow += ms;
  }

  /** Asks the file itself, while no journal has it. */
  ask(sql: string, ...parameters: readonly number[]): readonly Readonly<Record<string, unknown>>[] {
    const db = new DatabaseSync(this.path, { readOnly: true });
    const rows = db.prepare(sql).all(...parameters);
    db.close();
    return rows;
  }
}

function run(count: number, firstWallMs: number, lastWallMs: number): Run {
  return { cause: "ok", count, firstWallMs, lastWallMs, minMs: 1, medianMs: 2.5, maxMs: 30 };
}

function segment(member: string, startWallMs: number, ...runs: readonly Run[]): Segment {
  return {
    group: "web",
    member,
    startWallMs,
    runs: runs.length === 0 ? [run(1, startWallMs, startWallMs)] : runs,
  };
}

function decision(group: string, why = ""): JournalEntry {
  return { type: "decision", group, kind: "hold", rule: "steady", why, step: null };
}

describe("runs on the disk", () => {
  test("a segment that has grown takes the place of itself, and comes back after a restart", () => {
    const stage = new Stage();
    const first = stage.open();
    first.saveRuns([segment("a", hour, run(6, hour, hour + 50_000)), segment("b", hour)]);
    const grown = segment("a", hour, run(12, hour, hour + 110_000));
    first.saveRuns([grown]);
    first.close();
    const again = stage.open();
    expect(again.segments("web", hour, hour)).toEqual([grown, segment("b", hour)]);
    expect(again.segments("shop", hour, hour)).toEqual([]);
    expect(again.segments("web", hour + hourMs, hour + hourMs)).toEqual([]);
    expect([hour - 1, hour, hour + 3 * hourMs].map((at) => again.lastRunHour(at))).toEqual([
      null,
      500_000,
      500_000,
    ]);
  });

  test("survive a process that dies without closing", () => {
    const stage = new Stage();
    const dead = stage.open();
    dead.saveRuns([segment("a", hour)]);
    const copy = new Stage();
    // What another process would find: the file and its log as they are, without the lock.
    for (const name of ["journal.db", "journal.db-wal"])
      copyFile(join(stage.dir, name), join(copy.dir, name));
    expect(copy.open().segments("web", hour, hour)).toEqual([segment("a", hour)]);
    expect(copy.notices).toEqual([]);
  });

  test("are told from memory while the file cannot be had, and written when it can", () => {
    const stage = new Stage();
    const holder = stage.open();
    const second = stage.open();
    expect(second.health.kind).toBe("memory");
    second.saveRuns([segment("a", hour)]);
    second.append(intent);
    expect(second.segments("web", hour, hour)).toEqual([segment("a", hour)]);
    expect(second.lastRunHour(hour)).toBe(500_000);
    expect(second.page(everything).entries.map(({ entry }) => entry.type)).toEqual(["intent"]);
    holder.close();
    stage.pass(60_000);
    second.append(decision("web"));
    expect(second.health.kind).toBe("durable");
    second.close();
    expect(stage.ask("SELECT count(*) AS n FROM runs")).toEqual([{ n: 1 }]);
  });

  test("a file that is cut off is moved aside, and the next minute's runs begin a new one", () => {
    const stage = new Stage();
    const first = stage.open();
    for (let i = 0; i < 200; i++) first.saveRuns([segment("a", hour + i * hourMs)]);
    first.close();
    truncateSync(stage.path, Math.floor(statSync(stage.path).size / 2));
    const journal = stage.open();
    journal.saveRuns([segment("b", hour)]);
    expect(stage.notices).toEqual([expect.stringContaining("damaged")]);
    expect(journal.segments("web", hour, hour)).toEqual([segment("b", hour)]);
  });
});

describe("pages of entries", () => {
  const entry = fc.record({
    group: fc.constantFrom("web", "shop", ""),
    type: fc.constantFrom("decision", "stopped"),
    waitMs: fc.constantFrom(-7, 0, 0, 3, 50),
  });
  const question = fc.record({
    group: fc.constantFrom(null, "web", "shop", "gone"),
    order: fc.constantFrom("newest-first", "oldest-first"),
    types: fc.constantFrom(null, ["decision"], ["stopped"]),
    since: fc.option(fc.integer({ min: -50, max: 400 })),
    until: fc.option(fc.integer({ min: -50, max: 400 })),
    limit: fc.constantFrom(1, 2, 7),
  });

  test("are those of a list in memory, in both directions, and together hold everything once", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), question, (entries, { since, until, ...asked }) => {
        const stage = new Stage();
        const journal = stage.open();
        const all: Recorded[] = [];
        for (const { group, type, waitMs } of entries) {
          stage.pass(waitMs);
          const written: JournalEntry =
            type === "decision" ? decision(group) : { type: "stopped", group, version: "1" };
          journal.append(written);
          all.push({ id: all.length + 1, atWallMs: stage.wallNow, entry: written });
        }
        const query = {
          ...everything,
          ...asked,
          sinceWallMs: since === null ? null : hour + since,
          untilWallMs: until === null ? null : hour + until,
        } as EntryQuery;
        const wanted = pageOf(all, { ...query, limit: 1_000 }).entries;
        const found: Recorded[] = [];
        let page = journal.page(query);
        found.push(...page.entries);
        while (page.next !== null) {
          expect(page.entries.length).toBeLessThanOrEqual(query.limit);
          page = journal.page({ ...query, beyond: page.next });
          found.push(...page.entries);
        }
        expect(found).toEqual(wanted);
        journal.close();
        rmSync(stage.dir, { recursive: true });
      }),
      { numRuns: 40 },
    );
  });

  test("a question for what is rare looks at a bounded number of entries, and says where to go on", () => {
    const stage = new Stage();
    const journal = stage.open();
    journal.append(intent);
    for (let i = 0; i < 2_500; i++) journal.append(decision("web"));
    const query: EntryQuery = { ...everything, group: "web", types: ["intent"] };
    const first = journal.page(query);
    expect(first.entries).toEqual([]);
    const second = journal.page({ ...query, beyond: first.next });
    expect(second.entries.map(({ entry }) => entry.type)).toEqual(["intent"]);
    expect(second.next).toBeNull();
  });

  test("a group's past is that of its name, also from before its members were others", () => {
    const stage = new Stage();
    const first = stage.open();
    first.append(decision("web", "before"));
    first.close();
    const db = new DatabaseSync(stage.path);
    db.exec("UPDATE groups SET identity = 'with fewer members'");
    db.close();
    const journal = stage.open();
    journal.append(decision("web", "after"));
    const whys = journal.page({ ...everything, group: "web" }).entries.map(({ entry }) => entry);
    expect(whys).toEqual([decision("web", "after"), decision("web", "before")]);
  });
});

test("what only explains is written also after a thousand entries of moves", () => {
  const stage = new Stage();
  const journal = stage.open();
  for (let i = 0; i < 1_100; i++) journal.append(intent);
  journal.append(decision("web", "after many moves"));
  journal.close();
  expect(stage.ask("SELECT count(*) AS n FROM entries WHERE type = 'decision'")).toEqual([{ n: 1 }]);
});

test("no question and no pruning reads a table from end to end", () => {
  const stage = new Stage();
  stage.open().close();
  const scans = { ofGroup: historySql.ofGroup, ofAll: historySql.ofAll };
  const statements = [
    ...Object.values(scans).flatMap((each) => Object.values(each)),
    historySql.entry,
    ...Object.values(runsSql).filter((sql) => sql.startsWith("SELECT")),
    ...Object.values(pruneSql),
  ];
  const details = statements.flatMap((sql) =>
    stage.ask(`EXPLAIN QUERY PLAN ${sql}`).map((row) => String(row["detail"])),
  );
  expect(details.length).toBeGreaterThan(statements.length - 1);
  // A scan is none of these when it goes along an index from one end and stops at its LIMIT.
  const scanned = details.filter(
    (detail) =>
      detail.startsWith("SCAN") && !detail.includes("INDEX") && !detail.startsWith("SCAN (subquery"),
  );
  expect(scanned).toEqual([]);
  expect(details.filter((detail) => detail.includes("TEMP B-TREE"))).toEqual([]);
});

describe("what is too much", () => {
  const retention: Retention = { ageMaxMs: 1e12, bytesMax: 300_000, entriesMin: 0 };

  test("goes with what only explains, the oldest first, and never what a restart must know while there is such", () => {
    const stage = new Stage();
    const journal = stage.open(retention);
    journal.append(intent);
    for (let i = 0; i < 3_000; i++) {
      stage.pass(hourMs);
      journal.saveRuns([
        segment(
          "a",
          stage.wallNow,
          ...Array.from({ length: 60 }, () => run(1, stage.wallNow, stage.wallNow)),
        ),
      ]);
      if (i % 3 === 0) journal.append(decision("web", "x".repeat(300)));
    }
    for (let i = 0; i < 20; i++) journal.prune();
    expect(journal.recover("web", "").openMove).not.toBeNull();
    journal.close();
    const [{ n: bytes } = { n: 0 }] = stage.ask(
      "SELECT (SELECT page_count FROM pragma_page_count) * 4096 AS n",
    );
    expect(Number(bytes)).toBeLessThan(500_000);
    const [oldest] = stage.ask(
      "SELECT (SELECT min(hour) FROM runs) AS runs, (SELECT min(at_wall_ms) FROM entries WHERE type = 'decision') / 3600000 AS decisions",
    );
    // Both reach back about as far.
    expect(Number(oldest?.["runs"])).toBeGreaterThan(500_000 + 1_000);
    expect(Math.abs(Number(oldest?.["runs"]) - Number(oldest?.["decisions"]))).toBeLessThan(800);
  });

  test("runs that are too old are dropped in small batches", () => {
    const stage = new Stage();
    const journal = stage.open({ ageMaxMs: 10 * hourMs, bytesMax: 1e9, entriesMin: 10 });
    const some = Array.from({ length: 90 }, (_, i) => segment(`m${i}`, hour));
    for (let i = 0; i < 6; i++)
      journal.saveRuns(some.map(({ member }, j) => segment(member, hour + i * 100 + j)));
    stage.pass(20 * hourMs);
    journal.saveRuns([segment("a", stage.wallNow)]);
    expect([journal.prune(), journal.prune(), journal.prune(), journal.prune()]).toEqual([250, 250, 40, 0]);
    expect(journal.segments("web", stage.wallNow, stage.wallNow)).toHaveLength(1);
  });
});

test("a journal of the version before is taken over in place, with all that is in it", () => {
  const stage = new Stage();
  const db = new DatabaseSync(stage.path);
  // As failoverd 0.1.0 made it, byte for byte.
  db.exec(`
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
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
    CREATE INDEX entries_of_moves ON entries (group_id, id) WHERE type IN ('intent', 'step', 'effect', 'seen', 'ended', 'changed-by-hand', 'order');
    PRAGMA application_id = 1718580836;
    PRAGMA user_version = 1;
    INSERT INTO groups VALUES (1, 'web', 'identity of web');
  `);
  const insert = db.prepare("INSERT INTO entries (at_wall_ms, group_id, type, entry) VALUES (?, 1, ?, ?)");
  insert.run(hour - 5_000, "decision", JSON.stringify(decision("web", "long ago")));
  insert.run(hour - 4_000, "intent", JSON.stringify(intent));
  db.close();

  const journal = stage.open();
  expect(stage.notices).toEqual([]);
  expect(journal.health.kind).toBe("durable");
  expect(journal.recover("web", "identity of web").openMove?.startedWallMs).toBe(hour - 4_000);
  expect(journal.page({ ...everything, group: "web" }).entries.map(({ entry }) => entry)).toEqual([
    intent,
    decision("web", "long ago"),
  ]);
  journal.saveRuns([segment("a", hour)]);
  journal.close();
  expect(stage.ask("PRAGMA user_version")).toEqual([{ user_version: 3 }]);
  const schemaOf = (path: string): readonly unknown[] => {
    const db = new DatabaseSync(path, { readOnly: true });
    const rows = db
      .prepare(
        "SELECT type, name, tbl_name, replace(replace(sql, ' ', ''), char(10), '') AS sql FROM sqlite_schema ORDER BY name",
      )
      .all();
    db.close();
    return rows;
  };
  const fresh = new Stage();
  fresh.open().close();
  expect(schemaOf(stage.path)).toEqual(schemaOf(fresh.path));
  // And once it is of this version it stays so.
  expect(stage.open().segments("web", hour, hour)).toHaveLength(1);
});
