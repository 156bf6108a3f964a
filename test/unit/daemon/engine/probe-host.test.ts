import { expect, test } from "vitest";
import type { ProbeResult } from "../../../../src/core/probe-result.ts";
import { ProbeHost } from "../../../../src/daemon/engine/probe-host.ts";
import { promisedProber } from "../../../../src/daemon/engine/scheduler.ts";
import { countRows, readRows } from "../../../../src/daemon/engine/thread-protocol.ts";
import type { OpenWatch } from "../../../../src/daemon/engine/watches.ts";
import { failed, passed, tcpTarget } from "../results.ts";
import { VirtualClock } from "../virtual-clock.ts";

/** The longest that a pass waits for others. Milliseconds. */
const batchMs = 100;
const target = tcpTarget({ intervalMs: 1_000 });

const openWatch: OpenWatch = () => {
  throw new Error("Nothing is watched here");
};

/** One target at the far end of the protocol, and how long each of its results waited to be told. */
class World {
  readonly clock = new VirtualClock();
  readonly host: ProbeHost;
  answer: () => ProbeResult = passed;
  readonly #waited: number[] = [];
  readonly #endedAt: number[] = [];

  constructor() {
    const proberOf = promisedProber(() => {
      this.#endedAt.push(this.clock.now());
      return Promise.resolve(this.answer());
    });
    this.host = new ProbeHost({
      clock: this.clock,
      proberOf,
      openWatch,
      send: (report) => {
        if (report.kind !== "results") return;
        readRows(
          report,
          () => undefined,
          () => this.#waited.push(this.clock.now() - (this.#endedAt.shift() ?? NaN)),
        );
      },
    });
    this.host.take({ kind: "add", id: 1, key: "a", target });
  }

  /** @returns of the results that were told meanwhile, how long each had waited. Milliseconds. */
  async goOn(ms: number): Promise<readonly number[]> {
    await this.clock.advance(ms);
    return this.#waited.splice(0);
  }
}

test("the first result of a target is told at once, passes that follow wait for others", async () => {
  const world = new World();
  expect(await world.goOn(3_500)).toEqual([0, batchMs, batchMs, batchMs]);
});

test("a fail is told at once, and so is the pass after it", async () => {
  const world = new World();
  await world.goOn(1_500);
  world.answer = failed;
  expect(await world.goOn(2_000)).toEqual([0, 0]);
  world.answer = passed;
  expect(await world.goOn(2_000)).toEqual([0, batchMs]);
});

test.each([
  ["hurried", { kind: "hurry", id: 1 }],
  ["changed", { kind: "retarget", id: 1, target: tcpTarget({ intervalMs: 1_000, port: 2 }) }],
] as const)("the next result of a target that was %s is told at once", async (_, command) => {
  const world = new World();
  await world.goOn(2_500);
  world.host.take(command);
  expect((await world.goOn(2_000)).slice(0, 2)).toEqual([0, batchMs]);
});

test("with too many results that nobody has read no probe begins, until they are read", async () => {
  const [targets, unreadMax] = [500, 4_096];
  const clock = new VirtualClock();
  let begun = 0;
  const batches: number[] = [];
  let overdueMs = 0;
  const host = new ProbeHost({
    clock,
    proberOf: promisedProber(() => {
      begun += 1;
      return Promise.resolve(passed());
    }),
    openWatch,
    unreadMax,
    send: (report) => {
      // As from thread to thread: the sender keeps nothing of the numbers.
      const { rows } = report.kind === "results" ? report : { rows: null };
      const taken = rows && structuredClone(rows, { transfer: [rows.buffer] });
      if (taken !== null) batches.push(countRows({ rows: taken, words: [] }));
      if (report.kind === "beat") overdueMs = report.overdueMs;
    },
  });
  for (let id = 0; id < targets; id++) host.take({ kind: "add", id, key: String(id), target });
  await clock.advance(60_000);
  expect(begun).toBeGreaterThan(unreadMax);
  // At most a batch beyond the limit, and what of a hundredth of a second was under way then.
  expect(begun).toBeLessThan(unreadMax + 2 * 64);
  expect(batches.reduce((all, results) => all + results)).toBe(begun);
  expect(overdueMs).toBeGreaterThan(40_000);
  const before = begun;
  const read = (): void => host.take({ kind: "read" });
  // Until half of them are read, all of them too late.
  for (const _ of batches.splice(1)) read();
  await clock.advance(1_500);
  expect(begun).toBe(before);
  read();
  await clock.advance(1_500);
  expect(begun - before).toBeGreaterThanOrEqual(targets);
});

test("while what is read has waited for more than a second no probe begins, until it is half as old", async () => {
  const clock = new VirtualClock();
  let begun = 0;
  const waiting: number[] = [];
  const host = new ProbeHost({
    clock,
    proberOf: promisedProber(() => {
      begun += 1;
      return Promise.resolve(passed());
    }),
    openWatch,
    send: (report) => {
      if (report.kind === "results") waiting.push(clock.now());
    },
  });
  for (let id = 0; id < 1_000; id++) host.take({ kind: "add", id, key: String(id), target });
  const readUntil = (oldestMs: number): void => {
    while (waiting.length > 0 && clock.now() - waiting[0]! > oldestMs) {
      waiting.shift();
      host.take({ kind: "read" });
    }
  };
  const begunIn = async (ms: number): Promise<number> => {
    const before = begun;
    await clock.advance(ms);
    return begun - before;
  };
  // Nobody reads: nothing is known of how it keeps up.
  await clock.advance(3_000);
  expect(await begunIn(1_000)).toBeGreaterThanOrEqual(990);
  readUntil(1_500);
  expect(await begunIn(400)).toBe(0);
  readUntil(1_000);
  expect(await begunIn(400)).toBe(0);
  readUntil(0);
  expect(await begunIn(1_100)).toBeGreaterThanOrEqual(990);
});

test("the thread goes first from the start, and not while its probes begin late in spite of that", async () => {
  const clock = new VirtualClock();
  const said: boolean[] = [];
  let workMs = 0;
  const host = new ProbeHost({
    clock,
    proberOf: promisedProber(() => {
      clock.work(workMs);
      return Promise.resolve(passed());
    }),
    openWatch,
    send: () => undefined,
    goFirst: (isFirst) => said.push(isFirst),
  });
  for (let id = 0; id < 10; id++) host.take({ kind: "add", id, key: String(id), target });
  await clock.advance(10_000);
  expect(said).toEqual([true]);
  // Ten of them every second are three times what there is.
  workMs = 300;
  await clock.advance(10_000);
  expect(said).toEqual([true, false]);
  workMs = 0;
  await clock.advance(10_000);
  expect(said).toEqual([true, false, true]);
});
