import { expect, test } from "vitest";
import type { Purpose } from "../../../../src/providers/traffic/purpose.ts";
import { WaitingLine, type Waiting } from "../../../../src/providers/traffic/waiting-line.ts";

interface Named extends Waiting {
  readonly name: string;
}

const each = (purpose: Purpose, group: string | null, name: string): Named => ({ purpose, group, name });
const anybody = (): boolean => true;

function order(line: WaitingLine<Named>): readonly string[] {
  const names: string[] = [];
  for (let next = line.next(anybody); next !== null; next = line.next(anybody)) names.push(next.name);
  return names;
}

test("moves come before readings, and readings before checks", () => {
  const line = new WaitingLine<Named>(10);
  line.add(each("check", "a", "check"));
  line.add(each("reading", "a", "reading"));
  line.add(each("move", "a", "move"));
  expect(order(line)).toEqual(["move", "reading", "check"]);
});

test("a group with many questions lets the others have their turn", () => {
  const line = new WaitingLine<Named>(10);
  for (const name of ["a1", "a2", "a3"]) line.add(each("reading", "a", name));
  line.add(each("reading", "b", "b1"));
  line.add(each("reading", null, "nobody's"));
  expect(order(line)).toEqual(["a1", "b1", "nobody's", "a2", "a3"]);
});

test("who may not ask now is passed over", () => {
  const line = new WaitingLine<Named>(10);
  line.add(each("check", "a", "check"));
  expect(line.next((purpose) => purpose !== "check")).toBeNull();
  expect(line.length).toBe(1);
});

test("when it is full the last of a less urgent purpose has to go, or else the newcomer", () => {
  const line = new WaitingLine<Named>(2);
  line.add(each("reading", "a", "a"));
  line.add(each("check", "b", "b"));
  expect(line.add(each("check", "c", "c"))?.name).toBe("c");
  expect(line.add(each("reading", "d", "d"))?.name).toBe("b");
  expect(line.add(each("reading", "e", "e"))?.name).toBe("e");
  expect(line.add(each("move", "f", "f"))?.name).toBe("d");
  expect(line.length).toBe(2);
  expect(order(line)).toEqual(["f", "a"]);
});

test("who has given up waits no longer, and who was let in cannot be taken out again", () => {
  const line = new WaitingLine<Named>(10);
  const [a, b] = [each("reading", "a", "a"), each("reading", "a", "b")];
  line.add(a);
  line.add(b);
  line.remove(a);
  line.remove(a);
  expect(line.length).toBe(1);
  expect(line.takeWhere(({ name }) => name === "b")).toEqual([b]);
  expect(line.length).toBe(0);
});
