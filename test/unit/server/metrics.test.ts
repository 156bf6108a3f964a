import { describe, expect, test } from "vitest";
import type { GroupSnapshot } from "../../../src/daemon/snapshot.ts";
import { Metrics } from "../../../src/server/metrics.ts";
import { noCalendar } from "../config/sample.ts";
import { DaemonStage } from "../daemon/stage.ts";
import { failed, resultOf } from "../daemon/results.ts";
import { config, group, lines, loaded, page, snapshotOf } from "./page-facts.ts";

describe("Metrics", () => {
  test("creates the counters of every member at 0, so that the first increase is seen", async () => {
    const text = await lines(loaded(), snapshotOf(group));
    expect(text).toEqual(
      expect.arrayContaining([
        'failoverd_probe_attempts_total{group="web",member="web-a",outcome="inconclusive"} 0',
        'failoverd_probe_failures_total{group="web",member="web-b",cause="tls-cert"} 0',
        'failoverd_member_transitions_total{group="web",member="web-b",to="unhealthy"} 0',
        'failoverd_failovers_total{group="web",trigger="failover",outcome="completed"} 0',
        'failoverd_moves_blocked_total{group="web",rule="hold-down"} 0',
        'failoverd_moves_blocked_total{group="web",rule="maintenance"} 0',
        'failoverd_drills_total{group="web",outcome="completed"} 0',
        'failoverd_drills_total{group="web",outcome="skipped"} 0',
        "failoverd_config_last_reload_successful 1",
        "failoverd_config_last_reload_success_timestamp_seconds 1800000000",
      ]),
    );
  });

  test("shows what the snapshot says, and nothing of a group that is gone", async () => {
    const metrics = loaded();
    const text = await lines(metrics, snapshotOf(group));
    expect(text).toEqual(
      expect.arrayContaining([
        'failoverd_member_health{group="web",member="web-a",state="healthy"} 1',
        'failoverd_member_health{group="web",member="web-a",state="unhealthy"} 0',
        'failoverd_member_healthy{group="web",member="web-b"} 0',
        'failoverd_member_strikes{group="web",member="web-a"} 2',
        'failoverd_member_eligible{group="web",member="web-a"} 0',
        'failoverd_group_holders{group="web"} 1',
        'failoverd_group_holder{group="web",member="web-a"} 1',
        'failoverd_group_holder{group="web",member="web-b"} 0',
        'failoverd_group_state{group="web",state="steady"} 1',
        'failoverd_group_state{group="web",state="blocked"} 0',
        'failoverd_provider_ready{group="web"} 1',
      ]),
    );
    const after = await lines(metrics, snapshotOf());
    expect(
      after.filter((line) => line.startsWith("failoverd_group_") || line.startsWith("failoverd_member_h")),
    ).toEqual([]);
  });

  test("counts a foreign holder, and shows no holders at all while the truth is not known", async () => {
    const metrics = loaded();
    const foreign = await lines(metrics, snapshotOf({ ...group, foreign: ["x"] }));
    expect(foreign).toContain('failoverd_group_holders{group="web"} 2');
    const blind = await lines(metrics, snapshotOf({ ...group, holders: null }));
    expect(blind.some((line) => line.startsWith("failoverd_group_holder"))).toBe(false);
  });

  test("tells whether a move would work, and is silent about it while nobody knows", async () => {
    const ready = async (readiness: GroupSnapshot["preflight"]["readiness"]): Promise<readonly string[]> => {
      const preflight = { ...group.preflight, readiness };
      const text = await lines(loaded(), snapshotOf({ ...group, preflight }));
      return text.filter((line) => line.startsWith("failoverd_provider_ready"));
    };
    expect(await ready("ready")).toEqual(['failoverd_provider_ready{group="web"} 1']);
    expect(await ready("broken")).toEqual(['failoverd_provider_ready{group="web"} 0']);
    expect(await ready("unknown")).toEqual([]);
  });

  test("tells how it stands with the watches, each outcome of a hint from the first scrape on", async () => {
    const metrics = loaded();
    await page(metrics, snapshotOf());
    expect(await lines(metrics, snapshotOf())).toEqual(
      expect.arrayContaining([
        "failoverd_watched_targets 2",
        "failoverd_watches_open 1",
        'failoverd_watch_hints_total{outcome="pass"} 4',
        'failoverd_watch_hints_total{outcome="fail"} 1',
        'failoverd_watch_hints_total{outcome="inconclusive"} 0',
        'failoverd_watch_hints_total{outcome="limited"} 7',
      ]),
    );
  });

  test("follows the events", async () => {
    const metrics = loaded();
    const ids = { group: "web", member: "web-a" };
    const probe = { type: "probe", ...ids, before: "healthy", strikes: null, latenessMs: 3 } as const;
    metrics.take({ ...probe, result: failed() });
    metrics.take({ ...probe, result: resultOf("late") });
    metrics.take({ type: "transition", ...ids, from: "healthy", to: "unhealthy", why: "" });
    const step = { kind: "attach", member: "web-b" } as const;
    const plan = {
      kind: "hold",
      rule: "hold-down",
      why: "",
      until: null,
      blocked: step,
      decision: null,
    } as const;
    metrics.take({ type: "decision", group: "web", plan, carriedOut: false, again: false });
    metrics.take({ type: "decision", group: "web", plan, carriedOut: false, again: true });
    const move = {
      trigger: "failover",
      why: "",
      from: ["web-a"],
      to: ["web-b"],
      startedAt: 0,
      tookOff: false,
    } as const;
    const stages = { detection: 20_000, decision: 2, steps: 3_000, outage: 23_002 };
    metrics.take({ type: "move-ended", group: "web", move, outcome: "completed", stages });
    const record = {
      operation: "get-instance",
      code: "200",
      durationMs: 30,
      ownId: "own-1",
      id: null,
      changes: false,
      group: "web",
    };
    metrics.take({ type: "request", provider: "exo", record });
    expect(await lines(metrics, snapshotOf(group))).toEqual(
      expect.arrayContaining([
        'failoverd_probe_attempts_total{group="web",member="web-a",outcome="fail"} 1',
        'failoverd_probe_attempts_total{group="web",member="web-a",outcome="inconclusive"} 1',
        'failoverd_probe_failures_total{group="web",member="web-a",cause="refused"} 1',
        'failoverd_probe_duration_seconds_count{group="web",member="web-a"} 2',
        'failoverd_probe_start_lateness_seconds_bucket{le="0.005"} 2',
        'failoverd_member_transitions_total{group="web",member="web-a",to="unhealthy"} 1',
        'failoverd_moves_blocked_total{group="web",rule="hold-down"} 1',
        'failoverd_failovers_total{group="web",trigger="failover",outcome="completed"} 1',
        'failoverd_failover_duration_seconds_sum{group="web",stage="detection"} 20',
        'failoverd_provider_requests_total{provider="exo",operation="get-instance",code="200"} 1',
        'failoverd_provider_request_duration_seconds_count{provider="exo",operation="get-instance"} 1',
      ]),
    );
  });

  test("tells drills and maintenance windows, and forgets the drills of a group that has none any more", async () => {
    const metrics = loaded();
    const news = { phase: "ended", home: "", away: "", holdMs: 0, out: null, back: null, text: "" } as const;
    metrics.take({ type: "drill", group: "web", ...news, outcome: "skipped" });
    metrics.take({ type: "drill", group: "web", ...news, phase: "out", outcome: null });
    const maintenance = { mode: "hold", text: "", until: 1 } as const;
    const open = { ...group, agenda: { ...group.agenda, maintenance } };
    expect(await lines(metrics, snapshotOf(open))).toEqual(
      expect.arrayContaining([
        'failoverd_drills_total{group="web",outcome="skipped"} 1',
        'failoverd_drills_total{group="web",outcome="completed"} 0',
        'failoverd_drill_last_success_timestamp_seconds{group="web"} 1800000000',
        'failoverd_group_in_maintenance{group="web"} 1',
      ]),
    );
    expect(await lines(metrics, snapshotOf(group))).toContain(
      'failoverd_group_in_maintenance{group="web"} 0',
    );
    await metrics.forgetOthersThan({ ...config, groups: [{ ...config.groups[0]!, calendar: noCalendar }] });
    const text = await page(metrics, snapshotOf(group));
    expect(text).not.toContain("drills_total{");
    expect(text).toContain("failovers_total{");
  });

  test("counts a move as unverified once, and nothing when there was no move", async () => {
    const stage = new DaemonStage({
      members: ["a", "b", "c"],
      policy: { verify: { withinMs: 30_000, otherwise: "next-member" } },
    });
    const counted = async (): Promise<readonly string[]> => {
      const metrics = new Metrics("0.1.0");
      for (const event of stage.events) metrics.take(event);
      const text = await lines(metrics, stage.daemon.snapshot());
      return text.flatMap((line) => /verifications_total.*outcome=("\w+"} [1-9])/.exec(line)?.[1] ?? []);
    };
    await stage.clock.advance(60_000);
    stage.answer("path", "connect-timeout");
    await stage.clock.advance(120_000);
    expect(stage.rule).toBe("unverified");
    expect(await counted()).toEqual([]);
    stage.answer("a", "refused");
    await stage.clock.advance(300_000);
    expect(stage.texts("move-ended")).toEqual(["failover completed", "next-member completed"]);
    expect(await counted()).toEqual(['"unverified"} 2']);
    stage.answer("path", "ok");
    await stage.clock.advance(60_000);
    expect(await counted()).toEqual(['"late"} 1', '"unverified"} 2']);
  });

  test("names every metric of the daemon failoverd_ and gives each a help text that ends in a period", async () => {
    const text = await lines(loaded(), snapshotOf(group));
    const helps = text.filter((line) => line.startsWith("# HELP"));
    expect(helps.length).toBeGreaterThanOrEqual(25);
    for (const help of helps) expect(help).toMatch(/^# HELP (failoverd|process)_\w+ .*\.$/);
  });
});
