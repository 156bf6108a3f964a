/** The newest entries in memory: all that there is while the disk fails, and what is written again when the file is lost. */
import { bounded, isOfMove, type Stamped } from "./entry.ts";
import type { Recorded } from "./query.ts";
import type { JournalEntry } from "./journal.ts";

/** Entries kept; a move has about ten. */
const recentMax = 1_000;

/** The id counts the entries of this process. */
type Kept = Stamped & Recorded;

export class Recent {
  readonly #all: Kept[] = [];
  #count = 0;
  readonly #identityOf: (group: string) => string;

  constructor(identityOf: (group: string) => string) {
    this.#identityOf = identityOf;
  }

  /** In the order of writing. */
  get all(): readonly Stamped[] {
    return this.#all;
  }

  /** The same with places. */
  get recorded(): readonly Recorded[] {
    return this.#all;
  }

  of(group: string): readonly Stamped[] {
    const identity = this.#identityOf(group);
    return this.#all.filter(({ entry, ...at }) => entry.group === group && at.identity === identity);
  }

  /**
   * @param atWallMs milliseconds since 1970.
   * @returns what was taken in, and what had to make room for it; null when this is no entry.
   */
  add(
    entry: JournalEntry,
    atWallMs: number,
  ): { readonly added: Stamped; readonly dropped: Stamped | null } | null {
    const kept = bounded(entry);
    if (kept === null) return null;
    const stamp = Math.trunc(atWallMs);
    const added: Kept = {
      id: ++this.#count,
      atWallMs: Number.isSafeInteger(stamp) ? stamp : 0,
      identity: this.#identityOf(entry.group),
      entry: kept,
    };
    this.#all.push(added);
    return { added, dropped: this.#all.length > recentMax ? this.#drop() : null };
  }

  /** What only explains goes first. */
  #drop(): Stamped | null {
    const index = this.#all.findIndex(({ entry }) => !isOfMove(entry));
    return this.#all.splice(Math.max(0, index), 1)[0] ?? null;
  }
}
