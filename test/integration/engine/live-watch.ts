/** Watched targets with real probes and real idle connections, on a clock that only goes on when it is told to. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import type { Target } from "../../../src/core/target.ts";
import type { Scheduled } from "../../../src/daemon/engine/engine.ts";
import { ProbeScheduler } from "../../../src/daemon/engine/scheduler.ts";
import { PreparedProbe } from "../../../src/probes/prepared-probe.ts";
import type { Resolve } from "../../../src/probes/resolve.ts";
import { openWatch, type WatchEnd } from "../../../src/probes/watch-connection.ts";
import { VirtualClock } from "../../unit/daemon/virtual-clock.ts";
import { services } from "../probes/world.ts";

/** What comes again and again, and is awaited one by one. */
export class Awaited<T> {
  readonly #came: T[] = [];
  #wake: () => void = () => undefined;

  add(value: T): void {
    this.#came.push(value);
    this.#wake();
  }

  async next(): Promise<T> {
    for (;;) {
      const [value] = this.#came.splice(0, 1);
      if (value !== undefined) return value;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  get waiting(): number {
    return this.#came.length;
  }
}

export class LiveWatch implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock();
  readonly opened: Awaited<string> = new Awaited<string>();
  readonly ended: Awaited<WatchEnd> = new Awaited<WatchEnd>();
  readonly results: Awaited<ProbeResult> = new Awaited<ProbeResult>();
  readonly scheduler: ProbeScheduler;

  constructor(resolve: Resolve = services().resolve) {
    const live = { ...services(), resolve };
    this.scheduler = new ProbeScheduler({
      clock: this.clock,
      proberOf: (target) => new PreparedProbe(target, live),
      openWatch: (target, listener) =>
        openWatch(target, resolve, {
          onOpen: () => {
            listener.onOpen();
            this.opened.add(target.host);
          },
          onEnd: (end) => {
            listener.onEnd(end);
            this.ended.add(end);
          },
        }),
    });
  }

  add(target: Target, key = "a"): Scheduled {
    const scheduled = this.scheduler.add(key, { ...target, watch: true }, ({ result }) => {
      scheduled.setStriking(result.outcome === "fail");
      this.results.add(result);
    });
    return scheduled;
  }

  /** @returns once it was probed and its connection is open. */
  async addOpen(target: Target, key?: string): Promise<Scheduled> {
    const scheduled = this.add(target, key);
    scheduled.hurry();
    await this.result();
    await this.open();
    return scheduled;
  }

  /** @returns what the probe says that is due at this instant. */
  async result(): Promise<ProbeResult> {
    await this.clock.advance(0);
    return await this.results.next();
  }

  /** @returns once another connection is open; the rest before it is over at once. */
  async open(): Promise<string> {
    await this.clock.advance(4_000);
    return await this.opened.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scheduler.stop();
  }
}

/** @returns a server in a process of its own that takes connections and says nothing, and what kills it. */
export async function doomedServer(): Promise<{
  readonly port: number;
  /** @returns once nothing is left of it. */
  kill(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const script = `
    const server = require("node:net").createServer((socket) => socket.on("error", () => undefined).resume());
    server.listen(0, "127.0.0.1", () => process.stdout.write(String(server.address().port)));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const [text]: unknown[] = await once(child.stdout, "data");
  return {
    port: Number(String(text)),
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
