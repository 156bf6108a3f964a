import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decision, intent } from "../../unit/journal/entries.ts";
import { byHand, cleanups, makeDir, Stage } from "./stage.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("skipped: the tests of a full disk mount a tmpfs of 1 MB, which needs root");

function asRoot(tool: "mount" | "umount", ...args: readonly string[]): void {
  execFileSync(tool, args);
}

function mountTmpfs(): string {
  const dir = makeDir();
  asRoot("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir);
  cleanups.push(() => asRoot("umount", dir));
  return dir;
}

describe("the journal on the disk", () => {
  test("makes its directory and a file for nobody else, and recovers after a restart", () => {
    const stage = new Stage(join(makeDir(), "not", "there", "yet"));
    const journal = stage.open();
    journal.append(intent);
    expect(journal.health).toEqual({ kind: "durable" });
    for (const file of stage.files)
      expect((statSync(join(stage.dir, file)).mode & 0o777).toString(8)).toBe("600");
    expect(statSync(stage.dir).mode & 0o777).toBe(0o700);
    journal.close();
    stage.pass(5_000);
    const again = stage.open();
    expect(again.recover("web", "").openMove?.startedWallMs).toBe(stage.wallNow - 5_000);
    expect([stage.healths, stage.writes, stage.notices]).toEqual([[], ["ok"], []]);
  });

  test("ignores the journal of another account or zone, says so, and goes on with its own", () => {
    const stage = new Stage();
    const first = stage.open();
    first.append(intent);
    first.close();
    const journal = stage.open();
    expect(journal.recover("web", "two")).toMatchObject({
      openMove: null,
      pastMoves: [],
      changedByHand: null,
    });
    expect(stage.notices).toEqual([expect.stringContaining("group web is of another account")]);
    journal.append(byHand);
    expect(journal.recover("web", "two").changedByHand).not.toBeNull();
    expect(journal.health.kind).toBe("durable");
  });

  test("begins anew when its file is deleted while it runs, with what it remembers", () => {
    const stage = new Stage();
    const journal = stage.open();
    journal.append(intent);
    for (const file of stage.files) rmSync(join(stage.dir, file));
    journal.append(byHand);
    expect(stage.notices).toEqual([expect.stringContaining("was removed or replaced")]);
    journal.close();
    expect(stage.stored).toEqual(["intent", "changed-by-hand"]);
    expect(stage.writes).toEqual(["ok", "ok"]);
  });

  test("prunes what is too old, in small batches, and keeps the newest whatever their stamps", () => {
    const stage = new Stage();
    const retention = { ageMaxMs: 1_000, bytesMax: 1e9, entriesMin: 10 };
    const journal = stage.open({ retention });
    for (let i = 0; i < 240; i++) journal.append(decision(`${i}`));
    expect(journal.prune()).toBe(0);
    stage.pass(2_000);
    expect([journal.prune(), journal.prune()]).toEqual([230, 0]);
    journal.close();
    expect(stage.stored).toHaveLength(10);
  });

  test("stays small without being asked, and gives pages back to the disk", () => {
    const stage = new Stage();
    const journal = stage.open({ retention: { ageMaxMs: 1e12, bytesMax: 500_000, entriesMin: 10 } });
    for (let i = 0; i < 3_000; i++) journal.append(decision("x".repeat(1_000)));
    expect(statSync(stage.path).size).toBeLessThan(1_500_000);
    journal.close();
    expect(stage.writes).not.toContain("failed");
  });
});

describe("a file that cannot be used", () => {
  const cases: readonly (readonly [string, (path: string) => void, RegExp])[] = [
    ["garbage", (path) => writeFileSync(path, "nonsense ".repeat(1_000)), /not a database/],
    ["cut off", (path) => truncateSync(path, 5_000), /damaged/],
    ["of a later version", (path) => alter(path, "PRAGMA user_version = 4"), /version 4/],
    ["of something else", (path) => alter(path, "PRAGMA application_id = 7"), /something else/],
    ["without its tables", (path) => alter(path, "DROP TABLE entries"), /no such table/],
    ["with another table", (path) => alter(path, "ALTER TABLE entries DROP COLUMN entry"), /damaged/],
  ];
  test.each(cases)("is moved aside when it is %s, and a new one begun", (_, damage, why) => {
    const stage = new Stage();
    const first = stage.open();
    first.append(intent);
    first.close();
    stage.healths.length = 0;
    damage(stage.path);
    const before = readFileSync(stage.path);
    const journal = stage.open();
    expect(journal.recover("web", "").openMove).toBeNull();
    expect(stage.notices).toEqual([expect.stringMatching(why)]);
    const aside = stage.files.find((name) => name.startsWith("journal.db.corrupt-")) ?? "";
    expect(readFileSync(join(stage.dir, aside))).toEqual(before);
    journal.append(byHand);
    journal.close();
    expect(stage.stored).toEqual(["changed-by-hand"]);
    expect(stage.healths).toEqual([]);
  });

  function alter(path: string, sql: string): void {
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
  }

  test("is moved aside at most once a minute, and at most three are kept", () => {
    const stage = new Stage();
    for (let i = 0; i < 6; i++) {
      writeFileSync(stage.path, `nonsense ${i} `.repeat(1_000));
      stage.pass(60_000);
      stage.open().close();
    }
    const kept = stage.files.filter((name) => name.includes("corrupt"));
    expect(kept).toEqual([3, 4, 5].map((i) => `journal.db.corrupt-${1_800_000_000_000 + (i + 1) * 60_000}`));

    writeFileSync(stage.path, "nonsense ".repeat(1_000));
    const journal = stage.open();
    for (const suffix of ["", "-wal"]) rmSync(stage.path + suffix);
    writeFileSync(stage.path, "nonsense ".repeat(1_000));
    journal.append(intent);
    expect(journal.health).toEqual({ kind: "memory", why: expect.stringContaining("damaged") });
    expect(journal.recover("web", "").openMove).not.toBeNull();
    stage.pass(60_000);
    journal.append(byHand);
    expect(journal.health.kind).toBe("durable");
    journal.close();
    expect(stage.stored).toEqual(["intent", "changed-by-hand"]);
  });

  test("never throws, whatever bytes are damaged or missing, and is durable in the end", () => {
    const original = new Stage();
    const journal = original.open();
    for (let i = 0; i < 300; i++) journal.append(i % 3 === 0 ? intent : decision(`${i}`));
    const files = original.files.map((name) => ({ name, bytes: readFileSync(join(original.dir, name)) }));
    expect(files.map(({ name }) => name)).toEqual(["journal.db", "journal.db-wal"]);
    const damage = fc.record({
      whileOpen: fc.boolean(),
      file: fc.nat({ max: 1 }),
      keep: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      flips: fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) }), {
        maxLength: 200,
      }),
    });
    fc.assert(
      fc.property(damage, ({ whileOpen, file, keep, flips }) => {
        const stage = new Stage();
        for (const { name, bytes } of files) writeFileSync(join(stage.dir, name), bytes);
        const early = whileOpen ? stage.open() : null;
        files.forEach(({ name, bytes }, i) => {
          const copy = Buffer.from(bytes);
          if (i === file) for (const { at, byte } of flips) copy[Math.floor(at * (copy.length - 1))] = byte;
          const length = i === file && keep !== null ? Math.floor(copy.length * keep) : copy.length;
          writeFileSync(join(stage.dir, name), copy.subarray(0, length));
        });
        const first = early ?? stage.open();
        first.recover("web", "");
        first.append(byHand);
        first.prune();
        first.close();
        stage.pass(120_000);
        const second = stage.open();
        second.append(intent);
        expect(second.health.kind).toBe("durable");
        expect(second.recover("web", "").openMove).not.toBeNull();
        second.close();
        rmSync(stage.dir, { recursive: true });
      }),
      { numRuns: 100 },
    );
  });
});

