/** What tables write is what prom-client writes of the same numbers. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { SeriesIndex } from "../../../src/server/series-index.ts";
import { CountTable, GaugeTable, HistogramTable, type Written } from "../../../src/server/series-tables.ts";

const odd = 'a "quoted" \\ name\nof two lines';
const members = [
  { group: "web", member: "web-a" },
  { group: "web", member: odd },
  { group: "shop", member: "eu" },
] as const;
const name = "failoverd_thing";
const help = "What it is: a \\ and\na line.";
const labelNames = ["group", "member"] as const;

/** An index that has the members, in their order. */
function indexed(): SeriesIndex {
  const series = new SeriesIndex();
  for (const { group, member } of members) series.memberRow(group, member);
  return series;
}

const textOf = (table: Written, series: SeriesIndex): string => [...table.text(series.owners())].join("");

describe("tables write what prom-client writes", () => {
  test("of counters", async () => {
    const series = indexed();
    const columns = [{ outcome: "pass" }, { outcome: "fail" }];
    const table = new CountTable({ name, help, rows: series.members, columns });
    const registry = new Registry();
    const counter = new Counter({
      name,
      help,
      labelNames: [...labelNames, "outcome"],
      registers: [registry],
    });
    for (const labels of members) for (const column of columns) counter.inc({ ...labels, ...column }, 0);
    for (const { group, member } of members.slice(1)) {
      table.count(series.memberRow(group, member), "fail");
      counter.inc({ group, member, outcome: "fail" });
    }
    table.count(0, "no such outcome");
    expect(textOf(table, series)).toBe(await registry.metrics());
  });

  test("of gauges, of which some are not there", async () => {
    const series = indexed();
    const one = new GaugeTable({ name, help, rows: series.members, columns: [{}] });
    const several = new GaugeTable({
      name: `${name}_state`,
      help,
      rows: series.members,
      columns: ["on", "off"].map((state) => ({ state })),
    });
    const registry = new Registry();
    const registers = [registry];
    const gauge = new Gauge({ name, help, labelNames, registers });
    const states = new Gauge({
      name: `${name}_state`,
      help,
      labelNames: [...labelNames, "state"],
      registers,
    });
    one.set(2, 5);
    one.reset();
    const values = [-1.5, Infinity];
    for (const [i, labels] of members.slice(0, 2).entries()) {
      one.set(i, values[i]!);
      gauge.set(labels, values[i]!);
    }
    several.set(1, 1, 1);
    states.set({ ...members[1], state: "off" }, 1);
    expect([one, several].map((table) => textOf(table, series)).join("\n")).toBe(await registry.metrics());
  });

  test("of histograms", async () => {
    const series = indexed();
    const buckets = [0.001, 0.5, 2];
    const table = new HistogramTable({ name, help, rows: series.members, buckets });
    const registry = new Registry();
    const histogram = new Histogram({ name, help, buckets, labelNames, registers: [registry] });
    for (const labels of members) histogram.zero(labels);
    for (const [i, value] of [0.001, 0.1, 0.2, 2, 2.5, 70].entries()) {
      const labels = members[i % 2]!;
      table.take(series.memberRow(labels.group, labels.member), value);
      histogram.observe(labels, value);
    }
    expect(textOf(table, series)).toBe(await registry.metrics());
  });
});

describe("rows", () => {
  test("are blank when they are taken again", () => {
    const series = indexed();
    const counts = new CountTable({ name, help, rows: series.members, columns: [{ outcome: "pass" }] });
    const gauges = new GaugeTable({ name, help, rows: series.members, columns: [{}] });
    counts.count(0, "pass");
    gauges.set(0, 1);
    series.keep(new Map([["shop", new Set(["eu"])]]));
    expect(series.memberRow("web", "new")).toBeLessThan(2);
    expect(series.memberRow("web", "newer")).toBeLessThan(2);
    expect(textOf(counts, series)).toContain('member="new",outcome="pass"} 0\n');
    expect(textOf(counts, series)).toContain('member="newer",outcome="pass"} 0\n');
    expect(textOf(gauges, series)).not.toContain("{");
  });
});
