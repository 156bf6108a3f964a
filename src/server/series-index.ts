/**
 * Who has series: the groups and members of the config, each with a row in tables of numbers. Thousands of members have dozens of series
 * each, nearly all of them 0 for ever, so what a series costs is eight bytes and not an object.
 */

import { labelsText } from "./text-format.ts";

/** Where a row has its numbers. */
export interface Table {
  /** Everything in the row is as in a new one. */
  clear(row: number): void;
}

export interface SeriesOwner {
  /** As they are written: `group="web",member="web-a"`. */
  readonly labels: string;
  readonly row: number;
}

/** Rows that tables have in common. */
export class Rows {
  readonly #owners: () => Iterable<SeriesOwner>;
  readonly #tables: Table[] = [];
  readonly #free: number[] = [];
  #count = 0;

  /** @param owners whose rows they are. */
  constructor(owners: () => Iterable<SeriesOwner>) {
    this.#owners = owners;
  }

  attach(table: Table): void {
    this.#tables.push(table);
  }

  owners(): Iterable<SeriesOwner> {
    return this.#owners();
  }

  /** @returns a new row. */
  take(): number {
    return this.#free.pop() ?? this.#count++;
  }

  giveBack(row: number): void {
    for (const table of this.#tables) table.clear(row);
    this.#free.push(row);
  }
}

interface GroupRows {
  readonly row: number;
  readonly members: Map<string, number>;
}

export class SeriesIndex {
  readonly #groups = new Map<string, GroupRows>();
  /** A row for each group. */
  readonly groups: Rows = new Rows(() => this.#groupOwners());
  /** A row for each member. */
  readonly members: Rows = new Rows(() => this.#memberOwners());

  /** @returns the row of the group; it gets one when it has none. */
  groupRow(group: string): number {
    return this.#of(group).row;
  }

  /** @returns the row of the member; it gets one when it has none. */
  memberRow(group: string, member: string): number {
    const { members } = this.#of(group);
    const known = members.get(member);
    if (known !== undefined) return known;
    const row = this.members.take();
    members.set(member, row);
    return row;
  }

  /** @param members the names of those that stay, by group: all others lose their rows. */
  keep(members: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const [group, known] of this.#groups) {
      const kept = members.get(group);
      for (const [member, row] of known.members) {
        if (kept?.has(member)) continue;
        known.members.delete(member);
        this.members.giveBack(row);
      }
      if (kept !== undefined) continue;
      this.#groups.delete(group);
      this.groups.giveBack(known.row);
    }
  }

  #of(group: string): GroupRows {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const rows: GroupRows = { row: this.groups.take(), members: new Map() };
    this.#groups.set(group, rows);
    return rows;
  }

  *#groupOwners(): Iterable<SeriesOwner> {
    for (const [group, { row }] of this.#groups) yield { labels: labelsText({ group }), row };
  }

  *#memberOwners(): Iterable<SeriesOwner> {
    for (const [group, { members }] of this.#groups)
      for (const [member, row] of members) yield { labels: labelsText({ group, member }), row };
  }
}
