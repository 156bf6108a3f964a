/** The probe thread as the daemon has it: a real thread, real sockets, and what becomes of it when it dies or hangs. */
import { createServer, type AddressInfo, type Server } from "node:net";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../../src/daemon/clock.ts";
import type { Probed } from "../../../src/daemon/engine/engine.ts";
import { ProbeThread, type ThreadParts } from "../../../src/daemon/engine/probe-thread.ts";
import { noHints } from "../../../src/core/watch-hint.ts";
import { tcpTarget } from "../../unit/daemon/results.ts";

/** Begins a thread as the engine does by default, and puts it into `workers`. */
const beginnerOf =
  (workers: Worker[]): NonNullable<ThreadParts["begin"]> =>
  (settings) => {
    const file = new URL("../../../src/daemon/engine/probe-worker.ts", import.meta.url);
    const worker = new Worker(file, { workerData: settings });
    workers.push(worker);
    return worker;
  };

let server: Server;
let thread: ProbeThread | null = null;

beforeEach(async () => {
  server = createServer((socket) => socket.on("error", () => undefined).resume());
  await once(server.listen(0, "127.0.0.1"), "listening");
});

afterEach(async () => {
  await thread?.stop();
  thread = null;
  await new Promise((done) => server.close(done));
});

function begin(parts: Partial<ThreadParts> = {}): ProbeThread {
  thread = new ProbeThread({
    clock: systemClock,
    settings: { version: "1.2.3" },
    onCrash: (why) => {
      throw new Error(`The thread broke: ${why}`);
    },
    ...parts,
  });
  return thread;
}

const target = () =>
  tcpTarget({ port: (server.address() as AddressInfo).port, intervalMs: 20, timeoutMs: 20_000 });

/** Something that is awaited, and tells what came. */
function awaited<T>(wanted: (value: T) => boolean = () => true) {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { take: (value: T) => void (wanted(value) && resolve(value)), promise };
}

test("there is no thread, and nothing late, before there is a target", async () => {
  const engine = begin({
    begin: () => {
      throw new Error("Nobody has asked for a thread");
    },
  });
  expect(engine.takeLoad()).toEqual({ loopLateMs: 0, overdueMs: 0 });
  await engine.stop();
});

test("probes a target again and again, and tells each result with its lateness", async () => {
  const seen: Probed[] = [];
  const three = awaited<Probed>(() => seen.length === 3);
  const begunAt = systemClock.now();
  const scheduled = begin().add("a", target(), (probed) => {
    seen.push(probed);
    three.take(probed);
  });
  await three.promise;
  scheduled.remove();
  for (const { result, latenessMs, heardAt, isOld } of seen) {
    expect(result).toMatchObject({ outcome: "pass", cause: "ok", address: "127.0.0.1" });
    expect(latenessMs).toBeGreaterThanOrEqual(0);
    expect(heardAt).toBeGreaterThan(begunAt);
    expect(heardAt).toBeLessThanOrEqual(systemClock.now());
    expect(isOld).toBe(false);
  }
});

test("a target that is changed is told of as old until it is probed as the new one", async () => {
  const fresh = awaited<Probed>(({ isOld, result }) => !isOld && result.outcome === "fail");
  const first = awaited<Probed>();
  const scheduled = begin().add("a", target(), (probed) => {
    first.take(probed);
    fresh.take(probed);
  });
  await first.promise;
  scheduled.retarget({ ...target(), host: "127.0.0.2" });
  expect((await fresh.promise).result).toMatchObject({ cause: "refused", address: "127.0.0.2" });
});

test("a strike calls for the fast interval, and hurry() for a probe now", async () => {
  const slow = { ...target(), intervalMs: 3_600_000, fastIntervalMs: 1 };
  let count = 0;
  const [first, more] = [awaited<number>(), awaited<number>((n) => n === 4)];
  const scheduled = begin().add("a", slow, () => {
    first.take(++count);
    more.take(count);
  });
  scheduled.hurry();
  await first.promise;
  scheduled.setStriking(true);
  expect(await more.promise).toBe(4);
});

