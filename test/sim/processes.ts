/**
 * The processes of the daemon on the monitor's machine. One is always started again when it has ended; now and then somebody
 * starts a second one beside it.
 */
import type { Checks } from "./checks.ts";
import type { Written } from "./config-file.ts";
import type { SimDisk } from "./disk.ts";
import { SimProcess, type Machine } from "./process.ts";
import type { OrderBook } from "./orders.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";
import type { DaemonUnderTest } from "./under-test.ts";

export interface Running {
  readonly process: SimProcess;
  readonly daemon: DaemonUnderTest;
}

export interface ProcessesParts {
  readonly stage: Stage;
  readonly random: Random;
  readonly machine: Machine;
  readonly disk: SimDisk;
  readonly checks: Checks;
  readonly book: OrderBook;
  /** Puts the daemon together. */
  readonly launch: (process: SimProcess) => DaemonUnderTest;
  /** What the config file says now. */
  readonly file: () => Written;
  readonly reload: (running: Running) => void;
  readonly onStart: () => void;
}

/** A stop takes 9 s at most, and what is left of a probe or a call after that. Milliseconds. */
const stopMaxMs = 15_000;

export class Processes {
  readonly #parts: ProcessesParts;
  #main: Running | null = null;
  #second: Running | null = null;
  /** So long somebody wants the second one to run. */
  #secondUntil = 0;
  /** While the machine sleeps or has no power, nothing is started. */
  #downUntil = 0;
  #count = 0;

  constructor(parts: ProcessesParts) {
    this.#parts = parts;
    this.#spoil();
  }

  /** Starts the one that is always there. */
  start(): void {
    this.#main = this.#launch();
  }

  /** After every event. */
  look(): void {
    if (this.#main !== null && !this.#main.process.alive) {
      const ended = this.#main;
      this.#main = null;
      this.#again(ended, () => this.start());
    }
    if (this.#second !== null && !this.#second.process.alive) {
      const ended = this.#second;
      this.#second = null;
      this.#again(ended, () => this.#startSecond());
    }
  }

