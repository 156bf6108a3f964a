/** When entries are written, and when they are synced. */
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { SqliteFile, sqliteDisk } from "../../../src/daemon/journal/sqlite-file.ts";
import { numberOf } from "../../../src/daemon/journal/sqlite-schema.ts";
import { decision, intent } from "../../unit/journal/entries.ts";
import { byHand, Stage } from "./stage.ts";

test("syncs what a restart must know before it returns, and the rest later", () => {
  const executed = vi.spyOn(DatabaseSync.prototype, "exec");
  onTestFinished(() => executed.mockRestore());
  const file = new SqliteFile(new Stage().path, 0);
  const db = executed.mock.contexts[0];
  if (!(db instanceof DatabaseSync)) throw new Error("Cannot find the connection of the file");
  const step = { kind: "attach", member: "web-b" } as const;
  const begun = { type: "step", group: "web", step, why: "", to: ["web-b"], takesOff: false } as const;
  const synced = [intent, begun, decision(""), byHand].map((entry) => {
    file.insert([{ atWallMs: 1, identity: "", entry }]);
    // 2: the insertion was on the disk before it returned, else 1.
    return numberOf(db, "PRAGMA synchronous");
  });
  file.close();
  expect(synced).toEqual([1, 2, 1, 2]);
});

test("writes what need not be synced when the turn is over, all of it at once, and before what must be synced", () => {
  const stage = new Stage();
  const turns: (() => void)[] = [];
  const inserted: number[] = [];
  const disk = sqliteDisk(stage.dir);
  const journal = stage.open({
    defer: (write) => turns.push(write),
    disk: {
      ...disk,
      open: (busyMs) => {
        const file = disk.open(busyMs);
        const insert = file.insert.bind(file);
        file.insert = (all) => {
          inserted.push(all.length);
          insert(all);
        };
        return file;
      },
    },
  });
  for (const why of ["1", "2", "3"]) journal.append(decision(why));
  expect([inserted, stage.writes, turns.length]).toEqual([[], [], 1]);
  turns.shift()?.();
  expect([inserted, stage.writes]).toEqual([[3], ["ok", "ok", "ok"]]);
  journal.append(decision("4"));
  journal.append(byHand);
  expect(inserted).toEqual([3, 2]);
  turns.shift()?.();
  expect([inserted, stage.writes.length]).toEqual([[3, 2], 5]);
  journal.append(decision("5"));
  journal.close();
  expect([stage.stored.length, stage.writes.length]).toEqual([6, 6]);
  turns.shift()?.();
  expect(stage.writes).toEqual(stage.writes.map(() => "ok"));
});

describe("3,000 entries of one turn, more than are kept in memory,", () => {
  test("are all in the file, and told as such", () => {
    const stage = new Stage();
    const turns: (() => void)[] = [];
    const journal = stage.open({ defer: (write) => turns.push(write) });
    for (let i = 0; i < 3_000; i++) journal.append(decision(`${i}`));
    expect([stage.writes.length, turns.length]).toEqual([2_816, 1]);
    turns.shift()?.();
    journal.close();
    expect(stage.stored).toHaveLength(3_000);
    expect(stage.writes).toEqual(Array.from({ length: 3_000 }, () => "ok"));
  });

  test("are each told as failed once when the disk refuses them", () => {
    const stage = new Stage();
    const turns: (() => void)[] = [];
    const disk = sqliteDisk(stage.dir);
    const refuse = (): never => {
      throw new Error("no space");
    };
    const journal = stage.open({ defer: (write) => turns.push(write), disk: { ...disk, open: refuse } });
    for (let i = 0; i < 3_000; i++) journal.append(decision(`${i}`));
    turns.shift()?.();
    journal.close();
    expect(stage.writes).toEqual(Array.from({ length: 3_000 }, () => "failed"));
  });
});
