/** Many groups at once, and members that fail now and then. */
import { describe, expect, test } from "vitest";
import type { MemberConfig } from "../../../src/config/config.ts";
import { isProbed } from "../../../src/config/stored-healthcheck.ts";
import { defaultOverall } from "../core/facts-text.ts";
import { DaemonStage } from "./stage.ts";

const minute = 60_000;

/** @returns what gives a member of that group a port of its own. */
function ownTarget(group: string): (member: MemberConfig) => MemberConfig {
  const port = 1_000 + group.length * 10 + Number(group.slice(1));
  return (member) => (isProbed(member) ? { ...member, target: { ...member.target, port } } : member);
}

describe("a failback", () => {
  const policy = { failbackAfterMs: 30 * minute };

  test("is not made to a member that is browned out still, nor before it was well for long enough after that", async () => {
    const brownOut = { fails: 6, of: 20, action: "move" } as const;
    const stage = new DaemonStage({ policy, target: { brownOut } });
    await stage.clock.advance(40 * minute);
    for (let probes = 0; probes < 6 * 60; probes++) {
      stage.answer("a", probes % 3 === 0 ? "refused" : "ok");
      await stage.clock.advance(10_000);
    }
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    stage.answer("a", "ok");
    await stage.clock.advance(30 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    await stage.clock.advance(10 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a", "attach a", "detach b"]);
  });

  test("waits its whole time after the move that a person has led to with a force", async () => {
    const stage = new DaemonStage({ policy });
    await stage.clock.advance(40 * minute);
    const given = { by: "ann", reason: "game day", forMs: 10 * minute };
    stage.daemon.people.force("g", "a", "unhealthy", given);
    await stage.clock.advance(29 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    await stage.clock.advance(2 * minute);
    expect(stage.steps).toEqual(["attach b", "detach a", "attach a", "detach b"]);
  });
});

describe("groups whose holders die together", () => {
  test("are moved a share at a time, the others after it has passed", async () => {
    const stage = new DaemonStage({ copies: 6 });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(4 * minute);
    // Half of six groups, two steps each.
    expect(stage.allCalls()).toHaveLength(6);
    expect(stage.daemon.snapshot().groups.filter(({ rule }) => rule === "overall-share")).toHaveLength(3);
    await stage.clock.advance(5 * minute);
    expect(stage.allCalls()).toHaveLength(12);
  });

  test("count together although each is moved off at once", async () => {
    const stage = new DaemonStage({
      copies: 6,
      target: { strikesFail: 1, strikesOk: 1, intervalMs: 25_000 },
      policy: { warmUpMs: 0 },
      overall: { ...defaultOverall, share: { ofGroups: 1, windowMs: minute } },
    });
    // Targets of their own, so that they are found dead one after the other, in the course of an interval.
    await stage.reload((config) => ({ ...config, members: config.members.map(ownTarget(config.name)) }));
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(25_000);
    expect(stage.texts("trust")).toEqual(["correlated"]);
    const moved = stage.clouds.filter(({ holders }) => holders.join() === "b").length;
    expect(moved).toBeGreaterThan(1);
    expect(moved).toBeLessThan(6);
    await stage.clock.advance(2 * minute);
    expect(stage.clouds.map(({ holders }) => holders)).toEqual(stage.clouds.map(() => ["b"]));
  });

  test("are moved no more often than the limit over all groups allows", async () => {
    const overall = { limit: { moves: 2, windowMs: 60 * minute }, share: { ofGroups: 1, windowMs: minute } };
    const stage = new DaemonStage({ copies: 5, overall });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(30 * minute);
    expect(stage.allCalls()).toHaveLength(4);
    await stage.clock.advance(35 * minute);
    expect(stage.allCalls()).toHaveLength(8);
  });

  test("do not forget the moves of others over a restart", async () => {
    const stage = new DaemonStage({
      copies: 6,
      overall: { ...defaultOverall, share: { ofGroups: 0.5, windowMs: 60 * minute } },
    });
    await stage.clock.advance(minute);
    stage.answer("a", "refused");
    await stage.clock.advance(4 * minute);
    expect(stage.allCalls()).toHaveLength(6);
    stage.kill();
    stage.start();
    await stage.clock.advance(30 * minute);
    expect(stage.allCalls()).toHaveLength(6);
  });
});

describe("a holder that fails now and then, never three times in a row", () => {
  /** Of three probes one passes. */
  async function brownOut(stage: DaemonStage): Promise<void> {
    await stage.clock.advance(minute);
    for (let i = 0; i < 20; i++) {
      stage.answer("a", i % 3 === 2 ? "ok" : "response-timeout");
      await stage.clock.advance(10_000);
    }
  }

  test("is warned of, and stays", async () => {
    const stage = new DaemonStage({ target: { brownOut: { fails: 6, of: 20, action: "warn" } } });
    await brownOut(stage);
    expect(stage.texts("brown-out")).toEqual(["a begins"]);
    expect(stage.steps).toEqual([]);
    expect(stage.daemon.snapshot().groups[0]?.members[0]?.brownOut).toMatchObject({ of: 20 });
    stage.answer("a", "ok");
    await stage.clock.advance(4 * minute);
    expect(stage.texts("brown-out")).toEqual(["a begins", "a ends"]);
  });

  test("is moved off when the config says so", async () => {
    const stage = new DaemonStage({ target: { brownOut: { fails: 6, of: 20, action: "move" } } });
    await brownOut(stage);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
    expect(stage.texts("move-ended")).toEqual(["brown-out completed"]);
    expect(stage.texts("transition")).toEqual(["a healthy", "b healthy"]);
  });
});
