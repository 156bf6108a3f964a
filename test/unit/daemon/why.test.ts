/** What is told of a group, from the real daemon and its journal, compared as text. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cause } from "../../../src/core/cause.ts";
import type { Explanation } from "../../../src/daemon/history/explanation.ts";
import { sentencesOf } from "../../../src/daemon/history/sentences.ts";
import { utcTime } from "../../../src/daemon/history/time-text.ts";
import { whyAt, whyNow } from "../../../src/daemon/history/why.ts";
import { DaemonStage, type StageOptions } from "./stage.ts";

/** The stage's clock begins at 08:00:01. */
const clock = (wallMs: number): string => utcTime(wallMs).slice(11, 19);

async function begun(options: StageOptions = {}): Promise<DaemonStage> {
  const stage = new DaemonStage(options);
  await stage.clock.advance(60_000);
  return stage;
}

/** @param ago of the moment that is asked for, in milliseconds; without it: now, seen live. */
function why(stage: DaemonStage, ago?: number): readonly string[] {
  const now = stage.clock.wallNow();
  const situation = stage.daemon.situationOf("g");
  if (situation === "unknown") throw new Error("Cannot find group g");
  const explanation =
    ago === undefined ? whyNow("g", situation, stage.past, now) : whyAt("g", now - ago, stage.past, now);
  return sentencesOf(explanation, clock);
}

