/** The events of a daemon as those who listen hear them: in order, without loss, and at no cost to the daemon. */
import { request } from "node:http";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { streamsMax } from "../../../src/server/api/open-streams.ts";
import { EventReader, type ReaderOptions } from "./event-reader.ts";
import { ControlStage } from "./stage.ts";

const minute = 60_000;
const given = { by: "ann", forMs: 3_600_000 };

function read(stage: ControlStage, options?: ReaderOptions): Promise<EventReader> {
  return EventReader.open(stage.path, options);
}

/** Orders that are told as they are given, from `first` on. */
function giveOrders(stage: ControlStage, { first = 1, count = 1, padding = 0 } = {}): void {
  const { people } = stage.daemon.daemon;
  for (let i = first; i < first + count; i++)
    people.pause("g", { ...given, reason: `order ${i} ${"x".repeat(padding)}` });
}

function numbersOf({ texts }: EventReader): readonly number[] {
  return texts.flatMap((text) => {
    const [, n] = /order (\d+)/.exec(text) ?? [];
    return n === undefined ? [] : Number(n);
  });
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("GET /api/v1/events", () => {
  test("tells a whole failover in order, with the sentences of the log, and no single probe", async () => {
    await using stage = await ControlStage.start();
    const reader = await read(stage);
    expect(reader.response.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store",
    });
    stage.daemon.answer("a", "refused");
    await stage.daemon.clock.advance(minute);
    await reader.until(() => reader.heard.some(({ type }) => type === "move-ended"));
    expect(reader.heard.map(({ type, data }) => `${type}: ${data.text}`).slice(0, 6)).toEqual([
      "transition: a is unhealthy: 3 consecutive fails, the last: refused the connection",
      "decision: decided to attach b: a is unhealthy (it refused the connection), and b is the most preferred eligible member",
      "move-started: move (failover) from a to b: a is unhealthy (it refused the connection), and b is the most preferred eligible member",
      "step-started: attach b: begun",
      "step-ended: attach b: applied, success",
      "holders: holders changed from a to a, b",
    ]);
    const [first, ...others] = reader.heard.map(({ id }) => id.split("-").map(Number));
    others.forEach(([start, n], i) => expect([start, n]).toEqual([first?.[0], (first?.[1] ?? 0) + i + 1]));
    expect(reader.heard[0]?.data).toMatchObject({
      time: expect.stringMatching(/^2027-01-15T08:\d\d:\d\d\.\d{3}Z$/),
      level: "warn",
      group: "g",
      from: "healthy",
      to: "unhealthy",
      member: "a",
    });
    expect(reader.raw).toMatch(/^retry: 2000\n: at \d+-\d+\nid: \d+-\d+\n\n/);
    reader.close();
  });

  test("gives what is kept and ends, when nothing further is wanted", async () => {
    await using stage = await ControlStage.start();
    giveOrders(stage, { count: 3 });
    const reader = await read(stage, { query: "?after=oldest&follow=false" });
    expect(await reader.ended).toBe("end");
    expect(numbersOf(reader)).toEqual([1, 2, 3]);
    expect(reader.texts[0]).toBe("the health of a, b is not known yet");
  });

  test.each(["header", "query"])(
    "goes on after the id in the %s, without loss or doubling",
    async (where) => {
      await using stage = await ControlStage.start();
      const first = await read(stage);
      giveOrders(stage, { count: 5 });
      await first.until(() => first.heard.length === 5);
      first.close();
      giveOrders(stage, { first: 6, count: 5 });
      const { id = "" } = first.heard[2] ?? {};
      const second = await read(
        stage,
        where === "query"
          ? { query: `?after=${id}` }
          : { query: `?after=${first.heard[0]?.id}`, headers: { "last-event-id": id } },
      );
      giveOrders(stage, { first: 11, count: 5 });
      await second.until(() => second.heard.length === 12);
      expect(numbersOf(second)).toEqual(upTo(15).slice(3));
      second.close();
    },
  );

  test("says what is missing when the id is too old, and goes on with all that is kept", async () => {
    await using stage = await ControlStage.start({}, 10);
    const first = await read(stage);
    giveOrders(stage);
    await first.until(() => first.heard.length === 1);
    first.close();
    giveOrders(stage, { first: 2, count: 15 });
    const { id = "" } = first.heard[0] ?? {};
    const second = await read(stage, { headers: { "last-event-id": id } });
    await second.until(() => second.heard.length === 11);
    const [gap, ...rest] = second.heard;
    expect(gap).toMatchObject({
      type: "gap",
      data: {
        text: `5 events after ${id} are not kept here any more: they are in failoverd history`,
        group: null,
      },
    });
    expect(numbersOf(second)).toEqual(upTo(16).slice(6));
    const third = await read(stage, { query: `?after=${gap?.id}&follow=false` });
    expect(await third.ended).toBe("end");
    expect(third.heard).toEqual(rest);
    second.close();
  });

  test.each(["1-5", "999999999999999-1"])(
    "says that the daemon was started anew when id %s is none of its own",
    async (id) => {
      await using stage = await ControlStage.start();
      const reader = await read(stage, { query: `?after=${id}&follow=false&types=transition` });
      expect(await reader.ended).toBe("end");
      expect(reader.heard.map(({ type }) => type)).toEqual(["gap", "transition", "transition"]);
      expect(reader.texts[0]).toBe(
        `The daemon was started anew after event ${id}: what happened before the start is in failoverd history`,
      );
    },
  );

  test("tells of one group what concerns it, also what concerns all, and of some types only those", async () => {
    await using stage = await ControlStage.start({ copies: 2 });
    const { people } = stage.daemon.daemon;
    const [one, some] = await Promise.all([
      read(stage, { query: "?group=g1" }),
      read(stage, { query: "?types=order,trust" }),
    ]);
    people.pause("g", { ...given, reason: "r" });
    people.pause("g1", { ...given, reason: "r" });
    people.pause(null, { ...given, reason: "r" });
    await stage.daemon.clock.advance(minute);
    stage.daemon.answer("a", "refused");
    await stage.daemon.clock.advance(minute);
    people.resume(null, { by: "ann" });
    await one.until(() => one.texts.some((text) => text.includes("resumes")));
    await some.until(() => some.texts.some((text) => text.includes("resumes")));
    expect(new Set(one.heard.map(({ data }) => data.group))).toEqual(new Set(["g1", null]));
    expect(new Set(one.heard.map(({ type }) => type))).toContain("transition");
    expect(some.heard.map(({ data }) => data.group)).toEqual(["g", "g1", null, null]);
    one.close();
    some.close();
  });

  test("keeps alive who has nothing to hear, and moves on the id from which it goes on", async () => {
    await using stage = await ControlStage.start({}, 10);
    const reader = await read(stage, { query: "?types=brown-out" });
    for (const first of [1, 6, 11]) {
      giveOrders(stage, { first, count: 5 });
      await stage.daemon.clock.advance(5_000);
    }
    await reader.until(() => reader.comments.length === 2);
    const id = reader.comments[1]?.replace("at ", "") ?? "";
    expect(reader.raw).toContain(`: at ${id}\nid: ${id}\n\n`);
    const again = await read(stage, { query: `?after=${id}&follow=false` });
    expect(await again.ended).toBe("end");
    expect(again.heard).toEqual([]);
    reader.close();
  });

  test.each([
    ["?group=x", 404, "There is no group x; there are g"],
    ["?group=%1b[31m", 400, "group must be the name of a group"],
    ["?group=g&group=g", 400, "got a list"],
    ["?types=probe", 400, "types must be types of events with commas between them: transition, decision"],
    ["?types=", 400, "types must be"],
    ["?types=order,", 400, "types must be"],
    ["?after=yesterday", 400, "after must be the id of the last event that is known, or oldest for all"],
    ["?after=1-2-3", 400, "after must be"],
    ["?after=-1", 400, "after must be"],
    ["?after=1-9999999999999999", 400, "after must be"],
    ["?follow=no", 400, "follow must be true (default) to be told"],
    ["?until=x", 400, 'Unknown field "until": known here are group, types, after, follow'],
  ])("answers %s with %i", async (query, status, words) => {
    await using stage = await ControlStage.start();
    const reader = await read(stage, { query });
    await reader.ended;
    expect(reader.response.statusCode).toBe(status);
    expect((JSON.parse(reader.raw) as { error: string }).error).toContain(words);
  });

  test("takes no Last-Event-ID that is none, and answers no HEAD", async () => {
    await using stage = await ControlStage.start();
    const reader = await read(stage, { headers: { "last-event-id": "; drop" } });
    await reader.ended;
    expect(reader.response.statusCode).toBe(400);
    const path = { socketPath: stage.path, path: "/api/v1/events", method: "HEAD", agent: false };
    const status = await new Promise((resolve) =>
      request(path, ({ statusCode }) => resolve(statusCode)).end(),
    );
    expect(status).toBe(404);
  });
});

