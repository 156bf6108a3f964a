import { expect, test } from "vitest";
import { Backlog } from "../../../../src/daemon/engine/backlog.ts";
import { VirtualClock } from "../virtual-clock.ts";

/** @param workMs what each item takes; by default three fit in a turn of 20 ms. */
function world(workMs = 8) {
  const clock = new VirtualClock();
  const handled: string[] = [];
  const backlog = new Backlog<{ readonly name: string }>({
    clock,
    turnMs: 20,
    handle: ({ name }) => {
      handled.push(name);
      clock.work(workMs);
    },
    nextTurn: (take) => clock.after(0, take),
  });
  return {
    clock,
    add: (...items: readonly string[]) => {
      for (const name of items) backlog.add({ name });
    },
    clear: () => backlog.clear(),
    nextTurn: () => clock.advance(0),
    /** @returns what was handled since it was last asked. */
    handled: () => handled.splice(0),
  };
}

test("what comes while there is time is handled at once, the rest in the turns that follow, and nothing is lost", async () => {
  const { add, nextTurn, handled } = world();
  add("a", "b");
  expect(handled()).toEqual(["a", "b"]);
  add("c", "d", "e", "f", "g", "h");
  expect(handled()).toEqual(["c"]);
  await nextTurn();
  expect(handled()).toEqual(["d", "e", "f"]);
  add("i");
  expect(handled()).toEqual([]);
  await nextTurn();
  expect(handled()).toEqual(["g", "h", "i"]);
  await nextTurn();
  add("j");
  expect(handled()).toEqual(["j"]);
});

test("one that takes longer than a turn is handled alone", async () => {
  const { add, nextTurn, handled } = world(1_000);
  add("a", "b");
  expect(handled()).toEqual(["a"]);
  await nextTurn();
  expect(handled()).toEqual(["b"]);
});

test("what was cleared is never handled, what comes after it is", async () => {
  const { add, clear, nextTurn, handled } = world();
  add("a", "b", "c", "d");
  clear();
  add("e");
  await nextTurn();
  expect(handled()).toEqual(["a", "b", "c", "e"]);
});

test("the longer the oldest has waited, the more of them are handled in one turn", async () => {
  const { add, clock, nextTurn, handled } = world();
  add(..."abcdefghijklmnopqrstuvwxyz");
  expect(handled()).toHaveLength(3);
  clock.work(400);
  await nextTurn();
  // A fifth of 424 ms, and of what they take themselves, instead of 20 ms.
  expect(handled()).toHaveLength(13);
});
