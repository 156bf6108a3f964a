/** A target that is not probed any more, or is another one, holds no connection open. */
import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/daemon/clock.ts";
import type { Scheduled } from "../../../src/daemon/engine/engine.ts";
import { ProbeScheduler } from "../../../src/daemon/engine/scheduler.ts";
import { PreparedProbe } from "../../../src/probes/prepared-probe.ts";
import { counting } from "../probes/reuse-world.ts";
import { httpTarget, listening, onRequest, services } from "../probes/world.ts";
import { LiveWatch } from "./live-watch.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

type Act = (scheduled: Scheduled, scheduler: ProbeScheduler) => void;

const acts: readonly (readonly [string, Act])[] = [
  ["is removed", (scheduled) => scheduled.remove()],
  ["is another one", (scheduled) => scheduled.retarget(httpTarget(1, { reuse: true }))],
  ["is of a scheduler that stops", (_, scheduler) => void scheduler.stop()],
];
const moments = ["while it waits", "while it is probed", "when its result is told"] as const;

test.each(acts.flatMap(([title, act]) => moments.map((moment) => [title, moment, act] as const)))(
  "a target that %s %s holds no connection open",
  async (_title, moment, act) => {
    const asked = Promise.withResolvers<Socket>();
    await using server = await listening(
      createServer((socket) => onRequest(socket, () => asked.resolve(socket))),
    );
    const prepared = (target: ReturnType<typeof httpTarget>): PreparedProbe =>
      new PreparedProbe(target, services({ now: () => systemClock.now() }));
    const scheduler = new ProbeScheduler({ clock: systemClock, proberOf: prepared });
    const told = Promise.withResolvers<void>();
    const target = httpTarget(server.port, { reuse: true }, { intervalMs: 30_000 });
    const scheduled = scheduler.add("a", target, () => {
      if (moment === "when its result is told") act(scheduled, scheduler);
      told.resolve();
    });
    scheduled.hurry();

    const socket = await asked.promise;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    if (moment === "while it is probed") act(scheduled, scheduler);
    if (!socket.destroyed) socket.write(ok);
    if (moment === "while it waits") {
      await told.promise;
      expect(socket.destroyed).toBe(false);
      act(scheduled, scheduler);
    }
    await closed;
    await scheduler.stop();
  },
);

test("probes that a hint calls for are made over fresh connections", async () => {
  await using server = await counting();
  await using live = new LiveWatch();
  const target = httpTarget(server.port, { reuse: true }, { intervalMs: 30_000 });
  // The next one on its grid is not due before the end.
  await live.addOpen(target, "b");
  // The first is kept, the second is the one that is watched.
  server.sockets[1]?.resetAndDestroy();
  await live.ended.next();
  for (const wanted of [
    [0, 2],
    [0, 2, 3],
  ]) {
    await live.clock.advance(100);
    await live.results.next();
    expect(server.served).toEqual(wanted);
  }
});
