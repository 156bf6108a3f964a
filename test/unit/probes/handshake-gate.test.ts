import { expect, test } from "vitest";
import { HandshakeGate } from "../../../src/probes/handshake-gate.ts";

const placeCount = 16;
const ticksMax = 5;

/** A gate whose ticks are made by hand, and entries that write down the order in which they are let in. */
function stage(): {
  readonly admitted: number[];
  readonly enter: (id: number) => void;
  readonly leave: (id: number) => void;
  readonly tick: (times: number) => void;
} {
  let onTick = (): void => undefined;
  const gate = new HandshakeGate({ eachTick: (listener) => void (onTick = listener) });
  const admitted: number[] = [];
  const entries = Array.from({ length: 100 }, (_, id) => ({ onAdmitted: () => void admitted.push(id) }));
  const entryOf = (id: number): { onAdmitted: () => void } => entries[id] ?? { onAdmitted: () => undefined };
  return {
    admitted,
    enter: (id) => gate.enter(entryOf(id)),
    leave: (id) => gate.leave(entryOf(id)),
    tick: (times) => {
      for (let i = 0; i < times; i += 1) onTick();
    },
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

test("HandshakeGate lets in as many as there are places, and the others in the order of their coming", () => {
  const { admitted, enter, leave } = stage();
  for (const id of upTo(placeCount + 3)) enter(id);
  expect(admitted).toEqual(upTo(placeCount));
  leave(5);
  leave(0);
  expect(admitted.slice(placeCount)).toEqual([placeCount, placeCount + 1]);
});

test("HandshakeGate forgets who does not want to wait any longer", () => {
  const { admitted, enter, leave } = stage();
  for (const id of upTo(placeCount + 2)) enter(id);
  leave(placeCount);
  leave(0);
  expect(admitted.slice(placeCount)).toEqual([placeCount + 1]);
});

test("HandshakeGate takes back a place that was held for five ticks, and not sooner", () => {
  const { admitted, enter, leave, tick } = stage();
  enter(0);
  tick(1);
  for (const id of upTo(placeCount + 2).slice(1)) enter(id);
  tick(ticksMax - 2);
  expect(admitted).toEqual(upTo(placeCount));
  tick(1);
  expect(admitted).toEqual(upTo(placeCount + 1));
  // Its handshake ends after it lost its place: nobody else loses one.
  leave(0);
  expect(admitted).toEqual(upTo(placeCount + 1));
});
