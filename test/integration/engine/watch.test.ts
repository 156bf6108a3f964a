/** Idle connections to real servers, and what becomes of the probes when they are cut. No time passes by itself. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { noHints } from "../../../src/core/watch-hint.ts";
import { hintsPerSecondMax } from "../../../src/daemon/engine/watches.ts";
import { openWatch, type WatchEnd } from "../../../src/probes/watch-connection.ts";
import { blackhole, closedPort, services, SHORT_MS, tcpServer, tcpTarget } from "../probes/world.ts";
import { Awaited, doomedServer, LiveWatch } from "./live-watch.ts";

/** @returns a server, and its ends of the connections that are open, the oldest first. */
async function server(onConnection: (socket: Socket) => void = () => undefined) {
  const sockets: Socket[] = [];
  const running = await tcpServer((socket) => {
    sockets.push(socket);
    socket.on("close", () => sockets.splice(sockets.indexOf(socket), 1));
    // A server that does not read does not see an end.
    socket.resume();
    onConnection(socket);
  });
  const gone = async (): Promise<void> => {
    for (const socket of sockets) await once(socket, "close");
  };
  return { ...running, port: running.port, sockets, gone };
}

/** The server's end of the watch: those of the probes before it are gone, or going. */
const ofWatch = (sockets: readonly Socket[]): Socket => sockets.at(-1)!;

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
  "a connection that a living server has %s costs one probe, and is opened again",
  async (_, cut) => {
    await using running = await server();
    await using live = new LiveWatch();
    await live.addOpen(tcpTarget(running.port));
    for (const pass of [1, 2]) {
      cut(ofWatch(running.sockets));
      expect(await live.ended.next()).toBe("cut");
      expect(await live.result()).toMatchObject({ outcome: "pass" });
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
  await using running = await server((socket) => {
    socket.on("data", (bytes) => heard.push(Buffer.from(bytes)));
    socket.write("220 mail.example.com ESMTP\r\n".repeat(100), () => greeted.add(true));
  });
  await using live = new LiveWatch();
  await live.addOpen(tcpTarget(running.port));
  await greeted.next();
  ofWatch(running.sockets).end("421 idle too long\r\n");
  expect(await live.ended.next()).toBe("cut");
  expect(Buffer.concat(heard).toString()).toBe("");
});

test("a target that floods the connection has it closed, and that is no hint", async () => {
  await using running = await server((socket) => {
    const flood = (): void => void (socket.destroyed || socket.write(Buffer.alloc(32_768), flood));
    flood();
  });
  await using live = new LiveWatch();
  await live.addOpen(tcpTarget(running.port));
  expect(await live.ended.next()).toBe("flooded");
  await running.gone();
  expect(live.scheduler.watches).toEqual({ watched: 1, open: 0, hints: noHints });
});

test("when everything is reset at once, so many are probed at once as the limit says", async () => {
  await using running = await server();
  await using live = new LiveWatch();
  const count = hintsPerSecondMax + 20;
  const all = Array.from({ length: count }, (_, i) => live.add(tcpTarget(running.port), `target ${i}`));
  for (const each of all) each.hurry();
  await live.clock.advance(0);
  for (const _ of all) await live.results.next();
  await live.clock.advance(2_000);
  for (const _ of all) await live.opened.next();
  for (const socket of running.sockets) socket.resetAndDestroy();
  for (const _ of all) expect(await live.ended.next()).toBe("cut");
  await live.clock.advance(0);
  for (let i = 0; i < hintsPerSecondMax; i++) await live.results.next();
  await live.clock.advance(0);
  expect(live.results.waiting).toBe(0);
  expect(live.scheduler.watches.hints).toEqual({ ...noHints, pass: hintsPerSecondMax, limited: 20 });
});

test("a connection leads to where the name leads when it is opened", async () => {
  await using here = await tcpServer((socket) => socket.resume(), "127.0.0.1");
  let address = "127.0.0.1";
  await using live = new LiveWatch(async () => ({ address }));
  const scheduled = await live.addOpen(tcpTarget(here.port, { host: "web.test" }));
  const ends = new Awaited<WatchEnd>();
  address = "127.0.0.2";
  openWatch(tcpTarget(here.port, { host: "web.test" }), async () => ({ address }), {
    onOpen: () => undefined,
    onEnd: (end) => ends.add(end),
  });
  expect(await ends.next()).toBe("unopened");
  scheduled.remove();
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
  await using running = await server();
  const live = new LiveWatch();
  const target = tcpTarget(running.port);
  const scheduled = await live.addOpen(target);
  scheduled.retarget({ ...target, watch: false });
  await running.gone();
  scheduled.retarget({ ...target, watch: true });
  scheduled.hurry();
  await live.result();
  await live.open();
  scheduled.remove();
  await running.gone();
  await live.addOpen(target, "another");
  await live.scheduler.stop();
  await running.gone();
  expect([live.clock.pendingTimers, live.ended.waiting]).toEqual([0, 0]);
});
