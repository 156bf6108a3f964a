/** Counters and histograms of prom-client whose numbers are in tables: a row for each group or member, all of them there from the start. */
import {
  Counter,
  Histogram,
  type CounterConfiguration,
  type HistogramConfiguration,
  type MetricObjectWithValues,
  type MetricValue,
  type MetricValueWithName,
} from "prom-client";
import type { Rows } from "./series-index.ts";

/** Rows of a block. */
const blockRows = 64;

/** Rows of equal width. They grow by blocks, so that nothing is copied and little is left over. */
class Cells {
  readonly #width: number;
  readonly #blocks: Float64Array[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  /** @returns the row itself, not a copy. */
  row(row: number): Float64Array {
    const number = Math.floor(row / blockRows);
    while (this.#blocks.length <= number) this.#blocks.push(new Float64Array(blockRows * this.#width));
    const from = (row % blockRows) * this.#width;
    return (this.#blocks[number] ?? new Float64Array()).subarray(from, from + this.#width);
  }

  add(row: number, column: number, value: number): void {
    const cells = this.row(row);
    cells[column] = (cells[column] ?? 0) + value;
  }

  clear(row: number): void {
    this.row(row).fill(0);
  }
}

export interface CountTableParts extends CounterConfiguration<string> {
  readonly rows: Rows;
  /** What each row counts: the labels of a series beside those of the row's owner. */
  readonly columns: readonly Readonly<Record<string, string>>[];
}

export class CountTable extends Counter {
  readonly #rows: Rows;
  readonly #columns: readonly Readonly<Record<string, string>>[];
  readonly #columnOf: ReadonlyMap<string, number>;
  readonly #cells: Cells;

  constructor({ rows, columns, ...config }: CountTableParts) {
    super(config);
    this.#rows = rows;
    this.#columns = columns;
    this.#columnOf = new Map(columns.map((labels, i) => [Object.values(labels).join(" "), i]));
    this.#cells = new Cells(columns.length);
    rows.attach(this.#cells);
  }

  /** @param column the values of its labels, with spaces between. One that there is not is not counted. */
  count(row: number, column: string): void {
    const at = this.#columnOf.get(column);
    if (at !== undefined) this.#cells.add(row, at, 1);
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const values: MetricValue<string>[] = [];
    for (const { labels, row } of this.#rows.owners()) {
      const cells = this.#cells.row(row);
      for (const [i, column] of this.#columns.entries())
        values.push({ labels: { ...labels, ...column }, value: cells[i] ?? 0 });
    }
    return { ...(await super.get()), values };
  }
}

export interface HistogramTableParts extends HistogramConfiguration<string> {
  readonly rows: Rows;
  /** Upper bounds, ascending. */
  readonly buckets: number[];
}

export class HistogramTable extends Histogram {
  readonly #rows: Rows;
  readonly #config: { readonly name: string; readonly help: string };
  readonly #bounds: readonly number[];
  /** How many are in each bucket and in no lower one, above all of them, and the sum of all. */
  readonly #cells: Cells;

  constructor({ rows, ...config }: HistogramTableParts) {
    super(config);
    this.#config = config;
    this.#rows = rows;
    this.#bounds = config.buckets;
    this.#cells = new Cells(config.buckets.length + 2);
    rows.attach(this.#cells);
  }

  take(row: number, value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? Infinity)) bucket += 1;
    this.#cells.add(row, bucket, 1);
    this.#cells.add(row, bounds.length + 1, value);
  }

  /** What prom-client asks for its text, and for `get()`. */
  getForPromString(): Promise<object> {
    const { name, help } = this.#config;
    const values: (MetricValueWithName<string> & { readonly sharedLabels: object })[] = [];
    const sharedLabels = {};
    for (const { labels, row } of this.#rows.owners()) {
      const cells = this.#cells.row(row);
      let count = 0;
      for (const [i, le] of [...this.#bounds, "+Inf"].entries()) {
        count += cells[i] ?? 0;
        values.push({ labels: { le, ...labels }, value: count, metricName: `${name}_bucket`, sharedLabels });
      }
      const sum = cells[this.#bounds.length + 1] ?? 0;
      values.push({ labels, value: sum, metricName: `${name}_sum`, sharedLabels });
      values.push({ labels, value: count, metricName: `${name}_count`, sharedLabels });
    }
    return Promise.resolve({ name, help, type: "histogram", aggregator: "sum", values });
  }
}
