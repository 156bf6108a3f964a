/**
 * Metrics whose numbers are in tables: a row for each group or member. They write themselves, a row at a time, so that a page of many
 * megabytes never exists as a whole.
 */
import { ownerText, type Owners, type Rows, type SeriesOwner } from "./series-index.ts";
import { headText, labelsText, valueText } from "./text-format.ts";

/** Rows of a block. */
const blockRows = 64;

/** Rows of equal width. They grow by blocks, so that nothing is copied and little is left over. */
class Cells {
  readonly #width: number;
  readonly #blank: number;
  readonly #blocks: Float64Array[] = [];

  /** @param blank what is in a cell until something else is. */
  constructor(width: number, blank: number) {
    this.#width = width;
    this.#blank = blank;
  }

  get(row: number, column: number): number {
    return this.#block(row)[this.#at(row, column)] ?? this.#blank;
  }

  set(row: number, column: number, value: number): void {
    this.#block(row)[this.#at(row, column)] = value;
  }

  add(row: number, column: number, value: number): void {
    this.set(row, column, this.get(row, column) + value);
  }

  clear(row: number): void {
    const from = this.#at(row, 0);
    this.#block(row).fill(this.#blank, from, from + this.#width);
  }

  #at(row: number, column: number): number {
    return (row % blockRows) * this.#width + column;
  }

  #block(row: number): Float64Array {
    const number = Math.floor(row / blockRows);
    for (;;) {
      const block = this.#blocks[number];
      if (block !== undefined) return block;
      this.#blocks.push(new Float64Array(blockRows * this.#width).fill(this.#blank));
    }
  }
}

/** A metric as it is written: its head, then its series, a text for each row. Each text ends with a line. */
export interface Written {
  /**
   * @param owners whose series are written, if they still have their rows when their turn comes. A gauge is what it is when this is
   *   called, a count is what it is when it is written.
   */
  text(owners: Owners): Iterable<string>;
}

interface TableParts {
  readonly name: string;
  readonly help: string;
  readonly rows: Rows;
}

export interface ScalarTableParts extends TableParts {
  /** What each column is: the labels of a series beside those of the row's owner. */
  readonly columns: readonly Readonly<Record<string, string>>[];
}

/** One number for each series. */
class ScalarTable implements Written {
  readonly #head: string;
  readonly #name: string;
  readonly #rows: Rows;
  readonly #columns: readonly string[];
  readonly #blank: number;
  #cells: Cells;

  constructor(type: "counter" | "gauge", { name, help, rows, columns }: ScalarTableParts, blank: number) {
    this.#head = headText(name, help, type);
    this.#name = name;
    this.#rows = rows;
    this.#columns = columns.map((labels) => labelsText(labels));
    this.#blank = blank;
    this.#cells = new Cells(columns.length, blank);
    rows.attach({ clear: (row) => this.#cells.clear(row) });
  }

  get cells(): Cells {
    return this.#cells;
  }

  text(owners: Owners): Iterable<string> {
    return this.#text(owners.get(this.#rows) ?? [], this.#cells);
  }

  /** Everything is blank. What is being written stays as it was. */
  protected renew(): void {
    this.#cells = new Cells(this.#columns.length, this.#blank);
  }

  *#text(owners: readonly SeriesOwner[], cells: Cells): Iterable<string> {
    const head = this.#head;
    yield head;
    for (const owner of owners) {
      if (!this.#rows.isOf(owner)) continue;
      const labels = ownerText(owner);
      let lines = "";
      for (const [i, column] of this.#columns.entries()) {
        const value = cells.get(owner.row, i);
        if (Number.isNaN(value)) continue;
        const all = column === "" ? labels : `${labels},${column}`;
        lines += `${this.#name}{${all}} ${valueText(value)}\n`;
      }
      if (lines !== "") yield lines;
    }
  }
}

/** Everything in it is 0 from the start. */
export class CountTable extends ScalarTable {
  readonly #columnOf: ReadonlyMap<string, number>;

  constructor(parts: ScalarTableParts) {
    super("counter", parts, 0);
    this.#columnOf = new Map(parts.columns.map((labels, i) => [Object.values(labels).join(" "), i]));
  }

  /** @param column the values of its labels, with spaces between. One that there is not is not counted. */
  count(row: number, column: string): void {
    const at = this.#columnOf.get(column);
    if (at !== undefined) this.cells.add(row, at, 1);
  }
}

/** What is so now. A series that is not set is not there. */
export class GaugeTable extends ScalarTable {
  constructor(parts: ScalarTableParts) {
    super("gauge", parts, NaN);
  }

  /** @param column the place of its labels in `columns`. */
  set(row: number, value: number, column = 0): void {
    this.cells.set(row, column, value);
  }

  /** No series is there any more. */
  reset(): void {
    this.renew();
  }
}

export interface HistogramTableParts extends TableParts {
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

export class HistogramTable implements Written {
  readonly #head: string;
  readonly #name: string;
  readonly #rows: Rows;
  readonly #bounds: readonly number[];
  /** The bounds as labels, that of all included. */
  readonly #les: readonly string[];
  /** How many are in each bucket and in no lower one, above all of them, and the sum of all. */
  readonly #cells: Cells;

  constructor({ name, help, rows, buckets }: HistogramTableParts) {
    this.#head = headText(name, help, "histogram");
    this.#name = name;
    this.#rows = rows;
    this.#bounds = buckets;
    this.#les = [...buckets.map(valueText), "+Inf"].map((le) => labelsText({ le }));
    this.#cells = new Cells(buckets.length + 2, 0);
    rows.attach(this.#cells);
  }

  take(row: number, value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? Infinity)) bucket += 1;
    this.#cells.add(row, bucket, 1);
    this.#cells.add(row, bounds.length + 1, value);
  }

  *text(owners: Owners): Iterable<string> {
    const head = this.#head;
    const name = this.#name;
    yield head;
    for (const owner of owners.get(this.#rows) ?? []) {
      if (!this.#rows.isOf(owner)) continue;
      const labels = ownerText(owner);
      const { row } = owner;
      let lines = "";
      let count = 0;
      for (const [i, le] of this.#les.entries()) {
        count += this.#cells.get(row, i);
        lines += `${name}_bucket{${le},${labels}} ${count}\n`;
      }
      const sum = this.#cells.get(row, this.#bounds.length + 1);
      yield `${lines}${name}_sum{${labels}} ${valueText(sum)}\n${name}_count{${labels}} ${count}\n`;
    }
  }
}
