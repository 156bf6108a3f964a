import { expect, test } from "vitest";
import type { ProbeResult } from "../../../../src/core/probe-result.ts";
import { ProbeHost, type HostParts } from "../../../../src/daemon/engine/probe-host.ts";
import { countRows, readRows, type Report } from "../../../../src/daemon/engine/thread-protocol.ts";
import type { OpenWatch } from "../../../../src/daemon/engine/watches.ts";
import { promisedProber } from "./promised-prober.ts";
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
  /** What a probe takes. Milliseconds. */
  tookMs = 0;
  readonly #waited: number[] = [];
  readonly #endedAt: number[] = [];

  constructor() {
    const proberOf = promisedProber(() => {
      this.clock.work(this.tookMs);
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

test("a pass that waits goes at an instant at which probes are begun", async () => {
  const world = new World();
  await world.goOn(1_500);
  world.tookMs = 3;
  expect(await world.goOn(2_000)).toEqual([batchMs - 3, batchMs - 3]);
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

/** Many targets that pass at once, and whoever reads what is told of them. */
class Crowd {
  readonly clock = new VirtualClock();
  readonly host: ProbeHost;
  /** Of each batch that was told and not read yet. */
  readonly unread: { readonly at: number; readonly results: number }[] = [];
  /** What the thread was told of its precedence. */
  readonly said: boolean[] = [];
  begun = 0;
  /** What a probe keeps the thread busy. Milliseconds. */
  workMs = 0;
  overdueMs = 0;

  constructor(targets: number, limits: Pick<HostParts, "unreadMax"> = {}) {
    const { clock } = this;
    this.host = new ProbeHost({
      clock,
      proberOf: promisedProber(() => {
        this.begun += 1;
        clock.work(this.workMs);
        return Promise.resolve(passed());
      }),
      openWatch,
      ...limits,
      send: (report) => this.#take(report),
      goFirst: (isFirst) => this.said.push(isFirst),
    });
    for (let id = 0; id < targets; id++) this.host.take({ kind: "add", id, key: String(id), target });
  }

  #take(report: Report): void {
    if (report.kind === "beat") this.overdueMs = report.overdueMs;
    if (report.kind !== "results") return;
    // As from thread to thread: the sender keeps nothing of the numbers.
    const rows = structuredClone(report.rows, { transfer: [report.rows.buffer] });
    this.unread.push({ at: this.clock.now(), results: countRows({ rows, words: [] }) });
  }

  read(): void {
    this.unread.shift();
    this.host.take({ kind: "read" });
  }

  /** Reads what is older than that. */
  readUntil(oldestMs: number): void {
    while (this.clock.now() - (this.unread[0]?.at ?? Infinity) > oldestMs) this.read();
  }

  /** @returns how many probes were begun meanwhile. */
  async begunIn(ms: number): Promise<number> {
    const before = this.begun;
    await this.clock.advance(ms);
    return this.begun - before;
  }
}

test("with too many results that nobody has read no probe begins, until they are read", async () => {
  const [targets, unreadMax] = [500, 4_096];
  const crowd = new Crowd(targets, { unreadMax });
  const begun = await crowd.begunIn(60_000);
  expect(begun).toBeGreaterThan(unreadMax);
  // At most a batch beyond the limit, and what of a hundredth of a second was under way then.
  expect(begun).toBeLessThan(unreadMax + 2 * 128);
  expect(crowd.unread.reduce((all, { results }) => all + results, 0)).toBe(begun);
  expect(crowd.overdueMs).toBeGreaterThan(40_000);
  // All of these are read too late.
  while (crowd.unread.length > 1) crowd.read();
  expect(await crowd.begunIn(1_500)).toBe(0);
  crowd.read();
  expect(await crowd.begunIn(1_500)).toBeGreaterThanOrEqual(targets);
});

test("while what is read has waited for more than a second no probe begins, until it is half as old", async () => {
  const crowd = new Crowd(1_000);
  // Nobody reads: nothing is known of how it keeps up.
  await crowd.clock.advance(3_000);
  expect(await crowd.begunIn(1_000)).toBeGreaterThanOrEqual(990);
  crowd.readUntil(1_500);
  expect(await crowd.begunIn(400)).toBe(0);
  crowd.readUntil(1_000);
  expect(await crowd.begunIn(400)).toBe(0);
  crowd.readUntil(0);
  expect(await crowd.begunIn(1_100)).toBeGreaterThanOrEqual(990);
});

test("the thread goes first from the start, and not while its probes begin late in spite of that", async () => {
  const crowd = new Crowd(10);
  await crowd.clock.advance(10_000);
  expect(crowd.said).toEqual([true]);
  // Ten of them every second are three times what there is.
  crowd.workMs = 300;
  await crowd.clock.advance(10_000);
  expect(crowd.said).toEqual([true, false]);
  crowd.workMs = 0;
  await crowd.clock.advance(10_000);
  expect(crowd.said).toEqual([true, false, true]);
});
