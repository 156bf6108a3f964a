/** Whoever follows the events over cuts: nothing is lost, nothing comes twice, and what cannot be mended is said. */
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { hear, type Heard, type Hearing } from "../../../src/server/event-client.ts";
import type { DaemonAnswer } from "../../../src/server/client.ts";
import type { ControlSocket } from "../../../src/server/control-socket.ts";
import type { Endpoint } from "../../../src/server/endpoint.ts";
import type { HistoryPage } from "../../../src/server/api/history.ts";
import { EventFeed } from "../../../src/server/event-feed.ts";
import { VirtualClock } from "../../unit/daemon/virtual-clock.ts";
import { rawHttpServer, type Running } from "../probes/world.ts";
import { ControlStage } from "./stage.ts";

/** A follower on a clock of its own, and what it has heard. */
class Follower {
  readonly clock: VirtualClock = new VirtualClock();
  readonly #stop = new AbortController();
  readonly #heard: AsyncGenerator<Heard, DaemonAnswer | null>;

  constructor(endpoint: Endpoint, wanted: Partial<Hearing> = {}) {
    const all = { endpoint, after: "oldest", follow: true, group: null, types: "order", ...wanted };
    this.#heard = hear(all, { clock: this.clock, random: () => 0, signal: this.#stop.signal });
  }

  /** @returns the next that is heard in words; whatever it waits for of its own clock passes at once. */
  async next(): Promise<string> {
    const next = this.#heard.next();
    let result: Awaited<typeof next> | null = null;
    while (result === null) result = await Promise.race([next, this.clock.advance(60_000).then(() => null)]);
    const { done, value } = result;
    if (done === true) return value === null ? "end" : `end: ${JSON.stringify(value)}`;
    return value.kind === "event" ? value.event.text : value.kind;
  }

  async take(count: number): Promise<readonly string[]> {
    const all: string[] = [];
    for (let i = 0; i < count; i++) all.push(await this.next());
    return all;
  }

  stop(): void {
    this.#stop.abort();
  }
}

function order(stage: ControlStage, ...numbers: readonly number[]): void {
  for (const n of numbers)
    stage.daemon.daemon.people.pause("g", { by: "ann", reason: `order ${n}`, forMs: 3_600_000 });
}

const words = (...numbers: readonly number[]): readonly string[] =>
  numbers.map((n) => `ann pauses g for 1h: order ${n}`);

async function closed(socket: ControlSocket): Promise<void> {
  if (socket.kind === "none") throw new Error(socket.trouble);
  await socket.close();
}

