/** The newest entries in memory: all that there is while the disk fails, and what is written again when the file is lost. */
import { bounded, isOfMove, type Stamped } from "./entry.ts";
import type { Recorded } from "./query.ts";
import type { JournalEntry } from "./journal.ts";

/** Entries kept of moves, of which each has about ten, and as many of what only explains: neither makes the other one's room. */
const recentMax = 1_000;

/** The id counts the entries of this process. */
type Kept = Stamped & Recorded;

export class Recent {
  readonly #ofMoves: Kept[] = [];
  /** What only explains. */
  readonly #others: Kept[] = [];
  #count = 0;
  /** By name. */
  readonly #identities = new Map<string, string>();

  /** What comes under this name from now on is of the group with this identity. */
  begin(group: string, identity: string): void {
    this.#identities.set(group, identity);
  }

  /** @returns empty: no group of this name has begun. */
  identityOf(group: string): string {
    return this.#identities.get(group) ?? "";
  }

  /** In the order of writing. */
  get all(): readonly Stamped[] {
    return this.recorded;
  }

  /** The same with places. */
  get recorded(): readonly Kept[] {
    return [...this.#ofMoves, ...this.#others].toSorted((a, b) => a.id - b.id);
  }

  of(group: string): readonly Stamped[] {
    const identity = this.identityOf(group);
    return this.all.filter(({ entry, ...at }) => entry.group === group && at.identity === identity);
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
      identity: this.identityOf(entry.group),
      entry: kept,
    };
    const ofItsKind = isOfMove(kept) ? this.#ofMoves : this.#others;
    ofItsKind.push(added);
    // The oldest of its kind makes room.
    return { added, dropped: ofItsKind.length > recentMax ? (ofItsKind.shift() ?? null) : null };
  }
}