test("a thread that dies is begun anew, with the targets that there are, and the word is told why", async () => {
  const workers: Worker[] = [];
  const crash = awaited<string>();
  const second = awaited<boolean>((is) => is);
  const first = awaited<boolean>();
  const engine = begin({
    onCrash: crash.take,
    begin: beginnerOf(workers),
  });
  engine.add("gone", target(), () => undefined).remove();
  engine.add("a", target(), () => {
    first.take(true);
    second.take(workers.length === 2);
  });
  await first.promise;
  await workers[0]!.terminate();
  expect(await crash.promise).toBe("it ended with code 1");
  await second.promise;
});

test("an error in the thread is told in its own words", async () => {
  const crash = awaited<string>();
  const engine = begin({
    onCrash: crash.take,
    begin: () => new Worker(`throw new Error("out of everything")`, { eval: true }),
  });
  engine.add("a", target(), () => undefined);
  expect(await crash.promise).toBe("out of everything");
});

test("a thread that hangs is given up, and one that stops late is ended", async () => {
  const crash = awaited<string>();
  const hang = `require("node:worker_threads").parentPort.on("message", () => undefined)`;
  let skipMs = 0;
  const clock = { ...systemClock, now: () => performance.now() + skipMs };
  const engine = begin({
    // Its next look comes at once, eleven seconds later by this clock, and on time.
    clock: {
      ...clock,
      after: (delayMs, fn) => {
        const timer = setImmediate(() => {
          skipMs += delayMs;
          fn();
        });
        return () => clearImmediate(timer);
      },
    },
    onCrash: crash.take,
    begin: () => new Worker(hang, { eval: true }),
  });
  engine.add("a", target(), () => undefined);
  expect(await crash.promise).toMatch(/^it said nothing for 1\d s$/);
  await engine.stop();
});

test("a watched target has an idle connection from the thread, which goes with the thread and comes back with the next", async () => {
  const workers: Worker[] = [];
  const crash = awaited<string>();
  const opened: (() => void)[] = [];
  const ended: (() => void)[] = [];
  server.on("connection", (socket) => {
    for (const told of opened) told();
    socket.on("close", () => {
      for (const told of ended) told();
    });
  });
  const counted = (engine: ProbeThread, open: number) =>
    new Promise<void>((resolve) => opened.push(() => engine.watches.open === open && resolve()));
  const engine = begin({
    onCrash: crash.take,
    begin: beginnerOf(workers),
  });
  const scheduled = engine.add("a", { ...target(), watch: true }, () => undefined);
  // The probes go on, so there is always a connection at which it is looked.
  await counted(engine, 1);
  expect(engine.watches).toEqual({ watched: 1, open: 1, hints: noHints });
  await workers[0]!.terminate();
  await crash.promise;
  expect(engine.watches).toEqual({ watched: 1, open: 0, hints: noHints });
  await counted(engine, 1);
  scheduled.retarget({ ...target(), watch: false });
  await counted(engine, 0);
  expect(engine.watches.watched).toBe(0);
  await engine.stop();
  const left = (): Promise<number> =>
    new Promise((resolve, reject) =>
      server.getConnections((error, n) => (error ? reject(error) : resolve(n))),
    );
  while ((await left()) > 0) await new Promise<void>((resolve) => ended.push(resolve));
});

test("stop() gives up what is under way, and nothing is told after it", async () => {
  server.close();
  const told: Probed[] = [];
  const engine = begin();
  engine.add("a", tcpTarget({ host: "127.0.0.1", intervalMs: 20 }), (probed) => told.push(probed));
  await engine.stop();
  const count = told.length;
  await new Promise(setImmediate);
  expect(told).toHaveLength(count);
  thread = null;
});
