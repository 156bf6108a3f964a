/** Watched targets on a virtual clock: what answers probes and what keeps the idle connections is the world, the rest is real. */
import { phaseOf } from "../../../../src/core/schedule.ts";
import type { ProbeResult } from "../../../../src/core/probe-result.ts";
import type { Target } from "../../../../src/core/target.ts";
import { sleep } from "../../../../src/daemon/clock.ts";
import type { Scheduled } from "../../../../src/daemon/engine/engine.ts";
import { ProbeScheduler } from "../../../../src/daemon/engine/scheduler.ts";
import type { WatchEnd, WatchListener } from "../../../../src/probes/watch-connection.ts";
import { promisedProber } from "./promised-prober.ts";
import { passed, tcpTarget } from "../results.ts";
import { VirtualClock } from "../virtual-clock.ts";

/** The target's end of an idle connection. */
export interface Idle {
  readonly host: string;
  /** When it was asked for. */
  readonly at: number;
  /** We have given it up, or it has ended. */
  isClosed: boolean;
  end(end: WatchEnd): void;
}

export class WatchedWorld {
  readonly clock: VirtualClock = new VirtualClock();
  readonly scheduler: ProbeScheduler;
  /** All that there were, in order. */
  readonly connections: Idle[] = [];
  readonly starts: number[] = [];
  /** What every target says, from the start of a probe on. */
  answer: () => ProbeResult = passed;
  /** How long it takes to say it. Milliseconds. */
  tookMs = 0;
  /** Connections are accepted. */
  accepts = true;

  constructor() {
    const proberOf = promisedProber(async (_, signal) => {
      this.starts.push(this.clock.now());
      const said = this.answer();
      await sleep(this.clock, this.tookMs, signal);
      return said;
    });
    this.scheduler = new ProbeScheduler({
      clock: this.clock,
      proberOf,
      openWatch: (target, listener) => this.#connect(target, listener),
    });
  }

  /** @param strikes a strike counts after this result. */
  add(
    changes: Partial<Target> = {},
    strikes: (result: ProbeResult) => boolean = ({ outcome }) => outcome === "fail",
  ): Scheduled {
    const target = tcpTarget({ watch: true, ...changes });
    const scheduled = this.scheduler.add(target.host, target, ({ result }) =>
      scheduled.setStriking(strikes(result)),
    );
    return scheduled;
  }

  /** A target whose first probe has passed and whose connection is open. */
  async addOpen(changes: Partial<Target> = {}): Promise<Scheduled> {
    const { host, intervalMs } = tcpTarget(changes);
    const scheduled = this.add(changes);
    await this.clock.advance(
      phaseOf(host, intervalMs) - (this.clock.now() % intervalMs) + intervalMs + 3_000,
    );
    this.starts.length = 0;
    return scheduled;
  }

  /** The last connection. */
  get last(): Idle {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error("There was no connection yet");
    return last;
  }

  /** Connections that are held now. */
  get held(): number {
    return this.connections.filter(({ isClosed }) => !isClosed).length;
  }

  #connect({ host }: Target, listener: WatchListener): { close: () => void } {
    const idle: Idle = {
      host,
      at: this.clock.now(),
      isClosed: false,
      end: (end) => {
        if (idle.isClosed) throw new Error("Nothing may be told of a connection that has ended");
        idle.isClosed = true;
        listener.onEnd(end);
      },
    };
    this.connections.push(idle);
    this.clock.after(0, () => {
      if (idle.isClosed) return;
      if (this.accepts) listener.onOpen();
      else idle.end("unopened");
    });
    return { close: () => void (idle.isClosed = true) };
  }
}
