import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { JournalEntry } from "../../../src/daemon/journal/journal.ts";
import { MemoryJournal } from "../../../src/daemon/journal/memory-journal.ts";
import { DiskJournal } from "../../../src/daemon/journal/disk-journal.ts";
import { sqliteDisk } from "../../../src/daemon/journal/sqlite-file.ts";

const wallNow = 1_800_000_000_000;

let dir = "";
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function makeDir(): string {
  dir = mkdtempSync(join(tmpdir(), "failoverd-journal-"));
  return dir;
}

const step = { kind: "attach", member: "b" } as const;
const group = "web";
const move: readonly JournalEntry[] = [
  { type: "intent", group, trigger: "failover", why: "a is unhealthy", from: ["a"], to: ["b"] },
  { type: "step", group, step, why: "", to: ["b"], takesOff: false },
  { type: "effect", group, step, effect: "applied", detail: "success", durationMs: 5 },
  { type: "seen", group, holders: ["b"], foreign: [], busy: null },
  { type: "ended", group, trigger: "failover", from: ["a"], to: ["b"], outcome: "completed" },
  { type: "changed-by-hand", group, from: ["b"], to: ["c"] },
];

/** A program that opens the journal in `dir`, appends these entries and then does `last`. */
function program(entries: readonly JournalEntry[], last: string): readonly string[] {
  const sourceOf = (name: string): string =>
    JSON.stringify(new URL(`../../../src/daemon/journal/${name}`, import.meta.url).href);
  const code = `
    import { DiskJournal } from ${sourceOf("disk-journal.ts")};
    import { sqliteDisk } from ${sourceOf("sqlite-file.ts")};
    const journal = new DiskJournal({
      disk: sqliteDisk(${JSON.stringify(dir)}),
      clock: { now: () => 0, wallNow: () => ${wallNow} },
      onHealth: (health) => console.error(health),
      onWrite: () => undefined,
      onNotice: (notice) => console.error(notice),
    });
    for (const entry of ${JSON.stringify(entries)}) journal.append(entry);
    ${last}
  `;
  return ["--input-type=module", "-e", code];
}

interface Opened {
  readonly journal: DiskJournal;
  readonly told: readonly string[];
  readonly pass: (ms: number) => void;
}

function openHere(): Opened {
  const told: string[] = [];
  let now = 0;
  const journal = new DiskJournal({
    disk: sqliteDisk(dir),
    clock: { now: () => now, wallNow: () => wallNow },
    onHealth: (health) => told.push(health.kind === "memory" ? health.why : health.kind),
    onWrite: () => undefined,
    onNotice: (notice) => told.push(notice),
  });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { journal, told, pass };
}

describe("kill -9 right after append() returns", () => {
  test.each(move.map((entry, i) => [entry.type, i] as const))("after %s: the entry is there", (_, i) => {
    makeDir();
    const entries = move.slice(0, i + 1);
    const child = spawnSync(process.execPath, program(entries, `process.kill(process.pid, "SIGKILL");`), {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect([child.signal, child.stderr]).toEqual(["SIGKILL", ""]);

    const expected = new MemoryJournal({ wallNow: () => wallNow });
    for (const entry of entries) expected.append(entry);
    const { journal, told } = openHere();
    expect(journal.recover(group, "")).toEqual(expected.recover(group, ""));
    expect(told).toEqual([]);
    journal.close();
  });
});

test("a second process on the same file goes on in memory, says who has it, and takes over when it is gone", async () => {
  makeDir();
  const child = spawn(
    process.execPath,
    program(move.slice(0, 2), `console.log("open"); setInterval(() => undefined, 1_000);`),
    { stdio: ["ignore", "pipe", "inherit"], timeout: 20_000 },
  );
  await once(child.stdout, "data");
  const { journal, told, pass } = openHere();
  expect(journal.recover(group, "").openMove).toBeNull();
  expect(told).toEqual([
    `${dir}/journal.db is in use by process ${child.pid}, which may be a second failoverd`,
  ]);

  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
  pass(1_000);
  expect(journal.recover(group, "").openMove?.lastStep?.step).toEqual(step);
  expect(told.slice(1)).toEqual(["durable"]);
  journal.close();
});
