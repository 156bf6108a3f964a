import { expect, test } from "vitest";
import { MemoryJournal } from "../../../src/daemon/journal/memory-journal.ts";
import { throughAddress, type Segment } from "../../../src/daemon/journal/runs.ts";
import { ProbeRuns } from "../../../src/daemon/probe-runs.ts";
import { failed, passed } from "./results.ts";
import { VirtualClock } from "./virtual-clock.ts";

const event = { type: "probe", group: "web", before: "healthy", strikes: null, latenessMs: 0 } as const;

function stage() {
  const clock = new VirtualClock();
  const saved: (readonly Segment[])[] = [];
  const journal = new MemoryJournal(clock);
  const runs = new ProbeRuns({
    clock,
    journal: {
      saveRuns: (segments) => {
        saved.push(segments);
        journal.saveRuns(segments);
      },
      segments: (...range) => journal.segments(...range),
      lastRunHour: (until) => journal.lastRunHour(until),
    },
  });
  runs.start();
  return { clock, saved, runs };
}

test("nothing is saved as a probe ends; once a minute all that has changed is, and the rest as we stop", async () => {
  const { clock, saved, runs } = stage();
  runs.take({ ...event, member: "a", result: passed() });
  runs.take({ type: "path-probe", group: "web", result: failed() });
  expect(saved).toEqual([]);
  await clock.advance(60_000);
  expect(saved.map((all) => all.map(({ member }) => member))).toEqual([["a", throughAddress]]);
  await clock.advance(60_000);
  expect(saved).toHaveLength(1);
  runs.take({ ...event, member: "a", result: passed() });
  runs.stop();
  expect(saved[1]?.map(({ runs }) => runs.map(({ count }) => count))).toEqual([[2]]);
  await clock.advance(600_000);
  expect(saved).toHaveLength(2);
});

test("what is not saved yet is told all the same, and what is saved is told once", async () => {
  const { clock, runs } = stage();
  const counts = (): readonly (readonly number[])[] =>
    runs.segments("web", clock.wallNow(), clock.wallNow()).map((each) => each.runs.map(({ count }) => count));
  runs.take({ ...event, member: "a", result: passed() });
  await clock.advance(60_000);
  runs.take({ ...event, member: "a", result: passed() });
  runs.take({ ...event, member: "a", result: failed() });
  expect(counts()).toEqual([[2, 1]]);
  await clock.advance(60_000);
  expect(counts()).toEqual([[2, 1]]);
});
