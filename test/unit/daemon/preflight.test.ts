import { describe, expect, test } from "vitest";

import type { PreflightSnapshot } from "../../../src/daemon/preflight.ts";
import type { Finding } from "../../../src/providers/provider.ts";
import { DaemonStage, untilCalls } from "./stage.ts";

const found = (severity: Finding["severity"], text: string): Finding => ({ severity, text, fix: "mend it" });
const gone = found("error", "The instance is gone");
const silent = found("unknown", "HTTP 503");

function preflightOf(stage: DaemonStage, group = 0): PreflightSnapshot | undefined {
  return stage.daemon.snapshot().groups[group]?.preflight;
}

describe("the preflight", () => {
  test("asks 5 s after the start and then every 5 minutes", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(4_999);
    expect(stage.cloud.checks).toEqual([]);
    expect(preflightOf(stage)).toMatchObject({ readiness: "unknown", ageMs: null });
    await stage.clock.advance(700_000);
    expect(stage.cloud.checks).toEqual([5, 305, 605]);
    expect(preflightOf(stage)).toMatchObject({ readiness: "ready", why: null, findings: [] });
  });

  test("tells once that the route is broken and once that it is whole, and nothing while nobody can say", async () => {
    const stage = new DaemonStage();
    const round = async (...findings: readonly Finding[]): Promise<string | undefined> => {
      stage.cloud.findings = findings;
      await stage.clock.advance(300_000);
      return preflightOf(stage)?.readiness;
    };
    expect(await round()).toBe("ready");
    expect(await round(silent)).toBe("unknown");
    expect(stage.texts("preflight")).toEqual([]);
    expect(await round(gone, silent)).toBe("broken");
    expect(await round(gone)).toBe("broken");
    expect(await round(silent)).toBe("unknown");
    expect(await round(gone)).toBe("broken");
    expect(stage.texts("preflight")).toEqual(["broken The instance is gone"]);
    expect(await round(found("warning", "odd"))).toBe("ready");
    expect(stage.texts("preflight")).toEqual(["broken The instance is gone", "ready"]);
    expect(stage.steps).toEqual([]);
  });

  test("says without a call that the standby is dead, and that it is back", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(60_000);
    const { checks } = stage.cloud;
    const before = checks.length;
    stage.answer("b", "refused");
    await stage.clock.advance(60_000);
    expect(preflightOf(stage)).toMatchObject({
      readiness: "broken",
      why: "Nobody could take the address over: b is unhealthy (it refused the connection)",
    });
    stage.answer("b", "ok");
    await stage.clock.advance(60_000);
    expect(preflightOf(stage)?.readiness).toBe("ready");
    expect(stage.texts("preflight").map((text) => text.split(" ")[0])).toEqual(["broken", "ready"]);
    expect(checks).toHaveLength(before);
  });

  test("keeps to a budget: one group at a time, with 2 s for each call", async () => {
    const stage = new DaemonStage({ copies: 3 });
    for (const cloud of stage.clouds) {
      cloud.callsOfCheck = 5;
      cloud.checkMs = 3_000;
    }
    await stage.clock.advance(60_000);
    expect(stage.clouds.map(({ checks }) => checks)).toEqual([[5], [18], [31]]);
  });

  test("is given up when a move begins, says nothing then, and is made again after it", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(60_000);
    expect(stage.cloud.checks).toEqual([5]);
    stage.cloud.checkMs = 30_000;
    stage.cloud.findings = [gone];
    await stage.clock.advance(240_000);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    const asked = stage.cloud.checks.length;
    expect(asked).toBe(2);
    expect(preflightOf(stage)?.findings).not.toContainEqual(gone);
    await untilCalls(stage, 2);
    expect(stage.cloud.checks).toHaveLength(asked);
    await stage.clock.advance(60_000);
    expect(stage.cloud.checks).toHaveLength(asked + 1);
    expect(preflightOf(stage)?.findings).toContainEqual(gone);
  });

  test("a check that throws, or does not end, says that nobody can say", async () => {
    const stage = new DaemonStage();
    stage.cloud.checkBug = "a bug";
    await stage.clock.advance(30_000);
    expect(preflightOf(stage)).toMatchObject({ readiness: "unknown", why: "The check did not end: a bug" });
    stage.cloud.checkBug = null;
    stage.cloud.checkMs = 1_000_000;
    await stage.clock.advance(340_000);
    expect(preflightOf(stage)?.why).toBe("The check did not end: no end within 35000 ms");
    expect(stage.bug).toBeNull();
  });

  test("a reload asks again at once, and a group that has left is forgotten", async () => {
    const stage = new DaemonStage();
    await stage.clock.advance(20_000);
    void stage.reload((group) => group);
    await stage.clock.advance(6_000);
    expect(stage.cloud.checks).toHaveLength(2);
    void stage.reload(() => null);
    await stage.clock.advance(600_000);
    expect(stage.cloud.checks).toHaveLength(2);
    expect(stage.bug).toBeNull();
  });

  test("a stop does not wait for a check", async () => {
    const stage = new DaemonStage();
    stage.cloud.checkMs = 30_000;
    await stage.clock.advance(6_000);
    stage.daemon.stop();
    await stage.clock.advance(100);
    expect(stage.ended).toBe(true);
  });
});
