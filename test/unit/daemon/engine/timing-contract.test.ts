/** That the engine keeps the timing contract, with the ticks that it really has and timers as Node has them. */
import { expect, test } from "vitest";
import { timingContract } from "../../../../src/core/contract.ts";
import { observe, type MemberHealth } from "../../../../src/core/health.ts";
import { phaseOf, tickMs } from "../../../../src/core/schedule.ts";
import type { Pace, Target } from "../../../../src/core/target.ts";
import { ProbeHost } from "../../../../src/daemon/engine/probe-host.ts";
import type { Prober } from "../../../../src/daemon/engine/scheduler.ts";
import { readRows, type Report } from "../../../../src/daemon/engine/thread-protocol.ts";
import { passed, resultOf, tcpTarget } from "../results.ts";
import { VirtualClock } from "../virtual-clock.ts";

/** How far off its time a timer or a tick of this instant is. Milliseconds. */
type OffMs = (at: number) => number;

/**
 * Loops that are on time, with timers like those of Node, up to a millisecond early or late: each as it happens; always a little
 * late, so that each tick is just missed; late for a while, and then early.
 */
const loops: readonly OffMs[] = [
  (at) => ((Math.round(at) * 7) % 20) / 10 - 0.9,
  () => 0.3,
  (at) => (Math.floor(at / 190) % 2 === 0 ? 1 : -0.9),
];

class NodeLikeClock extends VirtualClock {
  readonly #offMs: OffMs;

  constructor(offMs: OffMs) {
    super();
    this.#offMs = offMs;
  }

  override after(delayMs: number, fn: () => void): () => void {
    return super.after(delayMs + this.#offMs(this.now() + delayMs), fn);
  }

  /** Calls `fn` at the tick that sees this deadline. */
  atTickOf(dueAt: number, fn: () => void): void {
    for (let n = Math.floor(dueAt / tickMs); ; n++) {
      const tickAt = n * tickMs + this.#offMs(n * tickMs);
      if (tickAt < dueAt) continue;
      super.after(tickAt - this.now(), fn);
      return;
    }
  }
}

/** From a start to the clock of its deadline: its turn has already taken so long. Milliseconds. */
const turnMs = 0.2;

/** From thread to thread. Milliseconds. */
const hopMs = 1;

/** A part of the interval after its second answer, or in the very instant in which it is asked again. */
type Death = number | "asked";

interface Member {
  readonly id: number;
  readonly death: Death;
  readonly isSilent: boolean;
  answers: number;
  diesAt: number;
  health: MemberHealth;
  /** From its death to the verdict. Milliseconds. */
  foundAfterMs: number | null;
}

/** The far end with its members in front of it, and a near end that judges. */
class World {
  readonly #clock: NodeLikeClock;
  readonly #pace: Pace;
  readonly #members: Member[] = [];
  readonly #host: ProbeHost;

  constructor(pace: Pace, offMs: OffMs) {
    this.#pace = pace;
    this.#clock = new NodeLikeClock(offMs);
    this.#host = new ProbeHost({
      clock: this.#clock,
      proberOf: (target) => this.#proberOf(target),
      openWatch: () => {
        throw new Error("Nothing is watched here");
      },
      send: (report) => void this.#clock.after(hopMs, () => this.#judge(report)),
    });
  }

  /** @param pastTickMs where its starts are between two ticks. */
  add(death: Death, isSilent: boolean, pastTickMs: number): void {
    const id = this.#members.length;
    const health = { health: "healthy", since: 0, strikes: null } as const;
    this.#members.push({ id, death, isSilent, answers: 0, diesAt: Infinity, health, foundAfterMs: null });
    const key = keyOf(this.#pace.intervalMs, pastTickMs);
    this.#host.take({ kind: "add", id, key, target: tcpTarget({ ...this.#pace, port: id }) });
  }

  /** @returns after how long each was found dead. Milliseconds. */
  async detections(): Promise<readonly number[]> {
    const { intervalMs, timeoutMs, strikesFail } = this.#pace;
    await this.#clock.advance(4 * intervalMs + 2 * strikesFail * (intervalMs + timeoutMs));
    return this.#members.map(({ foundAfterMs }) => foundAfterMs ?? Infinity);
  }

  #proberOf({ port, timeoutMs, intervalMs }: Target): Prober {
    const member = this.#members[port]!;
    return {
      abort: () => undefined,
      start: (onResult) => {
        const now = this.#clock.now();
        if (member.death === "asked" && member.answers === 2) member.diesAt = Math.min(member.diesAt, now);
        if (now < member.diesAt) {
          member.answers += 1;
          // The moment after it has answered is the earliest.
          if (member.answers === 2 && member.death !== "asked")
            member.diesAt = now + 0.001 + member.death * intervalMs;
          onResult(passed());
        } else if (!member.isSilent) onResult(resultOf("refused"));
        else this.#clock.atTickOf(now + turnMs + timeoutMs, () => onResult(resultOf("connect-timeout")));
      },
    };
  }

  #judge(report: Report): void {
    if (report.kind !== "results") return;
    readRows(
      report,
      () => undefined,
      ({ id, result }) => {
        const member = this.#members[id]!;
        member.health = observe(member.health, result.outcome, this.#pace, this.#clock.now());
        const { health, strikes } = member.health;
        if (health === "unhealthy") member.foundAfterMs ??= this.#clock.now() - member.diesAt;
        const counts = strikes !== null;
        this.#clock.after(hopMs, () => this.#host.take({ kind: "strike", id, counts }));
      },
    );
    this.#host.take({ kind: "read" });
  }
}

