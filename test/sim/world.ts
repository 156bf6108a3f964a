/** The world of one seed: members, clouds, people and processes of the daemon, and what goes wrong with them. */
import type { Target } from "../../src/core/target.ts";
import type { GroupConfig } from "../../src/config/config.ts";
import type { DaemonEvent } from "../../src/daemon/events.ts";
import { Checks } from "./checks.ts";
import { SimCloud } from "./cloud.ts";
import { dullMark, textOfEvent } from "./event-text.ts";
import { SimMember, type MonitorNet } from "./members.ts";
import { letPeopleIn } from "./people.ts";
import { SimProcess, type Freeze, type Machine } from "./process.ts";
import type { Random } from "./random.ts";
import type { GroupSetup, Setup } from "./setup.ts";
import type { Stage } from "./stage.ts";
import { SimTruth } from "./truth.ts";
import { startDaemon, type DaemonUnderTest } from "./under-test.ts";

export interface SimGroup {
  readonly config: GroupConfig;
  readonly members: readonly SimMember[];
  readonly truth: SimTruth;
  readonly cloud: SimCloud;
}

interface Running {
  readonly process: SimProcess;
  readonly daemon: DaemonUnderTest;
}

/** A stop takes 9 s at most, and what is left of a probe or a call after that. Milliseconds. */
const stopMaxMs = 15_000;

export class World {
  readonly groups: readonly SimGroup[];
  readonly checks: Checks;
  readonly #setup: Setup;
  readonly #canaries: readonly SimMember[];
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #net: MonitorNet = { state: "ok" };
  readonly #machine: Machine;
  #running: Running | null = null;
  #processes = 0;

  constructor(setup: Setup, stage: Stage, random: Random) {
    const { groups } = setup;
    this.#setup = setup;
    this.#stage = stage;
    this.#random = random.fork("world");
    this.#machine = { monotonicLagMs: -this.#random.int(0, 1_000_000_000), wallSkewMs: 0 };
    this.checks = new Checks(
      stage,
      groups.map(({ config }) => config),
    );
    this.#canaries = setup.selfCheck.canaries.map((target) => {
      const id = { group: "canary", name: target.host };
      return new SimMember(id, stage, this.#net, random.fork(`canary ${target.host}`));
    });
    this.groups = groups.map((setup) => this.#build(setup, random.fork(setup.config.name)));
    this.#spoilProcesses(random);
    this.#spoilNet(random);
    this.#start();
  }

