import { Writable } from "node:stream";
import pino from "pino";
import { describe, expect, test } from "vitest";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import { eventLogger } from "../../../src/daemon/log.ts";
import { DaemonStage } from "./stage.ts";
import { failed } from "./results.ts";

function logged(events: readonly DaemonEvent[]): readonly string[] {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done): void {
      const { level, msg } = JSON.parse(chunk.toString()) as { level: number; msg: string };
      lines.push(`${pino.levels.labels[level]} ${msg}`);
      done();
    },
  });
  const listener = eventLogger(pino({ level: "info" }, stream));
  for (const event of events) listener(event);
  return lines;
}

const plan = {
  kind: "act",
  rule: "failover",
  why: "a is unhealthy",
  step: { kind: "attach", member: "b" },
} as const;
const request = {
  operation: "attach-instance-to-elastic-ip",
  code: "200",
  durationMs: 12,
  ownId: "own-1",
  id: "r-1",
  changes: true,
  group: "g",
};
const goal = { kind: "goal", holders: ["b"], rule: "failover", trigger: "failover", why: "" } as const;

describe("eventLogger()", () => {
  test("tells a whole failover in lines that explain themselves, and no single probe", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(60_000);
    stage.answer("a", "refused");
    await stage.clock.advance(60_000);
    expect(logged(stage.events)).toEqual([
      expect.stringMatching(/^info the health of a, b is not known yet$/),
      expect.stringMatching(/^info [ab] is healthy: 2 consecutive passes$/),
      expect.stringMatching(/^info the health of [ab] is not known yet$/),
      expect.stringMatching(/^info [ab] is healthy: 2 consecutive passes$/),
      "info a holds the address and is healthy",
      "warn a is unhealthy: 3 consecutive fails, the last: refused the connection",
      "info decided to attach b: a is unhealthy (it refused the connection), and b is the most preferred eligible member",
      "warn move (failover) from a to b: a is unhealthy (it refused the connection), and b is the most preferred eligible member",
      "info attach b: begun",
      "info attach b: applied, success",
      "info holders changed from a to a, b",
      expect.stringMatching(/^info decided to detach a: b has the address now/),
      "info detach a: begun",
      "info detach a: applied, success",
      "info holders changed from a, b to b",
      "warn move (failover) from a to b: completed",
      "warn a failover of g would fail now: Nobody could take the address over: a is unhealthy (it refused the connection)",
      "info b holds the address and is healthy",
    ]);
  });

  test.each<readonly [string, DaemonEvent, readonly string[]]>([
    [
      "a probe is for the debug level",
      {
        type: "probe",
        group: "g",
        member: "a",
        result: failed(),
        before: "healthy",
        strikes: null,
        latenessMs: 0,
      },
      [],
    ],
    [
      "a decision in shadow mode says that it only watches",
      { type: "decision", group: "g", plan: { ...plan, goal }, carriedOut: false, again: false },
      ["info would, but only watching, to attach b: a is unhealthy"],
    ],
    [
      "a step that is held back is a warning and names it",
      {
        type: "decision",
        group: "g",
        plan: {
          kind: "hold",
          rule: "hold-down",
          why: "too soon",
          until: null,
          blocked: plan.step,
          decision: null,
        },
        carriedOut: false,
        again: false,
      },
      ["warn too soon (held back: attach b)"],
    ],
    [
      "a step that is not applied is an error",
      {
        type: "step-ended",
        group: "g",
        step: plan.step,
        effect: { kind: "uncertain", detail: "no answer" },
        durationMs: 1,
      },
      ["error attach b: uncertain, no answer"],
    ],
    [
      "a provider call that changes something tells its request id",
      { type: "request", provider: "exo", record: request },
      ["info attach-instance-to-elastic-ip: 200, request r-1"],
    ],
    [
      "a provider call that only asks is for the debug level",
      { type: "request", provider: "exo", record: { ...request, changes: false } },
      [],
    ],
    [
      "somebody else's move is a warning",
      { type: "holders", group: "g", from: ["a"], to: [], ours: false },
      ["warn holders changed from a to nobody, not by us"],
    ],
  ])("%s", (_, event, wanted) => {
    expect(logged([event])).toEqual(wanted);
  });

  test("tells how a drill goes and ends, and when a maintenance window begins and ends", async () => {
    const recurrence = { cron: "30 9 * * *", timezone: "UTC", forMs: 900_000 };
    const maintenance = [{ ...recurrence, cron: "0 9 * * *", forMs: 600_000, mode: "hold" } as const];
    const stage = new DaemonStage({ calendar: { maintenance, drill: { ...recurrence, holdMs: 60_000 } } });
    await stage.clock.advance(100 * 60_000);
    const lines = logged(stage.events).filter((line) => /drill|maintenance/.test(line));
    expect(lines).toEqual([
      "info a maintenance window begins, so no automatic move begins (0 9 * * *, UTC, for 10m)",
      "info the maintenance window is over",
      expect.stringMatching(/^info decided to attach b: the drill takes the address to b and back to a$/),
      "warn drill: the address goes from a to b, and back after 1m",
      expect.stringMatching(/^warn move \(drill\) from a to b: the drill/),
      expect.stringMatching(/^info decided to detach a: b has the address now/),
      "warn drill: b has the address, and a gets it back after 1m",
      "warn move (drill) from a to b: completed",
      "info b holds the address for a drill, and a is to get it back",
      expect.stringMatching(/^info decided to attach a: the drill takes the address back to a/),
      expect.stringMatching(/^warn move \(drill\) from b to a: the drill/),
      expect.stringMatching(/^info decided to detach b: a has the address now/),
      "warn move (drill) from b to a: completed",
      "warn drill completed; to b in 4s; back to a in 4s",
    ]);
  });
});
