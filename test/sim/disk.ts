/**
 * The disk of the monitor's machine with the journal's file on it. It outlives processes, and it fails as a real one does:
 * with the codes of SQLite, or by losing what was not synced when the power goes.
 */
import { isOfMove, mustBeSynced, parseEntry, type Stamped } from "../../src/daemon/journal/entry.ts";
import type {
  GroupEntries,
  JournalDisk,
  JournalFile,
  Retention,
  StampedSegment,
} from "../../src/daemon/journal/journal-file.ts";
import { pageOf, type EntryPage, type EntryQuery, type Recorded } from "../../src/daemon/journal/query.ts";
import { lastHourOf, segmentName } from "../../src/daemon/journal/recent-runs.ts";
import { segmentsWithin, type Segment } from "../../src/daemon/journal/runs.ts";
import type { JournalEntry } from "../../src/daemon/journal/journal.ts";
import type { SimProcess } from "./process.ts";
import type { Stage } from "./stage.ts";

/** https://www.sqlite.org/rescode.html */
const codes = {
  5: "database is locked",
  8: "attempt to write a readonly database",
  10: "disk I/O error",
  11: "database disk image is malformed",
  13: "database or disk is full",
  26: "file is not a database",
} as const;

const explainingTypes = ["situation", "started", "stopped", "trust", "question", "brown-out", "preflight"];

export type DiskTrouble = 8 | 10 | 13;

/** An entry as it is in the file. Its text is made, and read back, once and only when somebody wants to know: few rows are ever read. */
class Row {
  readonly id: number;
  readonly atWallMs: number;
  readonly group: string;
  readonly identity: string;
  readonly ofMove: boolean;
  readonly #written: JournalEntry;
  #json: string | null = null;
  #entry: JournalEntry | null | undefined;

  constructor(id: number, { atWallMs, identity, entry }: Stamped) {
    this.id = id;
    this.atWallMs = atWallMs;
    this.group = entry.group;
    this.identity = identity;
    this.ofMove = isOfMove(entry);
    this.#written = entry;
  }

  /** Null: the text is damaged. */
  get entry(): JournalEntry | null {
    if (this.#entry === undefined) this.#entry = parseEntry(this.#text);
    return this.#entry;
  }

  damage(): void {
    this.#json = this.#text.slice(0, Math.floor(this.#text.length / 2));
    this.#entry = undefined;
  }

  get #text(): string {
    return (this.#json ??= JSON.stringify(this.#written));
  }
}

/** What is in a file; another object is another file. */
interface Content {
  rows: Row[];
  readonly segments: Map<string, Segment>;
  lastId: number;
  /** No row is older than this. Milliseconds since 1970. */
  oldestWallMs: number;
  /** Rows up to this one survive a power cut. */
  syncedId: number;
  damage: 11 | 26 | null;
}

/** Around each write: the process may be killed there. */
export type WriteWatcher = (process: SimProcess, when: "before" | "after") => void;

export class SimDisk {
  readonly #stage: Stage;
  readonly #onWrite: WriteWatcher;
  #content: Content | null = null;
  #trouble: { readonly code: DiskTrouble; readonly until: number } | null = null;
  #owner: OpenFile | null = null;

  constructor(stage: Stage, onWrite: WriteWatcher) {
    this.#stage = stage;
    this.#onWrite = onWrite;
  }

  /** The disk as one process has it. */
  connect(process: SimProcess): JournalDisk {
    return {
      path: "/sim/journal.db",
      open: () => this.#open(process),
      moveAside: (stampWallMs) => this.#moveAside(stampWallMs),
    };
  }

  /** What any write meets now; null: nothing is wrong. */
  get troubleNow(): string | null {
    const trouble = this.#trouble;
    return trouble === null || trouble.until <= this.#stage.clock.now ? null : codes[trouble.code];
  }

  fail(code: DiskTrouble, until: number): void {
    this.#trouble = { code, until };
  }

  recover(): void {
    this.#trouble = null;
  }

  /** The process goes with it; that is not our business here. */
  losePower(): void {
    const content = this.#content;
    if (content !== null) content.rows = content.rows.filter(({ id }) => id <= content.syncedId);
  }

  /** A person removes the file; who has it open goes on writing to what nobody can find. */
  remove(): void {
    this.#content = null;
  }

  /** A file of another installation takes its place. */
  replace(entries: readonly Stamped[]): void {
    const content = emptyContent();
    append(content, entries);
    this.#content = content;
  }

  damageFile(code: 11 | 26): void {
    if (this.#content !== null) this.#content.damage = code;
  }

  /** @param share where in the file the entry is, 0 ≤ share < 1. */
  damageEntry(share: number): void {
    const rows = this.#content?.rows ?? [];
    rows[Math.floor(share * rows.length)]?.damage();
  }

  #open(process: SimProcess): JournalFile {
    const owner = this.#owner;
    if (owner !== null && owner.isOpen && owner.process.alive) throw sqliteError(5);
    this.#throwTrouble(8, 10);
    const fresh = this.#content === null;
    if (fresh) this.#throwTrouble(13);
    this.#content ??= emptyContent();
    if (this.#content.damage !== null) throw sqliteError(this.#content.damage);
    const isInPlace = (content: Content): boolean => this.#content === content;
    const file = new OpenFile(process, this.#content, {
      fresh,
      isInPlace,
      throwTrouble: (...seen) => this.#throwTrouble(...seen),
      onWrite: this.#onWrite,
    });
    this.#owner = file;
    return file;
  }

