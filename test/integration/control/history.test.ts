/** The past, asked for over the API, as the command line does. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { historyShape, whyShape } from "../../../src/server/api/history-shape.ts";
import type { HistoryPage, Why } from "../../../src/server/api/history.ts";
import { ControlStage } from "./stage.ts";

const minute = 60_000;

async function afterFailover(): Promise<ControlStage> {
  const stage = await ControlStage.start();
  stage.daemon.answer("a", "refused");
  await stage.daemon.clock.advance(2 * minute);
  return stage;
}

async function historyOf(stage: ControlStage, query: string): Promise<HistoryPage> {
  return historyShape.parse((await stage.get(`history?${query}`)).json);
}

async function whyOf(stage: ControlStage, query: string): Promise<Why> {
  return whyShape.parse((await stage.get(`why?${query}`)).json);
}

function iso(stage: ControlStage, ago: number): string {
  return new Date(stage.daemon.clock.wallNow() - ago).toISOString();
}

describe("GET /api/v1/history", () => {
  test("tells of a failover from the verdict to its end, and of the start of the process", async () => {
    await using stage = await afterFailover();
    const { entries, next } = await historyOf(stage, "group=g&order=oldest-first");
    const texts = entries.map(({ type, group, text }) => `${group} ${type}: ${text}`);
    expect(next).toBeNull();
    expect(texts[0]).toBe("null started: failoverd 1 began");
    const from = texts.findIndex((text) => text.includes("transition: a is unhealthy"));
    expect(texts.slice(from)).toEqual([
      "g transition: a is unhealthy: 3 consecutive fails, the last: refused the connection",
      "g decision: decided (failover) to attach b: a is unhealthy (it refused the connection), and b is the most preferred eligible member",
      "g intent: move (failover) from a to b begins: a is unhealthy (it refused the connection), and b is the most preferred eligible member",
      "g step: attach b: begun",
      "g effect: attach b: applied after 2s, success",
      "g seen: held by a, b",
      expect.stringContaining("g decision: decided (finish-move) to detach a: "),
      "g step: detach a: begun",
      "g effect: detach a: applied after 2s, success",
      "g seen: held by b",
      "g ended: move (failover) from a to b: completed",
      "g preflight: a failover of g would fail now: Nobody could take the address over: a is unhealthy (it refused the connection)",
      "g decision: steady: b holds the address and is healthy",
    ]);
  });

  test("knows drills as it knows all else", async () => {
    await using stage = await ControlStage.start();
    const text = "drill skipped: this process began only after its time";
    const told = { phase: "ended", outcome: "skipped", home: "", away: "", holdMs: 0 } as const;
    stage.daemon.journal.append({ type: "drill", group: "g", ...told, text });
    for (const query of ["limit=500", "types=drill"])
      expect((await historyOf(stage, query)).entries.map((entry) => entry.text)).toContain(text);
  });

  test("gives everything once, page by page, and only what is asked for", async () => {
    await using stage = await afterFailover();
    const all = (await historyOf(stage, "limit=500&types=transition,decision,situation")).entries;
    const paged: string[] = [];
    let beyond = "";
    for (;;) {
      const { entries, next } = await historyOf(
        stage,
        `limit=2&types=transition,decision,situation${beyond}`,
      );
      paged.push(...entries.map(({ id }) => id));
      if (next === null) break;
      beyond = `&beyond=${next}`;
    }
    expect(paged).toEqual(all.map(({ id }) => id));
    expect(new Set(all.map(({ type }) => type))).toEqual(new Set(["transition", "decision", "situation"]));
    const recent = await historyOf(stage, `since=${iso(stage, 100_000)}&until=${iso(stage, 90_000)}`);
    expect(recent.entries.length).toBeGreaterThan(0);
    expect(recent.entries.length).toBeLessThan(all.length);
  });

  test("tells of what people ordered, also to all groups", async () => {
    await using stage = await ControlStage.start();
    await stage.post("pause", { group: null, by: "ann", reason: "upgrade", for: "1h" });
    const { entries } = await historyOf(stage, "group=g&types=order");
    expect(entries).toMatchObject([
      { group: null, text: "ann pauses all groups for 1h: upgrade", entry: { act: "pause" } },
    ]);
  });
});

describe("GET /api/v1/why", () => {
  test("answers for now and for any recorded moment, as data and in sentences", async () => {
    await using stage = await afterFailover();
    const now = await whyOf(stage, "group=g");
    expect(now.isNow).toBe(true);
    expect(now.sentences[0]).toContain("g now: nothing is to be done (rule steady): b holds the address");
    const then = await whyOf(stage, `group=g&at=${iso(stage, 119_000)}`);
    expect(then.sentences[0]).toContain("nothing is to be done (rule steady): a holds the address");
    expect(then.story).toMatchObject({ kind: "told", situation: { holders: ["a"], rule: "steady" } });
    const before = await whyOf(stage, `group=g&at=${iso(stage, 30 * minute)}`);
    expect(before.story.kind).toBe("not-recorded");
  });

  test("tells of a group that has left the config what was recorded of it, and of no group nothing", async () => {
    await using stage = await afterFailover();
    const then = iso(stage, minute);
    await stage.daemon.reload(() => null);
    expect((await whyOf(stage, `group=g&at=${then}`)).story.kind).toBe("told");
    expect(await stage.get("why?group=nobody")).toMatchObject({ status: 404, json: { rule: "unknown" } });
  });
});

test("a question in another form is told what is wanted, and nothing else happens", async () => {
  await using stage = await ControlStage.start();
  expect(await stage.get("why?group=g&at=03:12")).toMatchObject({
    status: 400,
    json: { error: expect.stringContaining("at must be a moment such as 2026-11-25T03:12:00Z") as string },
  });
  expect(await stage.get("history?limit=501")).toMatchObject({
    status: 400,
    json: { error: 'limit must be a number of entries from 1 to 500; without it: 100: got "501"' },
  });
  const noise = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom("9-9", "-1", "1e9", "2026-99-99T00:00:00Z"),
  );
  const field = fc.constantFrom("group", "at", "since", "until", "types", "order", "beyond", "limit");
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("why", "history"),
      fc.array(fc.tuple(field, noise)),
      async (name, fields) => {
        const query = new URLSearchParams(fields.map(([key, value]): [string, string] => [key, value]));
        const { status } = await stage.get(`${name}?${query.toString()}`);
        expect([200, 400, 404]).toContain(status);
      },
    ),
    { numRuns: 200 },
  );
  expect(stage.bugs).toEqual([]);
});
