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
  readonly group: string;
  /** Null: the group itself. */
  readonly member: string | null;
  readonly row: number;
}

/** Who had rows at one moment. */
export type Owners = ReadonlyMap<Rows, readonly SeriesOwner[]>;

/** @returns the labels as they are written: `group="web",member="web-a"`. */
export function ownerText({ group, member }: SeriesOwner): string {
  return labelsText(member === null ? { group } : { group, member });
}

/** Rows that tables have in common. */
export class Rows {
  readonly #isOf: (owner: SeriesOwner) => boolean;
  readonly #tables: Table[] = [];
  readonly #free: number[] = [];
  #count = 0;

  /** @param isOf whether the row is the owner's now. */
  constructor(isOf: (owner: SeriesOwner) => boolean) {
    this.#isOf = isOf;
  }

  attach(table: Table): void {
    this.#tables.push(table);
  }

  /** @returns false when the row was given back since, and may be somebody else's. */
  isOf(owner: SeriesOwner): boolean {
    return this.#isOf(owner);
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
  readonly groups: Rows = new Rows(({ group, row }) => this.#groups.get(group)?.row === row);
  /** A row for each member. */
  readonly members: Rows = new Rows(
    ({ group, member, row }) => member !== null && this.#groups.get(group)?.members.get(member) === row,
  );

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

  /** @returns who has rows now, in the order of the config: a list that stays as it is. */
  owners(): Owners {
    const groups: SeriesOwner[] = [];
    const owners: SeriesOwner[] = [];
    for (const [group, { row, members }] of this.#groups) {
      groups.push({ group, member: null, row });
      for (const [member, memberRow] of members) owners.push({ group, member, row: memberRow });
    }
    return new Map([
      [this.groups, groups],
      [this.members, owners],
    ]);
  }

  #of(group: string): GroupRows {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const rows: GroupRows = { row: this.groups.take(), members: new Map() };
    this.#groups.set(group, rows);
    return rows;
  }
}
