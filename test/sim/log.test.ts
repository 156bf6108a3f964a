/** The log of a day, however hostile, answers at any instant why the address did not move then. */
import { expect, it } from "vitest";
import { LogReader } from "./log-reader.ts";
import { simulate } from "./simulation.ts";

const seeds = ["1", "2", "3", "4", "5", "6", "7", "8"];

it("the newest lines up to any instant of a day name the rule and the reason of each group", async () => {
  const days: { readonly seed: string; readonly gaps: readonly string[] }[] = [];
  const rules = new Set<string>();
  let [compared, lines] = [0, 0];
  for (const seed of seeds) {
    const reader = new LogReader();
    const { violations } = await simulate({ seed, hours: 24, witness: reader });
    days.push({ seed, gaps: [...violations, ...reader.gaps.slice(0, 3)] });
    for (const [rule, times] of reader.compared) {
      rules.add(rule);
      compared += times;
    }
    lines += reader.lines;
  }
  expect(days).toEqual(seeds.map((seed) => ({ seed, gaps: [] })));
  expect(compared).toBeGreaterThan(5_000);
  // A log that told each round would say more than two lines for each minute and group.
  expect(lines / compared).toBeLessThan(3);
  expect([...rules]).toEqual(
    expect.arrayContaining(["steady", "all-down", "no-eligible", "paused", "hold-down", "self-distrust"]),
  );
}, 120_000);