describe("why", () => {
  test("steady: who holds it, and that the other one may receive it", async () => {
    expect(why(await begun())).toMatchInlineSnapshot(`
      [
        "g now: nothing is to be done (rule steady): a holds the address and is healthy. This has been so since 08:00:16.",
        "a holds the address. The provider was last asked at 08:01:00.",
        "a, which holds the address, is healthy since 08:00:13 (2 consecutive passes). Probed every 10s: 6 passes from 08:00:03 to 08:00:53 (1 ms).",
        "b is healthy since 08:00:16 (2 consecutive passes). Probed every 10s: 6 passes from 08:00:06 to 08:00:56 (1 ms). It may receive the address.",
      ]
    `);
  });

  test("a moment of the past is told as it was then", async () => {
    const stage = await begun();
    stage.answer("a", "refused");
    await stage.clock.advance(20_000);
    stage.answer("a", "ok");
    await stage.clock.advance(300_000);
    expect(why(stage, 300_000)).toMatchInlineSnapshot(`
      [
        "g at 08:01:21: nothing is to be done (rule steady): a holds the address and is healthy. This has been so since 08:00:16.",
        "a holds the address.",
        "a, which holds the address, is healthy since 08:00:13 (2 consecutive passes). Probed every 10s: 2 fails from 08:01:03 to 08:01:13 (it refused the connection); before that 6 passes from 08:00:03 to 08:00:53 (1 ms). That is 2 of the 3 fails in a row that make it unhealthy.",
        "b is healthy since 08:00:16 (2 consecutive passes). Probed every 10s: 38 passes from 08:00:06 to 08:06:16 (1 ms). It may receive the address.",
      ]
    `);
  });

  test("after a failover: from the probes to the verdict of the member that was left", async () => {
    const stage = await begun();
    stage.answer("a", "http-status");
    await stage.clock.advance(120_000);
    expect(why(stage)).toMatchInlineSnapshot(`
      [
        "g now: nothing is to be done (rule steady): b holds the address and is healthy. This has been so since 08:01:27.",
        "b holds the address. The provider was last asked at 08:03:00.",
        "a is unhealthy since 08:01:23 (3 consecutive fails, the last: answered with a status that is not expected). Probed every 10s: 12 fails from 08:01:03 to 08:02:53 (it answered with a status that is not expected); before that 6 passes from 08:00:03 to 08:00:53 (1 ms). It may not receive the address: a is unhealthy (it answered with a status that is not expected).",
        "b, which holds the address, is healthy since 08:00:16 (2 consecutive passes). Probed every 10s: 18 passes from 08:00:06 to 08:02:56 (1 ms).",
      ]
    `);
    expect(why(stage, 119_000)[0]).toMatchInlineSnapshot(
      `"g at 08:01:02: nothing is to be done (rule steady): a holds the address and is healthy. This has been so since 08:00:16."`,
    );
  });

  test("all down: nothing is done, and what would end that", async () => {
    const stage = await begun();
    stage.answer("a", "refused");
    stage.answer("b", "connect-timeout");
    await stage.clock.advance(120_000);
    expect(why(stage)).toMatchInlineSnapshot(`
      [
        "g now: nothing is done (rule all-down): every member is unhealthy, so no move would help: a is unhealthy (it refused the connection); b is unhealthy (it did not accept the connection in time). This has been so since 08:01:26.",
        "a holds the address. The provider was last asked at 08:03:00.",
        "It ends when a member passes its probes often enough in a row. A person who knows better than the probes: failoverd force g MEMBER healthy --for 30m --reason "…".",
        "a, which holds the address, is unhealthy since 08:01:23 (3 consecutive fails, the last: refused the connection). Probed every 10s: 12 fails from 08:01:03 to 08:02:53 (it refused the connection); before that 6 passes from 08:00:03 to 08:00:53 (1 ms).",
        "b is unhealthy since 08:01:26 (3 consecutive fails, the last: did not accept the connection in time). Probed every 10s: 12 fails from 08:01:06 to 08:02:56 (it did not accept the connection in time); before that 6 passes from 08:00:06 to 08:00:56 (1 ms). It may not receive the address: b is unhealthy (it did not accept the connection in time).",
      ]
    `);
    expect(why(stage, 0).slice(2)).toEqual(why(stage).slice(2));
  });

  test("held down: until when, what it would do, and that a person need not wait", async () => {
    const stage = await begun({ policy: { warmUpMs: 0 } });
    stage.answer("a", "refused");
    await stage.clock.advance(60_000);
    stage.answer("a", "ok");
    await stage.clock.advance(60_000);
    stage.answer("b", "refused");
    await stage.clock.advance(60_000);
    expect(why(stage).slice(0, 4)).toMatchInlineSnapshot(`
      [
        "g now: nothing is done (rule hold-down): no member may receive the address: a is held down, since the address was moved off it lately; b is unhealthy (it refused the connection). This has been so since 08:03:26.",
        "b holds the address. The provider was last asked at 08:04:00.",
        "It lasts until 08:06:25. To move it now all the same: failoverd switchover g a --reason "…".",
        "a is healthy since 08:02:13 (2 consecutive passes). Probed every 10s: 12 passes from 08:02:03 to 08:03:53 (1 ms); before that 6 fails from 08:01:03 to 08:01:53 (it refused the connection); before that 6 passes from 08:00:03 to 08:00:53 (1 ms). It may not receive the address: a is held down, since the address was moved off it lately, until 08:06:25.",
      ]
    `);
  });

  test("paused: by whom, why, until when, and the command that ends it", async () => {
    const stage = await begun();
    stage.daemon.people.pause("g", { by: "ann", reason: "kernel upgrade", forMs: 3_600_000 });
    stage.answer("a", "refused");
    await stage.clock.advance(60_000);
    expect(why(stage).slice(0, 4)).toMatchInlineSnapshot(`
      [
        "g now: nothing is done (rule paused): paused by ann: kernel upgrade, so nothing is moved, although a is unhealthy (it refused the connection), and b is the most preferred eligible member. This has been so since 08:01:23.",
        "a holds the address. The provider was last asked at 08:02:00.",
        "Without the rule paused the next step would be: attach b.",
        "It lasts until 09:01:01. It ends earlier with: failoverd resume g.",
      ]
    `);
    stage.daemon.people.pause(null, { by: "bob", reason: "move of the rack", forMs: 3_600_000 });
    await stage.clock.advance(1_000);
    expect(why(stage)[3]).toMatchInlineSnapshot(
      `"It lasts until 09:02:01. It ends earlier with: failoverd resume."`,
    );
  });

  test("drained and forced members say so, with the command that lets one in again", async () => {
    const stage = await begun();
    stage.daemon.people.drain("g", "b", { by: "ann", reason: "disk", forMs: null });
    stage.daemon.people.force("g", "a", "unhealthy", { by: "bob", reason: "drill", forMs: 600_000 });
    await stage.clock.advance(30_000);
    expect(why(stage)).toMatchInlineSnapshot(`
      [
        "g now: nothing is done (rule no-eligible): no member may receive the address: a is unhealthy (forced by bob: drill); b is drained (ann: disk). This has been so since 08:01:01.",
        "a holds the address. The provider was last asked at 08:01:30.",
        "It ends when a member passes its probes often enough in a row. b is let in again with: failoverd undrain g b. The probes of a count again with: failoverd unforce g a. A person who knows better than the probes: failoverd force g MEMBER healthy --for 30m --reason "…".",
        "a, which holds the address, counts as unhealthy, since that was forced by bob until 08:11:01 (drill); its probes say healthy. Probed every 10s: 9 passes from 08:00:03 to 08:01:23 (1 ms).",
        "b is healthy since 08:00:16 (2 consecutive passes). Probed every 10s: 9 passes from 08:00:06 to 08:01:26 (1 ms). It may not receive the address: b is drained (ann: disk).",
      ]
    `);
  });

  test("a foreign holder is left alone, and named", async () => {
    const stage = await begun();
    stage.cloud.holders = [];
    stage.cloud.foreign = ["i-4711"];
    await stage.clock.advance(60_000);
    expect(why(stage).slice(0, 3)).toMatchInlineSnapshot(`
      [
        "g now: nothing is done (rule foreign-holder): the address is held by i-4711, which is no member: left to whoever did that. This has been so since 08:01:30.",
        "i-4711 (no member) holds the address. The provider was last asked at 08:02:00.",
        "It ends when a member has the address again, or nobody: the address is never taken from somebody else.",
      ]
    `);
  });

  test("distrust: why nothing counts", async () => {
    const stage = await begun({ canaries: ["canary"] });
    stage.answer("canary", "connect-timeout");
    stage.answer("a", "refused");
    await stage.clock.advance(60_000);
    expect(why(stage)).toMatchInlineSnapshot(`
      [
        "g now: nothing is decided (rule self-distrust): too few canaries answer, so our own network is in doubt (0 of 1 needed), so nothing seen now counts. This has been so since 08:01:03.",
        "a holds the address. The provider was last asked at 08:02:00.",
        "It ends by itself once nothing has given rise to doubt for a while.",
        "a, which holds the address, is healthy since 08:00:13 (2 consecutive passes). Probed every 10s: 6 inconclusive probes from 08:01:03 to 08:01:53 (we did not trust ourselves at that moment); before that 6 passes from 08:00:03 to 08:00:53 (1 ms).",
        "b is healthy since 08:00:16 (2 consecutive passes). Probed every 10s: 6 inconclusive probes from 08:01:06 to 08:01:56 (we did not trust ourselves at that moment); before that 6 passes from 08:00:06 to 08:00:56 (1 ms). It may not receive the address: the last conclusive probe of b is too old.",
      ]
    `);
  });

  test("the provider cannot say who holds it: nothing is decided", async () => {
    const stage = await begun();
    stage.cloud.blindness = "the API answered 503";
    await stage.clock.advance(60_000);
    expect(why(stage).slice(0, 3)).toMatchInlineSnapshot(`
      [
        "g now: nothing is decided (rule truth-unknown): the provider could not say who holds the address: the API answered 503. This has been so since 08:01:30.",
        "Who holds the address is not known. The provider was last asked at 08:02:00.",
        "It ends with the first answer of the provider, which is asked again by itself.",
      ]
    `);
  });

  test("approval: the commands that answer the question", async () => {
    const stage = await begun({ policy: { mode: "approve" } });
    stage.answer("a", "refused");
    await stage.clock.advance(60_000);
    expect(why(stage).slice(0, 4)).toMatchInlineSnapshot(`
      [
        "g now: nothing is done (rule approval): a is unhealthy (it refused the connection), and b is the most preferred eligible member: this waits for the approval of a person. This has been so since 08:01:23.",
        "a holds the address. The provider was last asked at 08:02:00.",
        "Without the rule approval the next step would be: attach b.",
        "A person lets it begin with: failoverd approve g tro8yb-1; or leaves it with: failoverd reject g tro8yb-1. Without an answer it is proposed again at 08:31:23.",
      ]
    `);
  });

  test("shadow: what it would do, and that it only watches", async () => {
    const stage = await begun({ policy: { mode: "shadow" } });
    stage.answer("a", "refused");
    await stage.clock.advance(60_000);
    expect(why(stage)[0]).toMatchInlineSnapshot(
      `"g now: it would take the step attach b, but with mode: shadow it only watches (rule failover): a is unhealthy (it refused the connection), and b is the most preferred eligible member. This has been so since 08:01:23."`,
    );
  });

  test("through the address there is no answer: the way is told as well", async () => {
    const stage = await begun({ policy: { verify: { withinMs: 30_000, otherwise: "hold" } } });
    stage.answer("path", "connect-timeout");
    await stage.clock.advance(60_000);
    expect(why(stage)).toMatchInlineSnapshot(`
      [
        "g now: nothing is done (rule unverified): a holds the address and is healthy, but through the address there is no answer (connect-timeout). This has been so since 08:01:30.",
        "a holds the address. The provider was last asked at 08:02:00.",
        "It ends with the first answer through the address. To accept it as it is: failoverd acknowledge g.",
        "a, which holds the address, is healthy since 08:00:13 (2 consecutive passes). Probed every 10s: 12 passes from 08:00:03 to 08:01:53 (1 ms).",
        "b is healthy since 08:00:16 (2 consecutive passes). Probed every 10s: 12 passes from 08:00:06 to 08:01:56 (1 ms). It may receive the address.",
        "The way through the address is unhealthy. Probed every 10s: 53 fails from 08:01:08 to 08:02:00 (it did not accept the connection in time); before that 6 passes from 08:00:08 to 08:00:58 (1 ms).",
      ]
    `);
  });
});

