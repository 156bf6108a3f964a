/** Idle connections to real servers, and what becomes of the probes when they are cut. No time passes by itself. */
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import type { Target } from "../../../src/core/target.ts";
import { noHints } from "../../../src/core/watch-hint.ts";
import { hintsPerSecondMax } from "../../../src/daemon/engine/watches.ts";
import { openWatch, type WatchEnd } from "../../../src/probes/watch-connection.ts";
import {
  blackhole,
  closedPort,
  services,
  SHORT_MS,
  tcpServer,
  tcpTarget,
  type Running,
} from "../probes/world.ts";
import { Awaited, doomedServer, LiveWatch } from "./live-watch.ts";

/** A server, and its ends of the connections that are open. */
class Listening implements AsyncDisposable {
  readonly open: Socket[] = [];
  readonly #running: Running;
  #accepted = 0;
  #wake: () => void = () => undefined;

  private constructor(running: Running) {
    this.#running = running;
  }

  static async start(onConnection: (socket: Socket) => void = () => undefined): Promise<Listening> {
    const running = await tcpServer((socket) => {
      listening.#take(socket);
      onConnection(socket);
    });
    const listening = new Listening(running);
    return listening;
  }

  /** Seldom enough that no probe but those of the test falls into it. */
  get target(): Target {
    return tcpTarget(this.#running.port, { intervalMs: 3_600_000 });
  }

  /** @returns once it has accepted so many connections, and so many of them are left. */
  async has(accepted: number, open: number): Promise<void> {
    while (this.#accepted !== accepted || this.open.length !== open)
      await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #take(socket: Socket): void {
    this.#accepted += 1;
    this.open.push(socket);
    socket.on("close", () => {
      this.open.splice(this.open.indexOf(socket), 1);
      this.#wake();
    });
    // Who does not read does not see an end.
    socket.resume();
    this.#wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
  }
}

test("a process that is killed is found dead at once, long before its next probe is due", async () => {
  await using doomed = await doomedServer();
  await using live = new LiveWatch();
  await live.addOpen(tcpTarget(doomed.port));
  const killedAt = live.clock.now();
  await doomed.kill();
  expect(await live.ended.next()).toBe("cut");
  expect(await live.result()).toMatchObject({ outcome: "fail", cause: "refused" });
  expect(live.clock.now()).toBe(killedAt);
  expect(live.scheduler.watches).toEqual({ watched: 1, open: 0, hints: { ...noHints, fail: 1 } });
});

test.each([
  ["closed", (socket: Socket) => socket.end()],
  ["reset", (socket: Socket) => socket.resetAndDestroy()],
] as const)(
  "a connection that a living server has %s costs two probes, and is opened again",
  async (_, cut) => {
    await using server = await Listening.start();
    await using live = new LiveWatch();
    await live.addOpen(server.target);
    for (const pass of [1, 2]) {
      // One for the first probe, one to watch, and with each hint two probes more and another one to watch.
      await server.has(3 * pass - 1, 1);
      for (const socket of server.open) cut(socket);
      expect(await live.ended.next()).toBe("cut");
      expect(await live.result()).toMatchObject({ outcome: "pass" });
      await live.clock.advance(100);
      expect(await live.results.next()).toMatchObject({ outcome: "pass" });
      // The rest before it is longer each time.
      if (pass === 2) await live.clock.advance(4_000);
      await live.open();
      expect(live.scheduler.watches).toEqual({ watched: 1, open: 1, hints: { ...noHints, pass } });
    }
    expect(live.results.waiting).toBe(0);
  },
);

test("a target that greets is left talking, and nothing is ever said to it", async () => {
  const heard: Buffer[] = [];
  const greeted = new Awaited<boolean>();
  await using server = await Listening.start((socket) => {
    socket.on("data", (bytes) => heard.push(Buffer.from(bytes)));
    socket.write("220 mail.example.com ESMTP\r\n".repeat(100), () => greeted.add(true));
  });
  await using live = new LiveWatch();
  await live.addOpen(server.target);
  await greeted.next();
  await server.has(2, 1);
  for (const socket of server.open) socket.end("421 idle too long\r\n");
  expect(await live.ended.next()).toBe("cut");
  expect(heard).toEqual([]);
});

test("a target that floods the connection has it closed, and that is no hint", async () => {
  await using server = await Listening.start((socket) => {
    const flood = (): void => void (socket.destroyed || socket.write(Buffer.alloc(32_768), flood));
    flood();
  });
  await using live = new LiveWatch();
  await live.addOpen(server.target);
  expect(await live.ended.next()).toBe("flooded");
  await server.has(2, 0);
  expect(live.scheduler.watches).toEqual({ watched: 1, open: 0, hints: noHints });
});

test("when everything is reset at once, so many are probed at once as the limit says", async () => {
  await using server = await Listening.start();
  await using live = new LiveWatch();
  const count = hintsPerSecondMax + 20;
  const all = Array.from({ length: count }, (_, i) => live.add(server.target, `target ${i}`));
  for (const each of all) each.hurry();
  await live.clock.advance(0);
  for (const _ of all) await live.results.next();
  await live.clock.advance(2_000);
  for (const _ of all) await live.opened.next();
  await server.has(2 * count, count);
  for (const socket of server.open) socket.resetAndDestroy();
  for (const _ of all) expect(await live.ended.next()).toBe("cut");
  for (const afterMs of [0, 100]) {
    await live.clock.advance(afterMs);
    for (let i = 0; i < hintsPerSecondMax; i++) await live.results.next();
  }
  expect(live.results.waiting).toBe(0);
  expect(live.scheduler.watches.hints).toEqual({ ...noHints, pass: hintsPerSecondMax, limited: 20 });
});

test("a connection leads to where the name leads when it is opened", async () => {
  await using server = await Listening.start();
  const asked: string[] = [];
  await using live = new LiveWatch(async (host) => {
    asked.push(host);
    return { address: "127.0.0.1" };
  });
  await live.addOpen({ ...server.target, host: "web.test" });
  await server.has(2, 1);
  for (const socket of server.open) socket.end();
  await live.ended.next();
  await live.result();
  await live.open();
  // For two probes, of which the second is followed by another, and for each connection.
  expect(asked.length).toBeGreaterThanOrEqual(4);
  expect(new Set(asked)).toEqual(new Set(["web.test"]));
});

test.each(["a port that refuses", "a port that is silent", "a name that leads nowhere"] as const)(
  "%s is no connection, within the target's timeout",
  async (kind) => {
    await using silent = await blackhole();
    const target = {
      "a port that refuses": tcpTarget(await closedPort()),
      "a port that is silent": tcpTarget(silent.port, { timeoutMs: SHORT_MS }),
      "a name that leads nowhere": tcpTarget(80, { host: "nowhere.test" }),
    }[kind];
    const ends = new Awaited<WatchEnd>();
    const resolve = kind === "a name that leads nowhere" ? services().resolve : literal;
    openWatch(target, resolve, {
      onOpen: () => {
        throw new Error("Nobody has accepted it");
      },
      onEnd: (end) => ends.add(end),
    });
    expect(await ends.next()).toBe("unopened");
  },
);

const literal = async (host: string) => ({ address: host });

test("nothing is left when the watch is turned off, the target goes, or the engine stops", async () => {
  await using server = await Listening.start();
  const live = new LiveWatch();
  const scheduled = await live.addOpen(server.target);
  await server.has(2, 1);
  scheduled.retarget({ ...server.target, watch: false });
  await server.has(2, 0);
  scheduled.retarget({ ...server.target, watch: true });
  scheduled.hurry();
  await live.result();
  await live.open();
  await server.has(4, 1);
  scheduled.remove();
  await server.has(4, 0);
  await live.addOpen(server.target, "another");
  await server.has(6, 1);
  await live.scheduler.stop();
  await server.has(6, 0);
  expect([live.clock.pendingTimers, live.ended.waiting]).toEqual([0, 0]);
});