describe("a disk that cannot be written to", () => {
  test("leaves the journal in memory while the directory is read-only, and is said to be durable again later", () => {
    const stage = new Stage(isRoot ? mountTmpfs() : makeDir());
    setWritable(stage.dir, false);
    const journal = stage.open();
    journal.append(intent);
    expect(journal.recover("web", "").openMove).not.toBeNull();
    expect(stage.healths).toEqual([expect.stringMatching(/^Cannot use .*journal.db: .*(EROFS|EACCES)/)]);
    setWritable(stage.dir, true);
    journal.append(decision("too soon for another attempt"));
    stage.pass(1_000);
    journal.append(byHand);
    expect(stage.healths.slice(1)).toEqual(["durable"]);
    expect(stage.writes).toEqual(["failed", "failed", "ok"]);
    journal.close();
    expect(stage.stored).toEqual(["intent", "decision", "changed-by-hand"]);
  });

  function setWritable(dir: string, writable: boolean): void {
    if (isRoot) asRoot("mount", "-o", `remount,${writable ? "rw" : "ro"}`, dir);
    else chmodSync(dir, writable ? 0o700 : 0o500);
  }

  test.each([
    ["a path through a file", "file/below", /ENOTDIR/],
    ["a directory in place of the file", "occupied", /cannot be opened|EISDIR/],
  ])("leaves the journal in memory with %s", (_, below, why) => {
    const dir = makeDir();
    writeFileSync(join(dir, "file"), "");
    mkdirSync(join(dir, "occupied", "journal.db"), { recursive: true });
    const stage = new Stage(join(dir, below));
    const journal = stage.open();
    journal.append(intent);
    expect(stage.healths).toEqual([expect.stringMatching(why)]);
    expect(journal.recover("web", "").openMove).not.toBeNull();
    expect(journal.prune()).toBe(0);
  });

  test("is tried again after waits that grow to a minute", () => {
    const dir = makeDir();
    writeFileSync(join(dir, "file"), "");
    const stage = new Stage(join(dir, "file", "below"));
    const journal = stage.open();
    const waits: number[] = [];
    let since = 0;
    // An attempt is told when it finds another reason, so each one does.
    for (let second = 1; second <= 200; second++) {
      stage.pass(1_000);
      rmSync(join(dir, "file"), { recursive: true });
      if (waits.length % 2 === 1) writeFileSync(join(dir, "file"), "");
      else mkdirSync(join(dir, "file", "below", "journal.db"), { recursive: true });
      const told = stage.healths.length;
      journal.append(decision(""));
      if (stage.healths.length === told) continue;
      waits.push(second - since);
      since = second;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);

    rmSync(join(dir, "file"), { recursive: true });
    stage.pass(60_000);
    journal.append(decision(""));
    rmSync(join(dir, "file"), { recursive: true });
    writeFileSync(join(dir, "file"), "");
    journal.append(decision(""));
    rmSync(join(dir, "file"));
    stage.pass(1_000);
    journal.append(decision("the waits begin anew"));
    expect(journal.health.kind).toBe("durable");
  });

  test.skipIf(!isRoot)(
    "a full disk: goes on in memory, and brings everything to the disk when there is room",
    () => {
      const stage = new Stage(mountTmpfs());
      const ballast = join(stage.dir, "ballast");
      writeFileSync(ballast, Buffer.alloc(400_000));
      const journal = stage.open();
      journal.append(intent);
      for (let i = 0; i < 1_000 && journal.health.kind === "durable"; i++)
        journal.append(decision("x".repeat(900)));
      expect(stage.healths).toEqual([expect.stringContaining("the disk is full")]);
      journal.append(byHand);
      expect(journal.recover("web", "").changedByHand).not.toBeNull();
      stage.pass(1_000);
      journal.append(decision("still full"));
      expect(journal.health.kind).toBe("memory");
      rmSync(ballast);
      stage.pass(60_000);
      journal.append(decision("room again"));
      expect(stage.healths.slice(1)).toEqual(["durable"]);
      journal.close();
      expect(stage.stored).toHaveLength(stage.writes.length);
      expect(stage.stored.filter((type) => type !== "decision")).toEqual(["intent", "changed-by-hand"]);
    },
  );

  test.skipIf(!isRoot)("a disk that is full at the start: the journal there is still read", () => {
    const dir = mountTmpfs();
    const before = new Stage();
    const first = before.open();
    first.append(intent);
    cpSync(before.dir, dir, { recursive: true });
    expect(() => {
      for (;;) appendFileSync(join(dir, "ballast"), Buffer.alloc(4_096));
    }).toThrow("ENOSPC");
    const stage = new Stage(dir);
    const journal = stage.open();
    expect(journal.recover("web", "").openMove).not.toBeNull();
    journal.append(byHand);
    expect(stage.healths.at(-1)).toContain("full");
  });
});
