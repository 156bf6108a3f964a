import { expect, test } from "vitest";
import type { FaultEffect } from "../../../src/simulator/faults.ts";
import { groupsCount, Storm } from "./stage.ts";

const status = (code: number, retryAfterS: number | null): FaultEffect => ({
  kind: "status",
  status: code,
  retryAfterS,
  body: "json",
});

for (const servers of [5]) {
  for (const [name, effect] of [
    ["nothing", null],
    ["503", status(503, null)],
    ["429 Retry-After: 10", status(429, 10)],
  ] as const) {
    test(`${servers} servers, ${name}`, { timeout: 600_000 }, async () => {
      await using storm = await Storm.start({ servers });
      const quiet = storm.clock.now();
      await storm.clock.advance(60_000);
      console.log("quiet minute", storm.count(quiet), storm.total(quiet), "peak", storm.peak(quiet));
      storm.kill();
      const kill = storm.clock.now();
      await storm.clock.advance(70_000);
      storm.breaks(effect);
      const began = storm.clock.now();
      await storm.clock.advance(60_000);
      storm.breaks(null);
      const lifted = storm.clock.now();
      console.log(name, servers, "outage", storm.count(began, lifted), storm.total(began, lifted), "peak", storm.peak(began, lifted), "moved", storm.moved);
      await storm.clock.until(() => storm.moved === groupsCount, 300_000);
      console.log(storm.events.flatMap((e) => e.type === "traffic" && (e.news.kind === "strained" || e.news.kind === "relieved") ? JSON.stringify(e.news) : []));
      console.log("after", storm.count(lifted), storm.total(lifted), "peak", storm.peak(lifted), "moved", storm.moved, "took", storm.clock.now() - lifted, kill);
      expect(storm.moved).toBe(groupsCount);
    });
  }
}