  /** The instant at which whoever is frozen or has no power goes on. */
  get thawAt(): number {
    const frozen = this.#all.map(({ process }) => process.frozenAt);
    return Math.max(this.#parts.stage.clock.now, this.#downUntil, ...frozen);
  }

  /** The daemon that people talk to: the one that was started as the service. */
  get service(): Running | null {
    const main = this.#main;
    return main === null || !main.process.alive || main.process.frozen ? null : main;
  }

  get #all(): readonly Running[] {
    return [this.#main, this.#second].filter((running) => running !== null);
  }

  /** The one that is always there first. */
  get running(): readonly Running[] {
    return this.#all.filter(({ process }) => process.alive);
  }

  #launch(): Running {
    const { stage, machine, checks, launch } = this.#parts;
    const process = new SimProcess(++this.#count, stage.clock, machine);
    stage.history.add(`p${process.id} starts`);
    checks.processStarted(process, this.#parts.file());
    this.#parts.book.restarted();
    const daemon = launch(process);
    checks.processReady(process, daemon);
    const running = { process, daemon };
    this.#parts.onStart();
    daemon.run().then(
      () => this.#ended(process),
      (error: unknown) => {
        if (process.alive) checks.fail(`the daemon broke: ${detailOf(error)}`);
        process.kill();
      },
    );
    return running;
  }

  #ended(process: SimProcess): void {
    if (!process.alive) return;
    this.#parts.stage.history.add(`p${process.id} has ended`);
    process.kill();
  }

  #again(ended: Running, start: () => void): void {
    const { stage, random } = this.#parts;
    const waitMs = random.wide(100, 600_000);
    // A process that is killed while it or its machine stands still is not replaced before that is over.
    const earliest = Math.max(stage.clock.now, ended.process.frozenAt, this.#downUntil);
    stage.clock.in(earliest - stage.clock.now + (stage.calm ? 1_000 : waitMs), start);
  }

  #startSecond(): void {
    const { clock } = this.#parts.stage;
    if (this.#second !== null || clock.now >= this.#secondUntil) return;
    if (clock.now < this.#downUntil) {
      clock.in(this.#downUntil - clock.now, () => this.#startSecond());
      return;
    }
    this.#second = this.#launch();
    if (this.#secondUntil < Infinity) clock.in(this.#secondUntil - clock.now, () => this.#endSecond());
  }

  #endSecond(): void {
    this.#second?.process.kill();
    this.#second = null;
  }

  #spoil(): void {
    const { stage, random } = this.#parts;
    stage.every("kill", random.fork("kill"), () => {
      const [running] = this.#all;
      if (running === undefined) return;
      stage.history.fault("kill", `p${running.process.id}`);
      running.process.kill();
    });
    stage.every("stop", random.fork("stop"), () => this.#stop());
    stage.every("reload", random.fork("reload"), () => {
      const running = this.#main;
      if (running === null) return;
      stage.history.fault("reload", `p${running.process.id}`);
      this.#parts.reload(running);
    });
    const stopped = random.fork("process-stopped");
    stage.every("process-stopped", stopped, () =>
      this.#freeze("process-stopped", stopped.wide(200, 600_000)),
    );
    const asleep = random.fork("machine-suspended");
    stage.every("machine-suspended", asleep, () =>
      this.#freeze("machine-suspended", asleep.wide(200, 7_200_000)),
    );
    const power = random.fork("power-loss");
    stage.every("power-loss", power, () => this.#losePower(power.wide(10_000, 1_800_000)));
    const second = random.fork("second-daemon");
    stage.every("second-daemon", second, () => {
      const ms = second.chance(0.3) ? Infinity : second.wide(60_000, 28_800_000);
      if (this.#second !== null || this.#secondUntil > stage.clock.now) return;
      stage.history.fault("second-daemon", ms === Infinity ? "for ever" : `for ${Math.round(ms / 1_000)} s`);
      this.#secondUntil = stage.clock.now + ms;
      this.#startSecond();
    });
    const wall = random.fork("wall-clock-step");
    stage.every("wall-clock-step", wall, () => {
      const { machine, checks, book } = this.#parts;
      const stepMs = wall.int(-3_600_000, 3_600_000);
      machine.wallSkewMs += stepMs;
      book.clocksDiffer(Math.abs(stepMs));
      stage.history.fault("wall-clock-step", `now ${machine.wallSkewMs} ms wrong`);
      checks.pastIsLost();
    });
  }

  #losePower(downMs: number): void {
    const { stage, disk } = this.#parts;
    stage.history.fault("power-loss", `for ${Math.round(downMs / 1_000)} s`);
    this.#downUntil = Math.max(this.#downUntil, stage.clock.now + downMs);
    for (const { process } of this.#all) process.kill();
    disk.losePower();
  }

  /** A machine sleeps with all that runs on it; a process that is stopped has the others go on. */
  #freeze(kind: "process-stopped" | "machine-suspended", ms: number): void {
    const { stage, machine, checks } = this.#parts;
    const all = kind === "machine-suspended" ? this.#all : this.#all.slice(0, 1);
    if (all.length === 0 || this.#all.some(({ process }) => process.frozen)) return;
    stage.history.fault(kind, `${all.map(({ process }) => `p${process.id}`).join(" ")} for ${ms} ms`);
    if (kind === "machine-suspended") {
      machine.monotonicLagMs += ms;
      this.#parts.book.clocksDiffer(ms);
      this.#downUntil = Math.max(this.#downUntil, stage.clock.now + ms);
    }
    for (const { process } of all) {
      process.freeze(ms);
      // Anything shorter may go unnoticed.
      if (ms >= 10_000) process.deliver(() => checks.processThawed(process));
    }
  }

  /** R15: a stop ends in time, whatever is under way. */
  #stop(): void {
    const running = this.#main;
    if (running === null) return;
    const { process, daemon } = running;
    const { stage, checks } = this.#parts;
    stage.history.fault("stop", `p${process.id}`);
    process.deliver(() => {
      checks.processStopping(process);
      daemon.stop();
    });
    const late = (): void => {
      if (!process.alive) return;
      const waitMs = process.frozenAt + stopMaxMs - stage.clock.now;
      if (waitMs > 0) stage.clock.in(waitMs, late);
      else checks.fail(`R15: p${process.id} has not ended ${stopMaxMs} ms after the stop`);
    };
    stage.clock.in(stopMaxMs, late);
  }
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined
    ? (error.stack ?? error.message)
    : `${error.message}: ${detailOf(error.cause)}`;
}
