import { describe, expect, test } from "vitest";

import { fromElasticIp, type GroupConfig } from "../../../src/config/config.ts";
import type { Healthcheck } from "../../../src/core/target.ts";
import type { HealthcheckReading } from "../../../src/providers/provider.ts";
import { plainHttp, tcpTarget } from "./results.ts";
import { DaemonStage, untilCalls } from "./stage.ts";

function known(text: string, changes: Partial<Healthcheck> = {}): HealthcheckReading {
  const { host: _, ...check } = tcpTarget(changes);
  return { kind: "known", check, text };
}

const slow = known("slow");
const fast = known("fast", { intervalMs: 5_000, strikesFail: 2 });
const none: HealthcheckReading = { kind: "unusable", detail: "it has no healthcheck", fix: "set one" };
const silent: HealthcheckReading = { kind: "unknown", detail: "HTTP 503" };

function stageWith(stored: HealthcheckReading, options: { readonly verify?: true } = {}): DaemonStage {
  const verify = options.verify === true ? ({ withinMs: 30_000, otherwise: "hold" } as const) : null;
  const stage = new DaemonStage({ stored: true, policy: { verify } });
  stage.cloud.stored = stored;
  return stage;
}

/** Asked for before a move, the answer comes in the middle of it: `fast` is stored by then. */
async function changedDuringMove(): Promise<DaemonStage> {
  const stage = stageWith(slow);
  await stage.clock.advance(60_000);
  const answer = Promise.withResolvers<void>();
  stage.cloud.heldBack = answer.promise;
  const asked = stage.cloud.healthcheckReads.length;
  while (stage.cloud.healthcheckReads.length === asked) await stage.clock.advance(100);
  stage.cloud.stored = fast;
  stage.cloud.stepMs = 8_000;
  stage.daemon.people.switchover("g", "b", { by: "ann", reason: "test" });
  await untilCalls(stage, 1);
  answer.resolve();
  await stage.clock.advance(1_000);
  return stage;
}

const group = (stage: DaemonStage) => stage.daemon.snapshot().groups[0]!;
const probes = (stage: DaemonStage): number =>
  stage.events.filter((event) => event.type === "probe" || event.type === "path-probe").length;

