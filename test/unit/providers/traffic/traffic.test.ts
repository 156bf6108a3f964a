import { expect, test } from "vitest";
import type { HttpResult } from "../../../../src/providers/http.ts";
import type { TrafficNews } from "../../../../src/providers/traffic/news.ts";
import type { Purpose } from "../../../../src/providers/traffic/purpose.ts";
import { Traffic, type Admission } from "../../../../src/providers/traffic/traffic.ts";
import { VirtualClock } from "../../daemon/virtual-clock.ts";
import { sleep } from "../../../../src/daemon/clock.ts";

const never = new AbortController().signal;

function world() {
  const clock = new VirtualClock();
  const news: TrafficNews[] = [];
  const traffic = new Traffic(
    {
      now: () => clock.now(),
      sleep: (ms, signal) => sleep(clock, ms, signal),
      onTraffic: (each) => void news.push(each),
    },
    null,
  );
  /** In the order in which they were let in. */
  const entered: string[] = [];
  const ask = (
    name: string,
    purpose: Purpose = "reading",
    inMs = 20_000,
    signal: AbortSignal = never,
  ): Promise<Admission> => {
    const asker = { purpose, group: name, signal, deadlineAt: clock.now() + inMs };
    return traffic.enter(asker).then((admission) => {
      entered.push(`${name}: ${admission.kind}`);
      return admission;
    });
  };
  return { clock, traffic, news, entered, ask, kinds: () => news.map(({ kind }) => kind) };
}

function answer(status: number, retryAfterMs: number | null = null): HttpResult {
  const empty = { json: {}, problem: null, serverWallMs: null, location: null, requestId: null };
  return { kind: "answer", status, retryAfterMs, ...empty };
}

function leave(admission: Admission): void {
  if (admission.kind !== "go") throw new Error("It was not let in");
  admission.leave();
}

test("sixteen readings ask at once, the seventeenth when one of them is done; a move asks all the same, and a check waits", async () => {
  const { ask, entered, clock } = world();
  const first = await ask("r1");
  for (let i = 2; i <= 16; i++) await ask(`r${i}`);
  const waiting = [ask("check", "check"), ask("r17"), ask("m", "move")];
  await clock.advance(0);
  expect(entered.slice(16)).toEqual(["m: go"]);
  leave(first);
  await clock.advance(0);
  // The move has taken a place that is counted: another one has to be free for a reading.
  expect(entered.slice(17)).toEqual([]);
  leave(await waiting[2]!);
  await clock.advance(0);
  expect(entered.slice(17)).toEqual(["r17: go"]);
});

test("a Retry-After holds everybody back until its time is up; then one asks, the most urgent, and more with each good answer", async () => {
  const { traffic, ask, entered, clock } = world();
  traffic.note(answer(429, 5_000));
  const asked = [ask("check", "check"), ask("r1"), ask("r2"), ask("r3"), ask("m", "move")];
  await clock.advance(4_999);
  expect(entered).toEqual([]);
  await clock.advance(1);
  expect(entered).toEqual(["m: go"]);
  traffic.note(answer(200));
  leave(await asked[4]!);
  await clock.advance(0);
  expect(entered).toEqual(["m: go", "r1: go", "r2: go"]);
});

test("whose deadline comes before the end of the pause is told at once, also when it waits already", async () => {
  const { traffic, ask, entered, clock, news } = world();
  traffic.note(answer(503, 1_000));
  const waiting = ask("early", "reading", 10_000);
  await clock.advance(0);
  traffic.note(answer(429, 30_000));
  expect(await waiting).toEqual({
    kind: "held-back",
    detail: "the provider wants no requests of the account for another 30 s",
  });
  expect(await ask("late", "move", 29_000)).toMatchObject({ kind: "held-back" });
  expect(entered).toHaveLength(2);
  expect(news.filter(({ kind }) => kind === "held-back")).toEqual([
    { kind: "held-back", reason: "retry-after" },
    { kind: "held-back", reason: "retry-after" },
  ]);
});

test("an hour of Retry-After is a minute, after which one question finds out", async () => {
  const { traffic, ask, entered, clock } = world();
  traffic.note(answer(429, 3_600_000));
  void ask("a", "reading", 120_000);
  void ask("b", "reading", 130_000);
  await clock.advance(60_000);
  expect(entered).toEqual(["a: go"]);
  traffic.note(answer(429, 3_600_000));
  await clock.advance(50_000);
  expect(entered).toEqual(["a: go"]);
});

test("429 that does not say how long: one second, then two, then four, until there is a good answer", async () => {
  const { traffic, ask, entered, clock } = world();
  for (const [i, ms] of [1_000, 2_000, 4_000].entries()) {
    traffic.note(answer(429));
    void ask(String(i), "reading", 60_000).then(leave);
    await clock.advance(ms - 1);
    expect(entered).toHaveLength(i);
    await clock.advance(1);
    expect(entered).toHaveLength(i + 1);
  }
  traffic.note(answer(200));
  traffic.note(answer(429));
  void ask("again");
  await clock.advance(1_000);
  expect(entered).toHaveLength(4);
});

test("trouble without a Retry-After pauses nobody: 503 is Cloud 66's word for what it does not have as well", async () => {
  const { traffic, ask } = world();
  traffic.note(answer(503));
  traffic.note({ kind: "no-answer", reason: "timeout", sent: true, detail: "" });
  expect(await ask("a")).toMatchObject({ kind: "go" });
});

test("who gives up while it waits is let in at once, where the exchange tells it so, and takes nobody's place", async () => {
  const { traffic, ask, clock, entered } = world();
  traffic.note(answer(429, 10_000));
  const abort = new AbortController();
  const given = ask("gone", "reading", 20_000, abort.signal);
  void ask("stays");
  abort.abort();
  leave(await given);
  expect(entered).toEqual(["gone: go"]);
  await clock.advance(10_000);
  expect(entered).toEqual(["gone: go", "stays: go"]);
});

test("close() ends all waiting, and leaves no timer behind", async () => {
  const { traffic, ask, clock } = world();
  traffic.note(answer(429, 10_000));
  const waiting = ask("a");
  await clock.advance(0);
  traffic.close();
  expect(await waiting).toMatchObject({ kind: "go" });
  expect(clock.pendingTimers).toBe(0);
});

test("trouble is told once when it begins and once when it is over, with how much was held back", async () => {
  const { traffic, kinds, news, clock } = world();
  for (let i = 0; i < 20; i++) traffic.mayRetry("reading");
  expect(kinds().filter((kind) => kind === "retry")).toHaveLength(5);
  expect(kinds().filter((kind) => kind === "strained")).toHaveLength(1);
  await clock.advance(3_000);
  traffic.note(answer(200));
  expect(kinds()).not.toContain("relieved");
  for (let i = 0; i < 10; i++) traffic.first();
  traffic.note(answer(200));
  traffic.note(answer(200));
  expect(news.filter(({ kind }) => kind === "relieved")).toEqual([
    { kind: "relieved", afterMs: 3_000, heldBack: 15 },
  ]);
});
