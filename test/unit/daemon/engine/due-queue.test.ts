import fc from "fast-check";
import { expect, test } from "vitest";
import { DueQueue, type Due } from "../../../../src/daemon/engine/due-queue.ts";

const sizeMax = 12;

/** What is done to one of the dues: planned for an instant, or taken out. */
const deed = fc.record({
  which: fc.nat(sizeMax - 1),
  at: fc.option(fc.nat(20), { nil: null }),
});

test("the first is always the one that is due first, whatever is planned, planned otherwise or taken out", () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 100 }), (deeds) => {
      const queue = new DueQueue<Due>();
      const dues = Array.from({ length: sizeMax }, (): Due => ({ dueAt: 0, place: -1 }));
      const model = new Map<Due, number>();
      for (const { which, at } of deeds) {
        const due = dues[which]!;
        if (at === null) expect(queue.remove(due)).toBe(model.delete(due));
        else {
          queue.plan(due, at);
          model.set(due, at);
        }
        expect(queue.first?.dueAt).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
      }
      const drained: number[] = [];
      for (let { first } = queue; first !== undefined; { first } = queue) {
        drained.push(first.dueAt);
        queue.remove(first);
      }
      expect(drained).toEqual([...model.values()].toSorted((a, b) => a - b));
    }),
  );
});

test("after clear() nothing is due, and all of them may be planned again", () => {
  const queue = new DueQueue<Due>();
  const due: Due = { dueAt: 0, place: -1 };
  queue.plan(due, 5);
  queue.clear();
  expect(queue.first).toBeUndefined();
  queue.plan(due, 7);
  expect(queue.first).toBe(due);
});