  /** After every event. */
  look(): void {
    if (this.#running !== null && !this.#running.process.alive) this.#restartLater();
    this.checks.look();
  }

  /**
   * Everything works from now on; a process runs, or will soon.
   *
   * @returns the instant at which whoever is frozen goes on.
   */
  calm(): number {
    this.#stage.calm = true;
    this.#net.state = "ok";
    for (const { cloud } of this.groups) cloud.recover();
    for (const canary of this.#canaries) canary.settle("up");
    this.#stage.history.add("all faults end");
    return Math.max(this.#stage.clock.now, this.#running?.process.frozenAt ?? 0);
  }

  #build(setup: GroupSetup, random: Random): SimGroup {
    const { config, capabilities } = setup;
    const stage = this.#stage;
    const members = config.members.map(
      ({ name }) => new SimMember({ group: config.name, name }, stage, this.#net, random.fork(name)),
    );
    const truth = new SimTruth(config.name, setup.holders, (change) => this.checks.truthChanged(change));
    const watcher = this.checks;
    const cloud = new SimCloud({
      stage,
      random: random.fork("cloud"),
      truth,
      members,
      capabilities,
      watcher,
    });
    letPeopleIn({ stage, random: random.fork("people"), truth, members, capabilities });
    const site = random.fork("site-dead");
    stage.every("site-dead", site, () => {
      const ms = site.wide(20_000, 3_600_000);
      for (const member of members)
        member.fallIll("site-dead", "dead", Math.max(1, ms + site.int(-10_000, 10_000)));
    });
    return { config, members, truth, cloud };
  }

  #start(): void {
    const process = new SimProcess(++this.#processes, this.#stage.clock, this.#machine);
    this.#stage.history.add(`p${process.id} starts`);
    this.checks.processStarted(process);
    const targets = new Map<Target, SimMember>(
      this.groups.flatMap(({ config, members }) =>
        config.members.map(({ target }, i) => [target, members[i]!] as const),
      ),
    );
    for (const [i, target] of this.#setup.selfCheck.canaries.entries())
      targets.set(target, this.#canaries[i]!);
    const clouds = new Map(this.groups.map(({ config, cloud }) => [config.name, cloud]));
    const daemon = startDaemon({
      process,
      selfCheck: this.#setup.selfCheck,
      overall: this.#setup.overall,
      random: this.#random.fork(`jitter ${process.id}`),
      groups: this.groups.map(({ config, cloud }) => ({ config, provider: cloud.connect(process) })),
      probe: (target) => targets.get(target)!.probe(target, process),
      emit: (event) => {
        if (!process.alive) return;
        this.#note(event, process);
        this.checks.daemonEvent(event, process, clouds);
      },
    });
    this.#running = { process, daemon };
    daemon.run().then(
      () => this.#ended(process),
      (error: unknown) => {
        if (process.alive) this.checks.fail(`the daemon broke: ${detailOf(error)}`);
        process.kill();
      },
    );
  }

  #note(event: DaemonEvent, process: SimProcess): void {
    const { history } = this.#stage;
    if (event.type === "probe") history.count("probes");
    const line = (): string => `p${process.id} ${textOfEvent(event)}`;
    const mark = dullMark(event);
    if (mark === null) history.add(line());
    else history.addDull(mark, line);
  }

  #ended(process: SimProcess): void {
    if (!process.alive) return;
    this.#stage.history.add(`p${process.id} has ended`);
    process.kill();
  }

  #restartLater(): void {
    const frozenMs = Math.max(0, (this.#running?.process.frozenAt ?? 0) - this.#stage.clock.now);
    this.#running = null;
    const waitMs = this.#random.wide(100, 600_000);
    this.#stage.clock.in(frozenMs + (this.#stage.calm ? 1_000 : waitMs), () => this.#start());
  }

  #spoilProcesses(random: Random): void {
    const stage = this.#stage;
    stage.every("kill", random.fork("kill"), () => {
      if (this.#running === null) return;
      stage.history.fault("kill", `p${this.#running.process.id}`);
      this.#running.process.kill();
    });
    stage.every("stop", random.fork("stop"), () => this.#stop());
    const freezes: readonly (readonly ["process-stopped" | "machine-suspended", Freeze, number])[] = [
      ["process-stopped", "stopped", 600_000],
      ["machine-suspended", "suspended", 7_200_000],
    ];
    for (const [kind, how, maxMs] of freezes) {
      const own = random.fork(kind);
      stage.every(kind, own, () => {
        const ms = own.wide(200, maxMs);
        if (this.#running === null) return;
        stage.history.fault(kind, `p${this.#running.process.id} for ${ms} ms`);
        const { process } = this.#running;
        process.freeze(ms, how);
        // Anything shorter may go unnoticed.
        if (ms >= 10_000) process.deliver(() => this.checks.processThawed(process));
      });
    }
    const wall = random.fork("wall-clock-step");
    stage.every("wall-clock-step", wall, () => {
      this.#machine.wallSkewMs += wall.int(-3_600_000, 3_600_000);
      stage.history.fault("wall-clock-step", `now ${this.#machine.wallSkewMs} ms wrong`);
    });
  }

  /** R15: a stop ends in time, whatever is under way. */
  #stop(): void {
    const running = this.#running;
    if (running === null) return;
    const { process, daemon } = running;
    this.#stage.history.fault("stop", `p${process.id}`);
    process.deliver(() => {
      this.checks.processStopping(process);
      daemon.stop();
    });
    const late = (): void => {
      if (!process.alive) return;
      const waitMs = process.frozenAt + stopMaxMs - this.#stage.clock.now;
      if (waitMs > 0) this.#stage.clock.in(waitMs, late);
      else this.checks.fail(`R15: p${process.id} has not ended ${stopMaxMs} ms after the stop`);
    };
    this.#stage.clock.in(stopMaxMs, late);
  }

  #spoilNet(random: Random): void {
    for (const kind of ["net-inconclusive", "net-isolated"] as const) {
      const own = random.fork(kind);
      this.#stage.every(kind, own, () => {
        const ms = own.wide(5_000, 1_800_000);
        this.#stage.history.fault(kind, `for ${Math.round(ms / 1_000)} s`);
        this.#net.state = kind === "net-isolated" ? "isolated" : "inconclusive";
        this.#stage.clock.in(ms, () => (this.#net.state = "ok"));
      });
    }
  }
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined
    ? (error.stack ?? error.message)
    : `${error.message}: ${detailOf(error.cause)}`;
}