/** @returns a key whose phase is that much after a tick. */
function keyOf(intervalMs: number, pastTickMs: number): string {
  for (let n = 0; ; n++) {
    const key = `member-${n}`;
    if (Math.abs((phaseOf(key, intervalMs) % tickMs) - pastTickMs) < 0.02) return key;
  }
}

const pace: Pace = {
  intervalMs: 10_000,
  timeoutMs: 2_000,
  fastIntervalMs: null,
  strikesOk: 2,
  strikesFail: 3,
};
const eachSecond: Pace = { ...pace, intervalMs: 1_000, timeoutMs: 200, fastIntervalMs: 200 };

/** From a tick to a start that is planned: soon after one, shortly before the next, and between. */
const betweenTicksMs = [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 2.5, 5, 7.5, 9, 9.95];

test.each<readonly [string, Pace]>([
  ["the defaults of Exoscale", pace],
  ["one strike", { ...pace, strikesFail: 1 }],
  ["a fast interval", { ...pace, fastIntervalMs: 1_500 }],
  ["a fast interval above the timeout", { ...pace, fastIntervalMs: 3_000 }],
  ["a timeout of the fast interval", eachSecond],
  ["a timeout of the fast interval, twenty times", { ...eachSecond, strikesFail: 20 }],
  ["a timeout that ends with the tick before the fast interval", { ...eachSecond, timeoutMs: 190 }],
  ["a timeout of the interval", { ...pace, intervalMs: 5_000, timeoutMs: 5_000 }],
  ["a timeout above the interval", { ...pace, intervalMs: 5_000, timeoutMs: 12_000 }],
  ["a timeout that only its ticks carry over the interval", { ...pace, intervalMs: 1_000, timeoutMs: 990 }],
  ["a timeout that its ticks do not carry over the interval", { ...pace, intervalMs: 1_000, timeoutMs: 979 }],
  ["times beside the ticks", { ...eachSecond, intervalMs: 1_003, timeoutMs: 331, fastIntervalMs: 333 }],
  ["an interval beside the ticks", { ...pace, intervalMs: 1_001, timeoutMs: 500, strikesFail: 1 }],
  ["a fast interval beside the ticks", { ...eachSecond, timeoutMs: 50, fastIntervalMs: 209, strikesFail: 2 }],
  ["the shortest", { ...eachSecond, intervalMs: 101, timeoutMs: 51, fastIntervalMs: null }],
])("is kept, whenever a member dies, refusing or silent: %s", async (_, given) => {
  const { earliestMs, latestMs } = timingContract(given);
  const detections: number[] = [];
  for (const offMs of loops) {
    const world = new World(given, offMs);
    for (const death of [0, 0.5, "asked"] as const)
      for (const pastTickMs of betweenTicksMs)
        for (const isSilent of [false, true]) world.add(death, isSilent, pastTickMs);
    detections.push(...(await world.detections()));
  }
  const [least, most] = [Math.min(...detections), Math.max(...detections)];
  expect(least).toBeGreaterThanOrEqual(earliestMs);
  expect(most).toBeLessThanOrEqual(latestMs);
  // Nor is it a loose promise.
  expect(least - earliestMs).toBeLessThanOrEqual(3 * tickMs);
  expect(latestMs - most).toBeLessThanOrEqual((given.strikesFail + 1) * tickMs);
});
