import { expect, test } from "vitest";
import { RetryBudget } from "../../../../src/providers/traffic/retry-budget.ts";
import type { Purpose } from "../../../../src/providers/traffic/purpose.ts";

function taken(budget: RetryBudget, purpose: Purpose, tries = 1_000): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (budget.take(purpose)) count += 1;
  return count;
}

test("a full bucket gives readings half of its tokens, and moves all of them", () => {
  expect(taken(new RetryBudget(10, null), "reading")).toBe(5);
  expect(taken(new RetryBudget(10, null), "check")).toBe(5);
  expect(taken(new RetryBudget(10, null), "move")).toBe(10);
});

test("what readings leave is there for moves", () => {
  const budget = new RetryBudget(10, null);
  taken(budget, "reading");
  expect(taken(budget, "move")).toBe(5);
});

test("in the long run one in five is asked again, and no more", () => {
  const budget = new RetryBudget(10, null);
  taken(budget, "move");
  let count = 0;
  for (let i = 0; i < 1_000; i++) {
    budget.pay();
    if (budget.take("move")) count += 1;
  }
  expect(count).toBe(200);
});

test("it is filled to its brim and no further", () => {
  const budget = new RetryBudget(10, null);
  for (let i = 0; i < 1_000; i++) budget.pay();
  expect(taken(budget, "move")).toBe(10);
});

test("two accounts share what the process may ask again, and a refusal by one costs the other nothing", () => {
  const all = new RetryBudget(12, null);
  const [a, b] = [new RetryBudget(10, all), new RetryBudget(10, all)];
  expect(taken(a, "move")).toBe(10);
  expect(taken(b, "move")).toBe(2);
  expect(all.isWell).toBe(false);
  expect(b.isWell).toBe(false);
  for (let i = 0; i < 100; i++) b.pay();
  expect(b.isWell).toBe(true);
  expect(a.isWell).toBe(false);
});