test(
  "what is told later of a moment is what was true then, whatever the members did",
  { timeout: 60_000 },
  async () => {
    const spell = fc.record({
      member: fc.constantFrom("a", "b"),
      cause: fc.constantFrom<Cause>("ok", "refused", "dns-unavailable"),
      ms: fc.integer({ min: 1_000, max: 200_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(spell, { minLength: 5, maxLength: 15 }), async (spells) => {
        const stage = await begun({ policy: { warmUpMs: 0, holdDownMs: 60_000 } });
        const seen: (readonly [number, string])[] = [];
        for (const { member, cause, ms } of spells) {
          stage.answer(member, cause);
          await stage.clock.advance(ms);
          const now = stage.clock.wallNow();
          const situation = stage.daemon.situationOf("g");
          if (situation === "unknown" || situation === null) throw new Error("Cannot see the group");
          seen.push([now, gistOf(whyNow("g", situation, stage.past, now))]);
        }
        for (const [at, gist] of seen.filter(([at]) => !isAtChange(stage, at)))
          expect(gistOf(whyAt("g", at, stage.past, stage.clock.wallNow()))).toBe(gist);
      }),
      { numRuns: 30 },
    );
  },
);

/** Stamps are whole milliseconds: which came first within one, the look or the change, nobody can tell afterwards. */
function isAtChange({ past }: DaemonStage, at: number): boolean {
  const [sinceWallMs, untilWallMs] = [Math.trunc(at), Math.trunc(at)];
  const query = { group: "g", types: ["situation"], order: "newest-first", beyond: null, limit: 1 } as const;
  return past.page({ ...query, sinceWallMs, untilWallMs }).entries.length > 0;
}

/** What must not differ: strikes are told from the probes, and who counts as healthy is. */
function gistOf({ story }: Explanation): string {
  if (story.kind !== "told") return story.kind;
  const { rule, holders, members } = story.situation;
  return `${rule} ${holders?.join("+")} ${members.map(({ name, health }) => `${name}:${health}`).join(" ")}`;
}

describe("why at a moment of which nothing is recorded", () => {
  test("says that it is from before the journal, and when that begins", async () => {
    expect(why(await begun(), 3_600_000)).toMatchInlineSnapshot(`
      [
        "Nothing is recorded about g at 07:01:01: what is recorded of it begins at 08:00:01.",
      ]
    `);
  });

  test("says that the daemon had no plan yet", async () => {
    const stage = new DaemonStage();
    stage.cloud.readMs = 10_000;
    await stage.clock.advance(2_000);
    expect(why(stage)).toMatchInlineSnapshot(`
      [
        "g now: nothing is done (rule first-round): the health of a, b is not known yet. This has been so since 08:00:01.",
        "a holds the address. The provider was last asked at 08:00:01.",
        "It lasts until 08:00:33. It ends when every member has been probed often enough for a verdict.",
        "a, which holds the address, has an unknown health since 08:00:01. No probe of it is recorded around that time.",
        "b has an unknown health since 08:00:01. No probe of it is recorded around that time. It may not receive the address: the health of b is unknown.",
      ]
    `);
    expect(why(stage, 1_000)).toMatchInlineSnapshot(`
      [
        "g at 08:00:02: nothing is done (rule first-round): the health of a, b is not known yet. This has been so since 08:00:01.",
        "a holds the address.",
        "It lasts until 08:00:33. It ends when every member has been probed often enough for a verdict.",
        "a, which holds the address, has an unknown health since 08:00:01. No probe of it is recorded around that time.",
        "b has an unknown health since 08:00:01. No probe of it is recorded around that time. It may not receive the address: the health of b is unknown.",
      ]
    `);
  });

  test("says that nobody was there, from when to when, and how the process ended", async () => {
    const killed = await begun();
    await killed.clock.advance(600_000);
    killed.kill();
    await killed.clock.advance(3_600_000);
    killed.start();
    await killed.clock.advance(60_000);
    expect(why(killed, 1_800_000)).toMatchInlineSnapshot(`
      [
        "At 08:42:01 no failoverd was running, so nothing was probed, decided or moved. The last sign of it is from 08:10:56, and it did not end of its own will: the process was killed, or its machine went down. The next one began at 09:11:01.",
      ]
    `);

    const stopped = await begun();
    stopped.daemon.stop();
    await stopped.clock.advance(3_600_000);
    expect(stopped.ended).toBe(true);
    stopped.start();
    await stopped.clock.advance(60_000);
    expect(why(stopped, 1_800_000)).toMatchInlineSnapshot(`
      [
        "At 08:32:01 no failoverd was running, so nothing was probed, decided or moved. It had been stopped at 08:01:01. The next one began at 09:01:01.",
      ]
    `);
    expect(why(stopped, 3_700_000)[0]).toContain("rule steady");
  });

  test("says of the future that nothing is known", async () => {
    expect(why(await begun(), -3_600_000)).toEqual(["09:01:01 is in the future, so nothing is known of it."]);
  });
});
