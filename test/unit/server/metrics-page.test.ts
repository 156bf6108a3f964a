/** How the page of metrics is written: in pieces, with others at work meanwhile, and each page by itself. */
import { describe, expect, test } from "vitest";
import type { Config } from "../../../src/config/config.ts";
import type { DaemonSnapshot, GroupSnapshot } from "../../../src/daemon/snapshot.ts";
import { Metrics } from "../../../src/server/metrics.ts";
import { passed } from "../daemon/results.ts";
import { config, configOf, group, snapshotOf } from "./page-facts.ts";

const membersCount = 1_000;
const large = configOf(membersCount);

function loadedWith(each: Config): Metrics {
  const metrics = new Metrics("1.2.3");
  metrics.configLoaded(each, 0);
  return metrics;
}

/** @returns what the daemon says of a config whose members all have this health. */
function snapshotWith(each: Config, health: "healthy" | "unhealthy"): DaemonSnapshot {
  const [first] = group.members;
  if (first === undefined) throw new Error("The group has no member");
  const groups = each.groups.map(({ name, members }): GroupSnapshot => ({
    ...group,
    name,
    members: members.map((member) => ({ ...first, name: member.name, health, realHealth: health })),
  }));
  return { ...snapshotOf(...groups), targets: health === "healthy" ? 1 : 2 };
}

/** Reads a page up to a line, lets something happen, and reads the rest. @returns the page. */
async function interrupted(page: AsyncIterable<string>, mark: string, act: () => unknown): Promise<string> {
  let text = "";
  let isDone = false;
  for await (const piece of page) {
    text += piece;
    if (isDone || !piece.includes(mark)) continue;
    isDone = true;
    await act();
  }
  expect(isDone).toBe(true);
  return text;
}

/** @returns the series of a page, each with its value. */
function seriesOf(text: string): readonly (readonly [series: string, value: string])[] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => [line.slice(0, line.lastIndexOf(" ")), line.slice(line.lastIndexOf(" ") + 1)]);
}

/** @returns the series that a page has more than once. */
function repeated(text: string): readonly string[] {
  const seen = new Set<string>();
  return seriesOf(text).flatMap(([series]) => (seen.size === seen.add(series).size ? [series] : []));
}

describe("the page of metrics", () => {
  test("writes the page piece by piece as it is read, however many members there are", async () => {
    const [{ members, ...web } = config.groups[0]!] = config.groups;
    const many = Array.from({ length: 500 }, (_, n) =>
      members.map((each) => Object.assign({}, each, { name: `${each.name}-${n}` })),
    );
    const metrics = new Metrics("1.2.3");
    metrics.configLoaded({ ...config, groups: [{ ...web, members: many.flat() }] }, 0);
    const pieces: string[] = [];
    for await (const piece of metrics.page(snapshotOf(group))) pieces.push(piece);
    const whole = pieces.join("");
    expect(whole.length).toBeGreaterThan(3_000_000);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(40_000);
    expect(whole).not.toContain("\n\n\n");
    expect(whole.match(/^# TYPE /gm)?.length).toBe(whole.split("\n\n").length);
    expect(whole.endsWith("\n") && !whole.endsWith("\n\n")).toBe(true);
  });

  test("lets the event loop take a turn after every few pieces, however fast it is read", async () => {
    const metrics = loadedWith(large);
    let turns = 0;
    let pieces = 0;
    let next = setImmediate(function count() {
      turns += 1;
      next = setImmediate(count);
    });
    const turnsAtPieces: number[] = [];
    for await (const _ of metrics.page(snapshotWith(large, "healthy"))) {
      pieces += 1;
      turnsAtPieces.push(turns);
    }
    clearImmediate(next);
    expect(pieces).toBeGreaterThan(50);
    expect(new Set(turnsAtPieces).size).toBeGreaterThanOrEqual(Math.floor(pieces / 16));
  });

  // The first table of counters, and in the midst of the gauges.
  test.each(["failoverd_probe_attempts_total{", "failoverd_member_strikes{"])(
    "has no series twice when its group goes and comes back while %s is written",
    async (mark) => {
      const metrics = loadedWith(large);
      const text = await interrupted(metrics.page(snapshotWith(large, "healthy")), mark, async () => {
        await metrics.forgetOthersThan({ ...large, groups: [] });
        metrics.configLoaded(large, 0);
      });
      expect(repeated(text)).toEqual([]);
    },
  );

  test.each(["failoverd_probe_attempts_total{", "failoverd_member_strikes{"])(
    "says nothing of whoever takes the rows of another group while %s is written",
    async (mark) => {
      const metrics = loadedWith(large);
      const [web] = large.groups;
      const other = { ...large, groups: [{ ...web!, name: "other" }] };
      const probe = { type: "probe", group: "other", before: "healthy", strikes: null } as const;
      const text = await interrupted(metrics.page(snapshotWith(large, "healthy")), mark, async () => {
        await metrics.forgetOthersThan(other);
        metrics.configLoaded(other, 0);
        for (const { name: member } of web!.members)
          metrics.take({ ...probe, member, latenessMs: 0, result: passed() });
        // A page of the others, so that their gauges are set as well.
        for await (const _ of metrics.page(snapshotWith(other, "unhealthy")));
      });
      expect(repeated(text)).toEqual([]);
      const ofRows = seriesOf(text).filter(([series]) => series.includes("member="));
      expect(ofRows.length).toBeGreaterThan(0);
      expect(ofRows.filter(([series]) => series.includes('group="other"'))).toEqual([]);
      const wrong = ofRows.filter(
        ([series, value]) =>
          (series.startsWith("failoverd_probe_attempts_total{") && value !== "0") ||
          (series.startsWith("failoverd_member_healthy{") && value !== "1"),
      );
      expect(wrong).toEqual([]);
    },
  );

  test("says what its own snapshot says, whatever other pages are begun before it is read", async () => {
    const metrics = loadedWith(large);
    const whole = async (page: AsyncIterable<string>): Promise<string> => {
      let text = "";
      for await (const piece of page) text += piece;
      return text;
    };
    const slow = metrics.page(snapshotWith(large, "healthy"));
    let fast = "";
    const text = await interrupted(slow, "failoverd_member_strikes{", async () => {
      fast = await whole(metrics.page(snapshotWith(large, "unhealthy")));
    });
    for (const [page, healthy, targets] of [
      [text, "1", "1"],
      [fast, "0", "2"],
    ] as const) {
      const series = seriesOf(page);
      const healths = series.filter(([name]) => name.startsWith("failoverd_member_healthy{"));
      expect(healths.length).toBe(membersCount);
      expect(healths.every(([, value]) => value === healthy)).toBe(true);
      expect(series).toContainEqual(["failoverd_probe_targets", targets]);
      expect(repeated(page)).toEqual([]);
    }
  });
});
