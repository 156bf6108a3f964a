import { expect, test } from "vitest";
import type { Budget, HttpCall, HttpResult } from "../../../../src/providers/http.ts";
import type { Purpose } from "../../../../src/providers/traffic/purpose.ts";
import { SharedQuestions } from "../../../../src/providers/traffic/shared-questions.ts";
import { sleep } from "../../../../src/daemon/clock.ts";
import { VirtualClock } from "../../daemon/virtual-clock.ts";

const never = new AbortController().signal;

/** What is asked is sent and answered when the test says so. */
function world() {
  const clock = new VirtualClock();
  const asked: { readonly call: HttpCall; readonly budget: Budget; readonly answer: (n: number) => void }[] =
    [];
  const http = {
    call: (call: HttpCall, budget: Budget) =>
      new Promise<HttpResult>((resolve) => {
        const answer = (status: number): void => {
          const empty = { json: {}, problem: null, serverWallMs: null, location: null, requestId: null };
          resolve({ kind: "answer", status, retryAfterMs: null, ...empty });
        };
        asked.push({ call, budget, answer });
      }),
  };
  const questions = new SharedQuestions(http, { sleep: (ms, signal) => sleep(clock, ms, signal) });
  const ask = (
    group: string,
    path = "/list",
    purpose: Purpose = "reading",
    signal = never,
    inMs = 10_000,
  ) => {
    const call = { operation: "list", method: "GET", path, body: null, authorize: null } as const;
    const budget = { signal, deadlineAt: clock.now() + inMs, group, purpose };
    return questions
      .call(call, budget)
      .then((result) => ("status" in result ? result.status : result.reason));
  };
  return { clock, asked, ask, sent: (i: number) => asked[i]?.call.onSent?.() };
}

test("who asks the same at the same moment gets the same answer, for one request that is nobody's alone", async () => {
  const { clock, asked, ask } = world();
  const all = Promise.all([ask("a"), ask("b"), ask("c"), ask("a", "/other")]);
  await clock.advance(5);
  expect(asked.map(({ call, budget }) => [call.path, budget.group])).toEqual([
    ["/list", null],
    ["/other", "a"],
  ]);
  asked[0]?.answer(201);
  asked[1]?.answer(202);
  expect(await all).toEqual([201, 201, 201, 202]);
});

test("a question that waits for its turn may be joined, one that was sent never", async () => {
  const { clock, asked, ask, sent } = world();
  const first = ask("a");
  await clock.advance(1_000);
  const second = ask("b");
  await clock.advance(1_000);
  expect(asked).toHaveLength(1);
  sent(0);
  const third = ask("c");
  await clock.advance(5);
  expect(asked).toHaveLength(2);
  asked[0]?.answer(201);
  asked[1]?.answer(202);
  expect(await Promise.all([first, second, third])).toEqual([201, 201, 202]);
});

test("a question that is over is joined no longer, sent or not", async () => {
  const { clock, asked, ask } = world();
  const first = ask("a");
  await clock.advance(5);
  asked[0]?.answer(201);
  await first;
  void ask("b");
  await clock.advance(5);
  expect(asked).toHaveLength(2);
});

test("a move does not wait in the place of a check, and a check waits in that of a move", async () => {
  const { clock, asked, ask } = world();
  void ask("a", "/list", "check");
  void ask("b", "/list", "move");
  void ask("c", "/list", "reading");
  void ask("d", "/list", "check");
  await clock.advance(5);
  expect(asked.map(({ budget }) => budget.purpose)).toEqual(["check", "move"]);
});

test("one caller's abort ends its waiting and not the question; the last one's ends both", async () => {
  const { clock, asked, ask } = world();
  const [a, b] = [new AbortController(), new AbortController()];
  const both = [ask("a", "/list", "reading", a.signal), ask("b", "/list", "reading", b.signal)];
  await clock.advance(5);
  a.abort();
  expect(await both[0]).toBe("aborted");
  expect(asked[0]?.budget.signal.aborted).toBe(false);
  b.abort();
  expect(await both[1]).toBe("aborted");
  expect(asked[0]?.budget.signal.aborted).toBe(true);
  // What was given up is joined by nobody.
  void ask("c");
  await clock.advance(5);
  expect(asked).toHaveLength(2);
});

test("who cannot wait as long as the others asks by itself", async () => {
  const { clock, asked, ask } = world();
  void ask("a");
  void ask("b", "/list", "reading", never, 9_999);
  await clock.advance(5);
  expect(asked.map(({ budget }) => budget.group)).toEqual(["a", "b"]);
});
