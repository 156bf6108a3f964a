/** Drills while the daemon runs, on a virtual clock. Its day begins at 08:00:01 UTC, the drill is at 09:30. */
import { describe, expect, test } from "vitest";
import type { CalendarConfig, DrillConfig, MaintenanceConfig } from "../../../src/config/config.ts";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import { DaemonStage, type StageOptions } from "./stage.ts";

const minute = 60_000;
const given = { by: "ann", reason: "upgrade of a" };
const nineThirty: DrillConfig = {
  cron: "30 9 * * *",
  timezone: "UTC",
  forMs: 15 * minute,
  holdMs: 10 * minute,
};

function drill(
  change: Partial<DrillConfig> = {},
  maintenance: readonly MaintenanceConfig[] = [],
): CalendarConfig {
  return { maintenance, drill: { ...nineThirty, ...change } };
}

type Ended = Extract<DaemonEvent, { type: "drill" }>;

function ends(stage: DaemonStage): readonly Ended[] {
  return stage.events.filter((event): event is Ended => event.type === "drill" && event.phase === "ended");
}

/** What became of each drill, `outcome: text`. */
function endings(stage: DaemonStage): readonly string[] {
  return ends(stage).map(({ text }) => text.replace(/^drill /, "").split("; ")[0] ?? "");
}

/** A stage a minute before its drill. */
async function eve(options: StageOptions = {}): Promise<DaemonStage> {
  const stage = new DaemonStage({ calendar: drill(), ...options });
  await stage.clock.advance(89 * minute);
  return stage;
}

/** A stage in the middle of its drill. */
async function halfWay(options: StageOptions = {}): Promise<DaemonStage> {
  const stage = await eve(options);
  await stage.clock.advance(5 * minute);
  expect(stage.cloud.holders).toEqual(["b"]);
  return stage;
}

describe("a drill", () => {
  test("goes to the other member at its time, stays, goes back, and is reported", async () => {
    const stage = await eve();
    expect(stage.steps).toEqual([]);
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["attach b"]);
    await stage.clock.advance(9 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.rule).toBe("drilling");
    await stage.clock.advance(2 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a", "attach a", "detach b"]);
    expect(ends(stage)).toMatchObject([
      { outcome: "completed", home: "a", away: "b", out: { stepsMs: 4_000 }, back: { stepsMs: 4_000 } },
    ]);
    expect(stage.texts("drill").at(-1)).toBe("drill completed; to b in 4s; back to a in 4s");
    expect(stage.texts("move-ended")).toEqual(["drill completed", "drill completed"]);
    // Its window is still open, and it is not made twice.
    await stage.clock.advance(20 * 60 * minute);
    expect(stage.steps).toHaveLength(4);
  });

  test("comes again the next day", async () => {
    const stage = await eve();
    await stage.clock.advance(25 * 60 * minute);
    expect(endings(stage)).toEqual(["completed", "completed"]);
  });

  test("is verified through the address both ways, with the time that clients were without an answer", async () => {
    const stage = await eve({ policy: { verify: { withinMs: 30_000, otherwise: "hold" } } });
    await stage.clock.advance(minute);
    stage.answer("path", "connect-timeout");
    await stage.clock.advance(20_000);
    stage.answer("path", "ok");
    await stage.clock.advance(8 * minute);
    expect([stage.rule, stage.steps]).toEqual(["drilling", ["attach b", "detach a"]]);
    await stage.clock.advance(7 * minute);
    const [end] = ends(stage);
    expect(end).toMatchObject({ outcome: "completed", back: { outageMs: 0 } });
    expect(end?.out?.answeredAfterMs).toBeGreaterThan(0);
    expect(end?.out?.outageMs).toBeGreaterThan(10_000);
    expect(stage.daemon.snapshot().groups[0]?.agenda.lastDrillWallMs).toBeGreaterThan(0);
  });

  test("goes back at once when no answer comes through the address", async () => {
    const stage = await eve({ policy: { verify: { withinMs: 30_000, otherwise: "hold" } } });
    await stage.clock.advance(minute);
    stage.answer("path", "connect-timeout");
    await stage.clock.advance(45_000);
    expect(stage.steps).toEqual(["attach b", "detach a", "attach a", "detach b"]);
    stage.answer("path", "ok");
    await stage.clock.advance(2 * minute);
    expect(ends(stage)).toMatchObject([{ outcome: "unverified", home: "a" }]);
    expect(stage.cloud.holders).toEqual(["a"]);
  });

  test("of which no answer comes at home either is no success", async () => {
    const stage = await halfWay({ policy: { verify: { withinMs: 30_000, otherwise: "hold" } } });
    await stage.clock.advance(6 * minute + 2_000);
    stage.answer("path", "connect-timeout");
    await stage.clock.advance(2 * minute);
    expect(endings(stage)).toEqual([
      "unverified: a has the address again, and no answer through it was seen in time",
    ]);
    expect(stage.rule).toBe("unverified");
  });
});

