/** The real daemon against a hostile world, one history a seed. */
import { describe, expect, it } from "vitest";
import { simulateAll } from "./pool.ts";
import { simulate } from "./simulation.ts";

/** By hand: `npm run sim -- --seeds 10000 --hours 24`. */
const count = Number(process.env["SIM_SEEDS"] ?? 200);
const hours = Number(process.env["SIM_HOURS"] ?? 24);

describe("simulation", () => {
  it(`breaks no rule in ${count} seeds of ${hours} hostile hours, and settles after each`, async () => {
    const seeds = Array.from({ length: count }, (_, i) => String(i + 1));
    const broken: string[] = [];
    for await (const { seed, violations, newest } of simulateAll({ seeds, hours })) {
      if (violations.length > 0)
        broken.push(`seed ${seed}: ${violations[0]}\n${newest.slice(-40).join("\n")}`);
    }
    expect(broken).toEqual([]);
  }, 300_000);

  it("breaks none either when every member is watched, and most hints are false", async () => {
    const seeds = Array.from({ length: Math.ceil(count / 40) }, (_, i) => String(i + 1));
    const broken: string[] = [];
    let hints = 0;
    for await (const { seed, violations, counts } of simulateAll({ seeds, hours, watched: true })) {
      if (violations.length > 0) broken.push(`seed ${seed}: ${violations[0]}`);
      hints += counts.get("hints") ?? 0;
    }
    expect(broken).toEqual([]);
    expect(hints).toBeGreaterThan(seeds.length);
  }, 300_000);

  it("breaks none either when the config file is changed and taken over again and again", async () => {
    const seeds = Array.from({ length: Math.ceil(count / 40) }, (_, i) => String(i + 1));
    const broken: string[] = [];
    let inMoves = 0;
    for await (const result of simulateAll({ seeds, hours, also: ["reload-changed"] })) {
      if (result.violations.length > 0) broken.push(`seed ${result.seed}: ${result.violations[0]}`);
      inMoves += result.counts.get("reloads in the middle of a move") ?? 0;
    }
    expect(broken).toEqual([]);
    expect(inMoves).toBeGreaterThan(seeds.length);
  }, 300_000);

  it("tells the same seed as the same history to the byte", async () => {
    const tell = async (seed: string): Promise<string> => {
      const lines: string[] = [];
      const { digest } = await simulate({ seed, hours: 6, sink: (line) => lines.push(line) });
      return `${lines.join("\n")}\n${digest}`;
    };
    const once = await tell("7");
    expect(await tell("7")).toBe(once);
    expect(await tell("8")).not.toBe(once);
  });

  it("tells the same on every thread, in the order of the seeds", async () => {
    const seeds = ["9", "7", "8"];
    const told: string[] = [];
    for await (const { seed, digest } of simulateAll({ seeds, hours: 3, jobs: 3 }))
      told.push(`${seed}: ${digest}`);
    const alone: string[] = [];
    for (const seed of seeds) alone.push(`${seed}: ${(await simulate({ seed, hours: 3 })).digest}`);
    expect(told).toEqual(alone);
  });
});