describe("hear()", () => {
  test("goes on where it was when the connection has ended and there is another one", async () => {
    await using stage = await ControlStage.start();
    const path = `${stage.path}.2`;
    const first = await stage.open(path);
    const follower = new Follower({ kind: "socket", path });
    order(stage, 1, 2);
    expect(await follower.take(2)).toEqual(words(1, 2));
    await closed(first);
    order(stage, 3);
    expect(await follower.next()).toBe("cut");
    order(stage, 4);
    const second = await stage.open(path);
    order(stage, 5);
    expect(await follower.take(4)).toEqual(["back", ...words(3, 4, 5)]);
    follower.stop();
    expect(await follower.next()).toBe("end");
    await closed(second);
  });

  test("is told of the gap when the daemon was started anew, and hears all that the new one has told", async () => {
    await using stage = await ControlStage.start();
    const path = `${stage.path}.2`;
    const follower = new Follower({ kind: "socket", path });
    const first = await stage.open(path);
    order(stage, 1);
    expect(await follower.take(1)).toEqual(words(1));
    await closed(first);
    stage.daemon.clock.stepWall(1);
    stage.feed = new EventFeed({ clock: stage.daemon.clock, onBug: (error) => stage.bugs.push(error) });
    order(stage, 2);
    const second = await stage.open(path);
    const [cut, back, gap, ...rest] = await follower.take(4);
    expect([cut, back, ...rest]).toEqual(["cut", "back", ...words(2)]);
    expect(gap).toMatch(/^The daemon was started anew after event \d+-\d+: .* is in failoverd history$/);
    follower.stop();
    await closed(second);
  });

  test("goes on where a page of the history ends, without loss or doubling", async () => {
    await using stage = await ControlStage.start();
    order(stage, 1, 2);
    const { json } = await stage.get("history?types=order");
    const { entries, events } = json as HistoryPage;
    order(stage, 3);
    const follower = new Follower({ kind: "socket", path: stage.path }, { after: events });
    expect(await follower.take(1)).toEqual(words(3));
    order(stage, 4);
    expect(await follower.take(1)).toEqual(words(4));
    expect(entries.map(({ text }) => text).toReversed()).toEqual(words(1, 2));
    follower.stop();
  });

  test("ends with what is kept, when nothing further is wanted", async () => {
    await using stage = await ControlStage.start();
    order(stage, 1, 2);
    const follower = new Follower({ kind: "socket", path: stage.path }, { follow: false });
    expect(await follower.take(3)).toEqual([...words(1, 2), "end"]);
  });

  test("ends at once when nobody is there at the first attempt, or the daemon refuses", async () => {
    await using stage = await ControlStage.start();
    const nobody = new Follower({ kind: "socket", path: `${stage.path}.nobody` });
    expect(await nobody.next()).toMatch(/^end: \{"kind":"none","code":"ENOENT"/);
    const stranger = new Follower({ kind: "socket", path: stage.path }, { group: "x" });
    expect(await stranger.next()).toMatch(/^end: \{"kind":"answer","status":404,.*There is no group x/);
  });

  test("stops waiting when it is told to", async () => {
    await using stage = await ControlStage.start();
    const follower = new Follower({ kind: "socket", path: stage.path }, { types: "trust" });
    const next = follower.next();
    follower.stop();
    expect(await next).toBe("end");
  });
});

/** What a server on the way may do, one script for each connection. */
function scripted(scripts: readonly ((socket: Socket) => void)[], requests: string[] = []): Promise<Running> {
  return rawHttpServer((socket, request) => {
    scripts[requests.length]?.(socket);
    requests.push(request);
  });
}

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const frame = (n: number): string =>
  `id: 1-${n}\nevent: order\ndata: {"time":"2026-11-25T00:00:00.000Z","level":"warn","group":null,"text":"event ${n}"}\n\n`;

function urlOf({ port }: Running): Endpoint {
  const tls = { ca: null, identity: null };
  return { kind: "url", url: new URL(`http://127.0.0.1:${port}`), token: null, tls };
}

const lastIds = (requests: readonly string[]): readonly (string | undefined)[] =>
  requests.map((request) => /^last-event-id: (\S+)/im.exec(request)?.[1]);

describe("hear(), whatever is on the way", () => {
  test("goes on after the last whole event when the connection ends in the middle of one", async () => {
    const requests: string[] = [];
    await using server = await scripted(
      [
        (socket) => socket.end(`${head}${frame(1)}${frame(2)}${frame(3).slice(0, 40)}`),
        (socket) => socket.resetAndDestroy(),
        (socket) => socket.end("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n"),
        (socket) => socket.end("HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n"),
        (socket) => socket.write(`${head}${frame(3)}`),
      ],
      requests,
    );
    const follower = new Follower(urlOf(server));
    expect(await follower.take(5)).toEqual(["event 1", "event 2", "cut", "back", "event 3"]);
    expect(lastIds(requests)).toEqual([undefined, "1-2", "1-2", "1-2", "1-2"]);
    follower.stop();
  });

  test("knows by a mark how far it is when there was no event for it", async () => {
    const requests: string[] = [];
    await using server = await scripted(
      [
        (socket) => socket.end(`${head}retry: 2000\n: at 1-7\nid: 1-7\n\n${frame(8)}: at 1-9\nid: 1-9\n\n`),
        (socket) => socket.end(`${head}: at 1-9\n\n: at 1-11\n\n`),
        (socket) => socket.write(`${head}${frame(12)}`),
      ],
      requests,
    );
    const follower = new Follower(urlOf(server));
    expect(await follower.take(5)).toEqual(["event 8", "cut", "back", "cut", "back"]);
    expect(await follower.next()).toBe("event 12");
    expect(lastIds(requests)).toEqual([undefined, "1-9", "1-11"]);
    follower.stop();
  });

  test.each([
    ["is not let in any more", "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}", /"status":401/],
    ["hears another program", `${head}id: 2-1\ndata: hello\n\n`, /"status":200/],
    ["hears no JSON", `${head}id: 2-1\nevent: order\ndata: {"time":\n\n`, /"status":200/],
  ])("ends when it %s", async (_, answer, end) => {
    await using server = await scripted([
      (socket) => socket.end(`${head}${frame(1)}`),
      (socket) => socket.end(answer),
    ]);
    const follower = new Follower(urlOf(server));
    const [first, cut, ...rest] = await follower.take(answer.startsWith(head) ? 4 : 3);
    expect([first, cut]).toEqual(["event 1", "cut"]);
    expect(rest.at(-1)).toMatch(end);
  });
});