  #moveAside(stampWallMs: number): string {
    this.#throwTrouble(8, 10);
    this.#content = null;
    return `/sim/journal.db.corrupt-${stampWallMs}`;
  }

  /** @param seen the troubles that this work would notice. */
  #throwTrouble(...seen: readonly DiskTrouble[]): void {
    const trouble = this.#trouble;
    if (trouble === null || trouble.until <= this.#stage.clock.now || !seen.includes(trouble.code)) return;
    throw sqliteError(trouble.code);
  }
}

interface FileParts {
  readonly fresh: boolean;
  readonly isInPlace: (content: Content) => boolean;
  readonly throwTrouble: (...seen: readonly DiskTrouble[]) => void;
  readonly onWrite: WriteWatcher;
}

class OpenFile implements JournalFile {
  readonly process: SimProcess;
  readonly fresh: boolean;
  isOpen = true;
  readonly #content: Content;
  readonly #parts: FileParts;

  constructor(process: SimProcess, content: Content, parts: FileParts) {
    this.process = process;
    this.fresh = parts.fresh;
    this.#content = content;
    this.#parts = parts;
  }

  isInPlace(): boolean {
    return this.#parts.isInPlace(this.#content);
  }

  insert(all: readonly Stamped[]): void {
    if (!this.process.alive) return;
    // What only explains is no moment at which a kill would matter.
    const matters = all.some(({ entry }) => !explainingTypes.includes(entry.type));
    if (matters) this.#parts.onWrite(this.process, "before");
    // A killed process writes no more, and runs on in here only until it next waits.
    if (!this.process.alive) return;
    this.#throwIfUnable(8, 10, 13);
    append(this.#content, all);
    if (matters) this.#parts.onWrite(this.process, "after");
  }

  saveRuns(all: readonly StampedSegment[]): void {
    if (!this.process.alive) return;
    this.#throwIfUnable(8, 10, 13);
    for (const { segment } of all) this.#content.segments.set(segmentName(segment), segment);
  }

  page(query: EntryQuery): EntryPage {
    this.#throwIfUnable(10);
    const all = this.#content.rows.flatMap(({ id, atWallMs, entry }): readonly Recorded[] =>
      entry === null ? [] : [{ id, atWallMs, entry }],
    );
    return pageOf(all, query);
  }

  segments(group: string, fromWallMs: number, toWallMs: number): readonly Segment[] {
    this.#throwIfUnable(10);
    return segmentsWithin([...this.#content.segments.values()], group, fromWallMs, toWallMs);
  }

  lastRunHour(untilWallMs: number): number | null {
    this.#throwIfUnable(10);
    return lastHourOf([...this.#content.segments.values()], untilWallMs);
  }

  read(group: string, identity: string, wallNow: number): GroupEntries {
    this.#throwIfUnable(10);
    const { rows } = this.#content;
    const named = rows.filter((row) => row.group === group);
    const own = named.filter((row) => row.identity === identity && row.ofMove);
    const entries = own.flatMap(({ atWallMs, entry }): readonly Stamped[] =>
      entry === null ? [] : [{ atWallMs, identity, entry }],
    );
    const lastId = own.at(-1)?.id ?? 0;
    const later = rows.find(({ id, atWallMs }) => id > lastId && atWallMs <= wallNow);
    const foreign = named.length > 0 && named.every((row) => row.identity !== identity);
    return { entries, laterWallMs: later?.atWallMs ?? null, foreign };
  }

  prune(retention: Retention, wallNow: number): number {
    this.#throwIfUnable(8, 10, 13);
    const content = this.#content;
    const before = content.rows.length;
    const keepFrom = content.lastId - retention.entriesMin;
    const keepAfterWallMs = wallNow - retention.ageMaxMs;
    if (content.oldestWallMs >= keepAfterWallMs) return 0;
    content.rows = content.rows.filter(({ id, atWallMs }) => id > keepFrom || atWallMs >= keepAfterWallMs);
    content.oldestWallMs = content.rows.reduce((least, { atWallMs }) => Math.min(least, atWallMs), Infinity);
    return before - content.rows.length;
  }

  close(): void {
    this.isOpen = false;
  }

  #throwIfUnable(...seen: readonly DiskTrouble[]): void {
    this.#parts.throwTrouble(...seen);
    if (this.#content.damage !== null) throw sqliteError(this.#content.damage);
  }
}

function emptyContent(): Content {
  return { rows: [], segments: new Map(), lastId: 0, oldestWallMs: Infinity, syncedId: 0, damage: null };
}

function append(content: Content, all: readonly Stamped[]): void {
  for (const stamped of all) {
    content.rows.push(new Row(++content.lastId, stamped));
    content.oldestWallMs = Math.min(content.oldestWallMs, stamped.atWallMs);
  }
  // One sync brings everything before it onto the disk.
  if (all.some(({ entry }) => mustBeSynced(entry))) content.syncedId = content.lastId;
}

/** Made once: a stack trace, which nobody reads, costs more than all else that a failing disk does. */
const sqliteErrors: ReadonlyMap<number, Error> = new Map(
  Object.entries(codes).map(([code, errstr]) => {
    const errcode = Number(code);
    return [errcode, Object.assign(new Error(errstr), { code: "ERR_SQLITE_ERROR", errcode, errstr })];
  }),
);

function sqliteError(errcode: keyof typeof codes): Error {
  return sqliteErrors.get(errcode)!;
}