describe("members that follow a stored healthcheck", () => {
  test("are probed by it from the first reading on, and fail over as with a healthcheck of their own", async () => {
    const stage = stageWith(slow);
    await stage.clock.advance(60_000);
    expect(stage.texts("healthcheck")).toEqual(["- > slow"]);
    expect(group(stage)).toMatchObject({ rule: "steady", healthcheck: { text: "slow", trouble: null } });
    stage.answer("a", "refused");
    await untilCalls(stage, 2);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
  });

  test("are not probed and nothing moves until it has been read, however long that takes", async () => {
    const stage = stageWith(silent);
    stage.answer("a", "refused");
    await stage.clock.advance(3_600_000);
    expect(probes(stage)).toBe(0);
    expect(stage.steps).toEqual([]);
    expect(group(stage)).toMatchObject({
      state: "blind",
      rule: "healthcheck-unknown",
      why: "a, b wait for the healthcheck stored at 198.51.100.7: HTTP 503",
      healthcheck: { source: "198.51.100.7", text: null },
    });
    expect(group(stage).members.map(({ health }) => health)).toEqual(["unknown", "unknown"]);
    expect(stage.texts("healthcheck")).toEqual(["- > - (HTTP 503)"]);
  });

  test("move nothing before a full first round by it, counted from when it was read", async () => {
    const stage = stageWith(silent);
    stage.answer("a", "refused");
    await stage.clock.advance(600_000);
    stage.cloud.stored = slow;
    const before = stage.events.length;
    await untilCalls(stage, 1);
    const seen = stage.events.slice(before);
    const decided = seen.findIndex(({ type }) => type === "move-started");
    const verdicts = seen.slice(0, decided).filter(({ type }) => type === "transition");
    const judged = verdicts.flatMap((event) => (event.type === "transition" ? [event.member] : []));
    expect(judged.toSorted()).toEqual(["a", "b"]);
  });

  test("start at unknown when it changes, and nothing moves before all were looked at like that", async () => {
    const stage = stageWith(slow);
    await stage.clock.advance(60_000);
    const reads = stage.cloud.healthcheckReads;
    for (let i = 0; i < 900 && reads.length < 2; i++) await stage.clock.advance(100);
    // The next one is a minute later: enough for a strike, and not for a verdict.
    await stage.clock.advance(40_000);
    stage.answer("a", "refused");
    await stage.clock.advance(15_000);
    stage.cloud.stored = fast;
    const countBefore = stage.cloud.healthcheckReads.length;
    for (let i = 0; i < 900 && stage.texts("healthcheck").length < 2; i++) await stage.clock.advance(100);
    expect(stage.cloud.healthcheckReads.length).toBe(countBefore + 1);
    expect(stage.texts("healthcheck")).toEqual(["- > slow", "slow > fast"]);
    expect(group(stage).members.map(({ realHealth }) => realHealth)).toEqual(["unknown", "unknown"]);
    expect(group(stage).rule).toBe("first-round");
    expect(stage.steps).toEqual([]);
    await untilCalls(stage, 1);
    expect(group(stage).members[0]).toMatchObject({ health: "unhealthy" });
  });

  test("is asked for once a minute, and not by a group of its own healthcheck", async () => {
    const stage = stageWith(slow);
    await stage.clock.advance(600_000);
    const gaps = stage.cloud.healthcheckReads.slice(1).map((at, i) => at - stage.cloud.healthcheckReads[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60);
    expect(Math.max(...gaps)).toBeLessThan(120);
    const own = new DaemonStage();
    await own.clock.advance(600_000);
    expect(own.cloud.healthcheckReads).toEqual([]);
    expect(group(own).healthcheck).toBeNull();
  });

  test.each([["has gone", none] as const, ["cannot be asked for", silent] as const])(
    "go on by the last one known when it %s, which is told once and found by the preflight",
    async (_, reading) => {
      const stage = stageWith(slow);
      await stage.clock.advance(60_000);
      stage.cloud.stored = reading;
      await stage.clock.advance(600_000);
      const { detail } = reading;
      expect(stage.texts("healthcheck")).toEqual(["- > slow", `slow > slow (${detail})`]);
      expect(group(stage)).toMatchObject({ rule: "steady", healthcheck: { text: "slow" } });
      expect(group(stage).preflight.findings).toContainEqual({
        severity: "warning",
        text: `The healthcheck stored at 198.51.100.7 is followed no more, and the last one known goes on (slow): ${detail}`,
        fix: reading.kind === "unusable" ? "set one" : null,
      });
      stage.answer("a", "refused");
      await untilCalls(stage, 2);
      stage.cloud.stored = slow;
      await stage.clock.advance(120_000);
      expect(stage.texts("healthcheck").slice(2)).toEqual(["slow > slow"]);
      expect(stage.texts("transition").filter((text) => text.startsWith("b "))).toEqual(["b healthy"]);
    },
  );

  test("that was never there is an error of the preflight, with the fix", async () => {
    const stage = stageWith(none);
    await stage.clock.advance(60_000);
    expect(group(stage).preflight).toMatchObject({
      readiness: "broken",
      why: "No member is probed: it has no healthcheck",
    });
    expect(group(stage).preflight.findings.find(({ severity }) => severity === "error")?.fix).toBe("set one");
  });

  test("go on by the last one known when the new one has no answer that an identity could be in", async () => {
    const { host: _, ...http } = tcpTarget({ mode: "http", http: plainHttp });
    const stage = stageWith({ kind: "known", check: http, text: "http" }, { verify: true });
    const follow = (config: GroupConfig): GroupConfig => ({
      ...config,
      path: { host: "path", port: null, identity: "body" },
    });
    await stage.reload(follow);
    await stage.clock.advance(60_000);
    stage.cloud.stored = slow;
    await stage.clock.advance(120_000);
    const [, last] = stage.texts("healthcheck");
    expect(last).toBe(
      "http > http (the healthcheck stored at 198.51.100.7 does not fit the group: its mode is tcp, and verify.identity of the group needs http or https)",
    );
  });

  test("probe through the address by it too, as soon as it is known", async () => {
    const stage = stageWith(silent, { verify: true });
    await stage.clock.advance(60_000);
    expect(stage.texts("path-probe")).toEqual([]);
    stage.cloud.stored = slow;
    await stage.clock.advance(120_000);
    expect(stage.texts("path-probe").length).toBeGreaterThan(3);
  });

  test("take a change over after the move under way", async () => {
    const stage = await changedDuringMove();
    expect(stage.texts("move-ended")).toEqual([]);
    expect(stage.texts("healthcheck")).toEqual(["- > slow"]);
    await untilCalls(stage, 2);
    await stage.clock.advance(20_000);
    const types = stage.events.map(({ type }) => type);
    expect(stage.texts("healthcheck")).toEqual(["- > slow", "slow > fast"]);
    expect(types.lastIndexOf("healthcheck")).toBeGreaterThan(types.indexOf("move-ended"));
    expect(stage.texts("move-ended")).toEqual(["switchover completed"]);
  });

  test("keep their health over a reload that changes nothing, and lose it to a healthcheck of their own", async () => {
    const stage = stageWith(slow);
    await stage.clock.advance(60_000);
    await stage.reload((config) => config);
    await stage.clock.advance(5_000);
    expect(group(stage).members.map(({ health }) => health)).toEqual(["healthy", "healthy"]);
    const own = (config: GroupConfig): GroupConfig => ({
      ...config,
      members: config.members.map((member) => ({
        ...member,
        target: tcpTarget({ host: member.name, port: 81 }),
      })),
    });
    await stage.reload(own);
    expect(group(stage)).toMatchObject({
      healthcheck: null,
      members: [{ health: "unknown" }, { health: "unknown" }],
    });
    await stage.clock.advance(60_000);
    stage.cloud.stored = silent;
    await stage.reload((config) => config);
    await stage.clock.advance(60_000);
    // What was known before is as old as that.
    expect(group(stage)).toMatchObject({ rule: "healthcheck-unknown", healthcheck: { text: null } });
  });

  test("of a mixed group wait for it, and the member of its own healthcheck is probed meanwhile", async () => {
    const stage = stageWith(silent);
    await stage.reload((config) => ({
      ...config,
      members: config.members.map((member) =>
        member.name === "a" ? { ...member, target: tcpTarget({ host: "a" }) } : member,
      ),
    }));
    stage.answer("a", "refused");
    await stage.clock.advance(120_000);
    expect(group(stage)).toMatchObject({
      why: "b waits for the healthcheck stored at 198.51.100.7: HTTP 503",
      members: [{ realHealth: "unhealthy" }, { realHealth: "unknown" }],
    });
    expect(stage.steps).toEqual([]);
    stage.cloud.stored = slow;
    await untilCalls(stage, 2);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
  });

  test("are told in why and in the history", async () => {
    const stage = stageWith(none);
    await stage.clock.advance(60_000);
    const situation = stage.daemon.situationOf("g");
    expect(situation).toMatchObject({
      rule: "healthcheck-unknown",
      members: [{ pace: null }, { pace: null }],
    });
    stage.cloud.stored = slow;
    await stage.clock.advance(60_000);
    expect(stage.daemon.situationOf("g")).toMatchObject({ members: [{ pace: { intervalMs: 10_000 } }, {}] });
  });

  test("put an address that was taken off back after a minute, also when nobody can read it any more", async () => {
    const stage = new DaemonStage({ stored: true, policy: { order: "detach-first" } });
    stage.cloud.stored = slow;
    await stage.clock.advance(60_000);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.kill();
    await stage.clock.advance(3_000);
    expect(stage.cloud.holders).toEqual([]);
    stage.cloud.stored = none;
    const before = stage.cloud.calls.length;
    stage.start();
    await stage.clock.advance(50_000);
    expect(stage.cloud.calls.length).toBe(before);
    await untilCalls(stage, before + 1);
    await stage.clock.advance(10_000);
    expect(stage.cloud.holders).toHaveLength(1);
  });

  test("are read in the middle of a move, and a config that waits for its end goes on waiting", async () => {
    const stage = new DaemonStage({ stored: true, policy: { order: "detach-first" } });
    stage.cloud.stored = slow;
    await stage.clock.advance(60_000);
    stage.answer("a", "refused");
    await untilCalls(stage, 1);
    stage.kill();
    await stage.clock.advance(3_000);
    stage.cloud.stored = silent;
    stage.cloud.stepMs = 8_000;
    stage.start();
    await stage.clock.advance(45_000);
    const answer = Promise.withResolvers<void>();
    const asked = stage.cloud.healthcheckReads.length;
    stage.cloud.heldBack = answer.promise;
    while (stage.cloud.healthcheckReads.length === asked) await stage.clock.advance(100);
    await untilCalls(stage, 2);
    let isTaken = false;
    const reload = stage.reload((config) => config).then(() => (isTaken = true));
    stage.cloud.stored = slow;
    answer.resolve();
    await stage.clock.advance(100);
    expect(stage.texts("healthcheck").at(-1)).toBe("- > slow");
    expect(isTaken).toBe(false);
    await stage.clock.advance(60_000);
    await reload;
    expect(stage.cloud.holders).toHaveLength(1);
  });

  test("of an unread healthcheck can be vouched for by a person, member by member", async () => {
    const stage = stageWith(none);
    await stage.clock.advance(60_000);
    const given = { by: "ann", reason: "I know", forMs: 3_600_000 };
    stage.daemon.people.force("g", "a", "unhealthy", given);
    stage.daemon.people.force("g", "b", "healthy", given);
    await untilCalls(stage, 2);
    expect(stage.steps).toEqual(["attach b", "detach a"]);
  });

  test("forget a change that came during a move when the config has its own healthcheck by then", async () => {
    const stage = await changedDuringMove();
    const reloaded = stage.reload((config) => ({
      ...config,
      members: config.members.map((member) => ({ ...member, target: tcpTarget({ host: member.name }) })),
    }));
    await stage.clock.advance(60_000);
    await reloaded;
    expect(stage.texts("move-ended")).toEqual(["switchover completed"]);
    expect(stage.texts("healthcheck")).toEqual(["- > slow"]);
    expect(group(stage)).toMatchObject({ rule: "steady", healthcheck: null });
  });

  test("of a reload begin anew with what the provider has then", async () => {
    const stage = new DaemonStage();
    stage.cloud.stored = fast;
    await stage.clock.advance(60_000);
    await stage.reload((config) => ({
      ...config,
      members: config.members.map((member) => ({
        ...member,
        target: { mode: fromElasticIp, host: member.target.host },
      })),
    }));
    await stage.clock.advance(5_000);
    expect(stage.texts("healthcheck")).toEqual(["- > fast"]);
  });
});