describe("who listens to events", () => {
  test("and reads nothing is cut off, has cost one buffer, and goes on without loss", async () => {
    await using stage = await ControlStage.start();
    const reader = await read(stage, { paused: true });
    giveOrders(stage, { count: 1_500, padding: 480 });
    // What does not fit into the buffers of both ends stays in the feed.
    const api = await stage.status();
    expect(api.version).toBe("1.2.3");
    await stage.daemon.clock.advance(30_000);
    reader.response.resume();
    expect(await reader.ended).toBe("cut");
    expect(reader.heard.length).toBeGreaterThan(0);
    expect(reader.heard.length).toBeLessThan(1_000);
    const rest = await read(stage, { headers: { "last-event-id": reader.heard.at(-1)?.id ?? "" } });
    await rest.until(() => numbersOf(rest).at(-1) === 1_500);
    expect([...numbersOf(reader), ...numbersOf(rest)]).toEqual(upTo(1_500));
    expect(rest.heard.map(({ type }) => type)).not.toContain("gap");
    rest.close();
  });

  test("and falls behind what is kept is cut off, and then told of the gap", async () => {
    await using stage = await ControlStage.start();
    const reader = await read(stage, { paused: true });
    giveOrders(stage, { count: 1_000, padding: 480 });
    await stage.status();
    giveOrders(stage, { first: 1_001, count: 3_000, padding: 480 });
    await stage.status();
    reader.response.resume();
    expect(await reader.ended).toBe("cut");
    const heard = numbersOf(reader);
    expect(heard).toEqual(upTo(heard.length));
    const rest = await read(stage, { headers: { "last-event-id": reader.heard.at(-1)?.id ?? "" } });
    await rest.until(() => numbersOf(rest).at(-1) === 4_000);
    expect(rest.heard[0]?.type).toBe("gap");
    expect(numbersOf(rest)).toHaveLength(2_000);
    rest.close();
  });

  test("is one of many, of whom there are not too many; orders come through all the same", async () => {
    await using stage = await ControlStage.start();
    const readers = await Promise.all(Array.from({ length: streamsMax }, () => read(stage)));
    const oneTooMany = await read(stage);
    await oneTooMany.ended;
    expect(oneTooMany.response.statusCode).toBe(429);
    expect(JSON.parse(oneTooMany.raw)).toEqual({
      error: `There are ${streamsMax} streams already: end one of them, or read what has happened with failoverd history`,
      rule: "too-many",
    });
    const idle = Array.from({ length: 31 }, () => connect(stage.path));
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.on("connect", resolve))));
    expect(await stage.post("pause", { group: "g", by: "ann", reason: "r", for: "1h" })).toMatchObject({
      status: 200,
    });
    for (const socket of idle) socket.destroy();
    await Promise.all(readers.map((reader) => reader.until(() => reader.heard.length > 0)));
    for (const reader of readers) expect(reader.texts[0]).toBe("ann pauses g for 1h: r");

    // Who goes away makes room.
    readers[0]?.close();
    for (;;) {
      const next = await read(stage);
      if (next.response.statusCode === 200) break;
      await next.ended;
    }
    for (const reader of readers) reader.close();
  });

  test("leaves no place taken when it goes away before it is answered", async () => {
    await using stage = await ControlStage.start();
    for (let i = 0; i < 4 * streamsMax; i++) {
      const hasty = connect(stage.path, () => {
        hasty.write("GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n", () => hasty.destroy());
      });
      await new Promise((resolve) => hasty.on("close", resolve));
    }
    // What has come before these is over with when they are answered.
    for (let i = 0; i < 3; i++) await stage.status();
    const readers = await Promise.all(Array.from({ length: streamsMax - 1 }, () => read(stage)));
    const last = await read(stage);
    expect([...readers, last].map(({ response }) => response.statusCode)).toEqual(
      Array.from({ length: streamsMax }, () => 200),
    );
    for (const reader of [...readers, last]) reader.close();
  });

  test("is told what happens until the daemon closes, and ends with it at once, also one that reads nothing", async () => {
    await using stage = await ControlStage.start();
    const [path, silent] = [`${stage.path}.2`, await stage.open(`${stage.path}.2`)];
    if (silent.kind === "none") throw new Error(silent.trouble);
    const reader = await EventReader.open(path);
    const stuck = await EventReader.open(path, { paused: true });
    giveOrders(stage, { count: 1_500, padding: 480 });
    await reader.until(() => numbersOf(reader).length === 1_500);
    giveOrders(stage, { first: 1_501 });
    await silent.close();
    expect(await reader.ended).toBe("end");
    expect(numbersOf(reader).at(-1)).toBe(1_501);
    stuck.response.resume();
    expect(await stuck.ended).toBe("cut");
  });

  test("stays longer than any request may take, or a connection be silent", async () => {
    await using stage = await ControlStage.start();
    const path = `${stage.path}.2`;
    const socket = await stage.open(path, 100);
    if (socket.kind === "none") throw new Error(socket.trouble);
    const reader = await EventReader.open(path);
    // These come later, and are ended by the limits of the server.
    const slow = connect(path, () => slow.write("GET /api/v1/status HTTP/1.1\r\n"));
    const idle = connect(path);
    await Promise.all([slow, idle].map((each) => new Promise((ended) => each.resume().on("close", ended))));
    giveOrders(stage);
    await reader.until(() => reader.heard.length === 1);
    await socket.close();
    expect(await reader.ended).toBe("end");
  });
});
