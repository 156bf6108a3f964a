import { describe, expect, test } from "vitest";
import { parseScrape } from "../../../bench/field/scrape.ts";

describe("parseScrape()", () => {
  test("adds the attempts of all members up, and takes the lateness of all", () => {
    const text = `# TYPE failoverd_probe_attempts_total counter
failoverd_probe_attempts_total{group="g0",member="m0",outcome="pass"} 7
failoverd_probe_attempts_total{group="g0",member="m1",outcome="pass"} 8
failoverd_probe_attempts_total{group="g0",member="m1",outcome="fail"} 2
failoverd_probe_attempts_total{group="g0",member="m1",outcome="inconclusive"} 1
failoverd_probe_start_lateness_seconds_bucket{le="0.001"} 16
failoverd_probe_start_lateness_seconds_bucket{le="+Inf"} 18
failoverd_probe_start_lateness_seconds_sum 0.3
`;
    const { attempts, lateness } = parseScrape(text);
    expect(attempts).toEqual({ pass: 15, fail: 2, inconclusive: 1 });
    expect([...lateness]).toEqual([
      [0.001, 16],
      [Infinity, 18],
    ]);
  });
});
