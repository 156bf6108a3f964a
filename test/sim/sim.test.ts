/** The real daemon against a hostile world, one history a seed. */
import { describe, expect, it } from "vitest";
import { simulate } from "./simulation.ts";

/** By hand: `npm run sim -- --seeds 200 --hours 24`. */
const seeds = Number(process.env["SIM_SEEDS"] ?? 50);
const hours = Number(process.env["SIM_HOURS"] ?? 6);

describe("simulation", () => {
  it(`breaks no rule in ${seeds} seeds of ${hours} hostile hours, and settles after each`, async () => {
    const broken: string[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const { violations, newest } = await simulate({ seed: String(seed), hours });
      if (violations.length > 0)
        broken.push(`seed ${seed}: ${violations[0]}\n${newest.slice(-40).join("\n")}`);
    }
    expect(broken).toEqual([]);
  }, 120_000);

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
});