describe("what a real failover needs", () => {
  test("is not used up: the new holder dies, and the address goes back at once", async () => {
    const stage = await halfWay({ policy: { limit: { moves: 1, windowMs: 86_400_000 } } });
    stage.answer("b", "refused");
    await stage.clock.advance(35_000);
    expect(stage.cloud.holders).toEqual(["a"]);
    expect(endings(stage)[0]).toContain("abandoned: a failover has begun: b is unhealthy");
  });

  test("is not used up: the holder dies right after the drill", async () => {
    const stage = await eve({ policy: { limit: { moves: 1, windowMs: 86_400_000 } } });
    await stage.clock.advance(12 * minute);
    expect(endings(stage)).toEqual(["completed"]);
    stage.answer("a", "refused");
    await stage.clock.advance(40_000);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("is not used up by a drill of the process before this one", async () => {
    const stage = await halfWay({ policy: { limit: { moves: 1, windowMs: 86_400_000 } } });
    stage.kill();
    stage.start();
    stage.answer("b", "refused");
    await stage.clock.advance(2 * minute);
    expect(stage.cloud.holders).toEqual(["a"]);
  });

  test("is had by a failover in the middle of the move out", async () => {
    const stage = await eve({ members: ["a", "b", "c"] });
    stage.cloud.tricksOf.set("b", { kind: "hang" });
    await stage.clock.advance(minute + 2_000);
    stage.answer("b", "refused");
    stage.answer("a", "refused");
    await stage.clock.advance(3 * minute);
    expect(stage.cloud.holders).toEqual(["c"]);
  });
});

describe("a drill that may not begin", () => {
  test.each<readonly [string, (stage: DaemonStage) => unknown, string]>([
    [
      "while the group is paused",
      (stage) => stage.daemon.people.pause("g", { ...given, forMs: 60 * minute }),
      "paused by ann",
    ],
    [
      "while all groups are paused",
      (stage) => stage.daemon.people.pause(null, { ...given, forMs: 60 * minute }),
      "paused by ann",
    ],
    [
      "with a drained member",
      (stage) => stage.daemon.people.drain("g", "b", { ...given, forMs: null }),
      "no other member is fit for it: b is drained",
    ],
    [
      "with a forced one",
      (stage) => stage.daemon.people.force("g", "a", "healthy", { ...given, forMs: 60 * minute }),
      "the health of a is forced",
    ],
    [
      "with a sick member",
      (stage) => stage.answer("b", "refused"),
      "no other member is fit for it: b is unhealthy",
    ],
    [
      "while who holds the address is not known",
      (stage) => (stage.cloud.blindness = "503"),
      "the provider could not say",
    ],
    [
      "after a change by hand",
      (stage) => (stage.cloud.holders = ["b"]),
      "somebody else moved the address lately",
    ],
  ])("%s is skipped, which is told once and with its reason", async (_, happen, why) => {
    const stage = await eve();
    happen(stage);
    await stage.clock.advance(3 * 60 * minute);
    expect(stage.steps).toEqual([]);
    expect(endings(stage)).toEqual([expect.stringContaining(`skipped: ${why}`)]);
    expect(stage.texts("decision").filter((text) => text.startsWith("hold paused"))).toEqual([]);
  });

  test("in a maintenance window is skipped", async () => {
    const window = { cron: "0 9 * * *", timezone: "UTC", forMs: 60 * minute, mode: "approve" } as const;
    const stage = await eve({ calendar: drill({}, [window]) });
    await stage.clock.advance(60 * minute);
    expect(endings(stage)).toEqual([expect.stringContaining("skipped: in the maintenance window")]);
  });

  test("within an hour after a failover is skipped", async () => {
    const stage = new DaemonStage({ calendar: drill() });
    await stage.clock.advance(60 * minute);
    stage.answer("a", "refused");
    await stage.clock.advance(5 * minute);
    stage.answer("a", "ok");
    await stage.clock.advance(2 * 60 * minute);
    expect(endings(stage)).toEqual(["skipped: the address was moved lately"]);
    expect(stage.texts("move-ended")).toEqual(["failover completed"]);
  });

  test("begins within its window once nothing is against it any more", async () => {
    const stage = await eve();
    stage.daemon.people.pause("g", { ...given, forMs: 6 * minute });
    await stage.clock.advance(5 * minute);
    expect(stage.steps).toEqual([]);
    await stage.clock.advance(12 * minute);
    expect(endings(stage)).toEqual(["completed"]);
  });

  test("beside another one waits for its end, or is skipped", async () => {
    const short = await eve({ copies: 2 });
    await short.clock.advance(60 * minute);
    expect(endings(short)).toEqual(["completed", "completed"]);
    expect(short.allCalls()).toHaveLength(8);
    const long = await eve({ copies: 2, calendar: drill({ holdMs: 20 * minute }) });
    await long.clock.advance(60 * minute);
    expect(endings(long)).toEqual(["skipped: the drill of g is under way", "completed"]);
  });

  test("because the process began after its time is skipped", async () => {
    const stage = await eve();
    stage.kill();
    await stage.clock.advance(5 * minute);
    stage.start();
    await stage.clock.advance(30 * minute);
    expect([stage.steps, endings(stage)]).toEqual([[], ["skipped: this process began only after its time"]]);
  });
});

describe("a drill in which something comes in between", () => {
  test.each<readonly [string, (stage: DaemonStage) => unknown, string]>([
    [
      "a pause",
      (stage) => stage.daemon.people.pause("g", { ...given, forMs: 180 * minute }),
      "abandoned: b keeps the address: paused by ann",
    ],
    [
      "a drain of its home",
      (stage) => stage.daemon.people.drain("g", "a", { ...given, forMs: null }),
      "abandoned: b keeps the address: a is drained",
    ],
    [
      "a sick home",
      (stage) => stage.answer("a", "refused"),
      "abandoned: b keeps the address: a is unhealthy",
    ],
    [
      "a config without it",
      (stage) => stage.reload((group) => ({ ...group, calendar: { maintenance: [], drill: null } })),
      "abandoned: it has left the config",
    ],
  ])("stays where it is with %s, and says so", async (_, happen, ending) => {
    const stage = await halfWay();
    await happen(stage);
    await stage.clock.advance(60 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(endings(stage)).toEqual([expect.stringContaining(ending)]);
  });

  test("goes back late when the pause is over soon enough", async () => {
    const stage = await halfWay();
    stage.daemon.people.pause("g", { ...given, forMs: 12 * minute });
    await stage.clock.advance(20 * minute);
    expect([stage.cloud.holders, endings(stage)]).toEqual([["a"], ["completed"]]);
  });

  test("is over when a person moves the address", async () => {
    const stage = await halfWay({ members: ["a", "b", "c"] });
    stage.cloud.holders = ["c"];
    await stage.clock.advance(30 * minute);
    expect([stage.cloud.holders, endings(stage)]).toEqual([
      ["c"],
      ["abandoned: somebody else has moved the address"],
    ]);
  });

  test("is over when a person asks for a switchover", async () => {
    const stage = await halfWay({ members: ["a", "b", "c"] });
    stage.daemon.people.switchover("g", "c", given);
    await stage.clock.advance(30 * minute);
    expect(stage.cloud.holders).toEqual(["c"]);
    expect(endings(stage)).toEqual([
      expect.stringContaining("abandoned: a switchover has begun: ann asked for c"),
    ]);
  });

  test("is over, and its address not touched, when the group leaves the config", async () => {
    const stage = await halfWay();
    await stage.reload(() => null);
    await stage.clock.advance(30 * minute);
    expect([stage.cloud.holders, endings(stage)]).toEqual([
      ["b"],
      ["abandoned: the group has left the config"],
    ]);
  });

  test("is over when the provider refuses the other member", async () => {
    const stage = await eve();
    stage.cloud.tricksOf.set("b", { kind: "reject", detail: "409" });
    await stage.clock.advance(30 * minute);
    expect(endings(stage)).toEqual(["abandoned: the move to b did not come to its end"]);
    expect([stage.cloud.holders, stage.steps]).toEqual([["a"], ["attach b"]]);
  });

  test("stops between its steps when it is paused, with the address at both", async () => {
    const stage = await eve();
    await stage.clock.advance(minute);
    stage.daemon.people.pause("g", { ...given, forMs: 5 * minute });
    await stage.clock.advance(3 * minute);
    expect([stage.cloud.holders, stage.steps]).toEqual([["a", "b"], ["attach b"]]);
    await stage.clock.advance(30 * minute);
    expect(stage.cloud.holders).toEqual(["a"]);
    expect(endings(stage)).toEqual([expect.stringContaining("abandoned")]);
  });
});

describe("a process that is started in the middle of a drill", () => {
  test("brings the address back at its time", async () => {
    const stage = await halfWay();
    stage.kill();
    await stage.clock.advance(minute);
    stage.start();
    await stage.clock.advance(3 * minute);
    expect(stage.rule).toBe("drilling");
    await stage.clock.advance(3 * minute);
    expect([stage.cloud.holders, endings(stage)]).toEqual([["a"], ["completed"]]);
  });

  test("brings it back also long after its time has passed", async () => {
    const stage = await halfWay();
    stage.kill();
    await stage.clock.advance(12 * minute);
    stage.start();
    await stage.clock.advance(2 * minute);
    expect([stage.cloud.holders, endings(stage)]).toEqual([["a"], ["completed"]]);
  });

  test("leaves it where it is when that is too long ago, and says so", async () => {
    const stage = await halfWay();
    stage.kill();
    await stage.clock.advance(60 * minute);
    stage.start();
    await stage.clock.advance(10 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    expect(endings(stage)).toEqual([expect.stringContaining("abandoned: b keeps the address")]);
  });

  test("finishes a move of it that was under way", async () => {
    const stage = await eve();
    await stage.clock.advance(minute);
    expect(stage.steps).toEqual(["attach b"]);
    stage.kill();
    stage.start();
    await stage.clock.advance(5 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
    await stage.clock.advance(15 * minute);
    expect([stage.cloud.holders, endings(stage)]).toEqual([["a"], ["completed"]]);
  });

  test("knows nothing without a journal, and leaves the address where it is", async () => {
    const stage = await halfWay();
    stage.kill();
    stage.start({ withoutJournal: true });
    await stage.clock.advance(30 * minute);
    expect(stage.cloud.holders).toEqual(["b"]);
  });

  test("remembers when one last succeeded", async () => {
    const stage = await eve();
    await stage.clock.advance(15 * minute);
    const before = stage.daemon.snapshot().groups[0]?.agenda.lastDrillWallMs ?? 0;
    stage.kill();
    stage.start();
    await stage.clock.advance(minute);
    const after = stage.daemon.snapshot().groups[0]?.agenda.lastDrillWallMs ?? 0;
    expect(Math.abs(after - before)).toBeLessThan(10);
    expect(endings(stage)).toEqual(["completed"]);
  });
});
