/** The world of one seed: members, clouds, people and processes of the daemon, and what goes wrong with them. */
import type { DaemonEvent } from "../../src/daemon/events.ts";
import { Checks } from "./checks.ts";
import { SimCloud } from "./cloud.ts";
import { asWritten, firstFile, identityOf, type Written } from "./config-file.ts";
import { SimDisk } from "./disk.ts";
import { spoilDisk } from "./disk-faults.ts";
import { editKind } from "./edits.ts";
import { dullMark, textOfEvent } from "./event-text.ts";
import { SimMember, type MonitorNet } from "./members.ts";
import { Operators, type Reachable } from "./operators.ts";
import { OrderBook, SimOrderStore } from "./orders.ts";
import { SimPath } from "./path.ts";
import { letPeopleIn } from "./people.ts";
import { wallTime, type Machine, type SimProcess } from "./process.ts";
import { Processes, type Running } from "./processes.ts";
import type { Random } from "./random.ts";
import { Reloads } from "./reloads.ts";
import type { GroupSetup, Setup, SimConfig } from "./setup.ts";
import type { Stage } from "./stage.ts";
import { SimTruth } from "./truth.ts";
import { letWitness } from "./witness.ts";
import { startDaemon, type BoundConfig, type DaemonUnderTest } from "./under-test.ts";

export interface SimGroup {
  readonly config: SimConfig;
  readonly members: readonly SimMember[];
  readonly truth: SimTruth;
  readonly cloud: SimCloud;
  readonly path: SimPath;
}

export class World {
  readonly groups: readonly SimGroup[];
  readonly checks: Checks;
  readonly #setup: Setup;
  #file: Written;
  readonly #reloads: Reloads;
  readonly #canaries: readonly SimMember[];
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #net: MonitorNet = { state: "ok" };
  readonly #processes: Processes;
  readonly disk: SimDisk;
  readonly #book: OrderBook;
  readonly #orderStore: SimOrderStore;
  readonly #operators: Operators;
  readonly #atWrite: Random;
  /** When around the present write the process is killed. */
  #killAt: "before" | "after" | null = null;

  constructor(setup: Setup, stage: Stage, random: Random) {
    const { groups } = setup;
    this.#setup = setup;
    this.#file = firstFile(setup);
    this.#stage = stage;
    this.#random = random.fork("world");
    this.#atWrite = random.fork("kill-at-write");
    this.#book = new OrderBook(stage);
    this.checks = new Checks(stage, this.#file, this.#book);
    this.#canaries = setup.selfCheck.canaries.map((target) => {
      const id = { group: "canary", name: target.host };
      return new SimMember(id, stage, this.#net, random.fork(`canary ${target.host}`));
    });
    this.groups = groups.map((setup) => this.#build(setup, random.fork(setup.config.name)));
    this.#spoilNet(random);
    const machine: Machine = { monotonicLagMs: 0, wallSkewMs: 0 };
    this.disk = new SimDisk(stage, (process, when) => this.#writing(process, when));
    this.#orderStore = new SimOrderStore(this.disk);
    spoilDisk({
      stage,
      random,
      disk: this.disk,
      groups: groups.map(({ config }) => config),
      wallNow: () => wallTime(stage.clock.now, machine),
      onLoss: () => this.checks.pastIsLost(),
    });
    this.#reloads = this.#letFileChange(random.fork("reloads"));
    this.#processes = new Processes({
      stage,
      random: random.fork("processes"),
      file: () => this.#file,
      reload: (running) => this.#reloads.reload(running),
      onStart: () => this.#reloads.started(),
      machine,
      disk: this.disk,
      checks: this.checks,
      book: this.#book,
      launch: (process) => this.#launch(process),
    });
    this.#operators = new Operators({
      stage,
      random: random.fork("operators"),
      groups: groups.map(({ config }) => config),
      book: this.#book,
      reach: () => reachable(this.#processes.service),
      onApproval: (process, group) => this.checks.approved(process, group),
      onUnsureAcknowledgement: (process, group) => this.checks.mayBeAcknowledged(process, group),
      onSwitchover: (process, group, member) => this.checks.switchoverAsked(process, group, member),
    });
    this.#processes.start();
  }

  /** After every event. */
  look(): void {
    this.#processes.look();
    this.#reloads.look();
    if (this.#stage.calm) this.#operators.calm();
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
    for (const { cloud, path } of this.groups) {
      cloud.recover();
      path.recover();
    }
    for (const canary of this.#canaries) canary.settle("up");
    this.#stage.history.add("all faults end");
    this.disk.recover();
    return this.#processes.thawAt;
  }

  /** The groups that the config file has at the end, with what it says of them. */
  get wanted(): readonly SimGroup[] {
    return this.#file.groups.map(({ config }) => {
      const group = this.groups.find((each) => each.config.name === config.name)!;
      return { ...group, config };
    });
  }

  /** At the very end: what was given last is in force. */
  checkConfig(): void {
    if (!this.#reloads.isSettled((process) => this.checks.isLockedOut(process)))
      this.checks.fail("liveness: a reload has not come to its end");
    const daemon = this.#processes.service?.daemon;
    if (this.#stage.enabled(editKind) && daemon?.isStopping === false)
      this.checks.checkShown(daemon.groups(), this.#file);
  }

  #letFileChange(random: Random): Reloads {
    return new Reloads({
      stage: this.#stage,
      random,
      first: this.#setup,
      file: () => this.#file,
      save: (file) => (this.#file = file),
      replaceKeys: (afterMs) => {
        for (const { cloud } of this.groups) cloud.replaceKey(afterMs);
      },
      running: () => this.#processes.running,
      reload: ({ process, daemon }) => {
        if (!daemon.isStopping) this.checks.reloaded(process, this.#file);
        const done = daemon.reload();
        this.checks.reloadBegun(process);
        return done;
      },
      fail: (text) => this.checks.fail(text),
      isHeldUp: (process) => this.checks.isHeldUp(process),
    });
  }

  #build(setup: GroupSetup, random: Random): SimGroup {
    const { config, capabilities, stored } = setup;
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
      stored,
      watcher,
    });
    letPeopleIn({ stage, random: random.fork("people"), truth, members, capabilities });
    const site = random.fork("site-dead");
    stage.every("site-dead", site, () => {
      const ms = site.wide(20_000, 3_600_000);
      for (const member of members)
        member.fallIll("site-dead", "dead", Math.max(1, ms + site.int(-10_000, 10_000)));
    });
    const path = new SimPath({ stage, random: random.fork("path"), net: this.#net, truth, members });
    return { config, members, truth, cloud, path };
  }

  #launch(process: SimProcess): DaemonUnderTest {
    const watchable = new Map(
      this.groups.flatMap(({ config, members }) =>
        config.members.map(({ target }, i) => [target.host, members[i]!] as const),
      ),
    );
    const hosts = new Map<string, { probe: SimMember["probe"] }>(watchable);
    for (const [i, { host }] of this.#setup.selfCheck.canaries.entries()) hosts.set(host, this.#canaries[i]!);
    for (const { config, path } of this.groups) hosts.set(config.path?.host ?? "", path);
    const clouds = new Map(this.groups.map(({ config, cloud }) => [config.name, cloud]));
    const daemon = startDaemon({
      process,
      random: this.#random.fork(`jitter ${process.id}`),
      bind: () => this.#bind(process),
      proberOf: (target) => {
        const probed = hosts.get(target.host)!;
        // One that is given up is answered all the same, in its time: a stop waits for it, as it does for a target that hangs.
        return { start: (onResult) => probed.probe(target, process, onResult), abort: () => undefined };
      },
      openWatch: ({ host }, listener) => {
        const member = watchable.get(host);
        if (member === undefined) throw new Error(`Nobody has asked to watch ${host}`);
        return member.watch(process, listener);
      },
      orderStore: this.#orderStore,
      disk: this.disk.connect(process),
      onJournal: (text) => {
        if (process.alive) this.#stage.history.add(`p${process.id} journal: ${text}`);
      },
      onRecovered: (group, moves) => this.checks.recovered(process, group, moves),
      emit: (event) => {
        if (!process.alive) return;
        this.#operators.hear(event, process);
        this.#reloads.hear(event);
        this.#note(event, process);
        this.#stage.witness?.hears(event, process);
        this.checks.daemonEvent(event, process, clouds);
      },
    });
    letWitness(this.#stage, this.#random.fork(`witness ${process.id}`), { process, daemon });
    return daemon;
  }

  #bind(process: SimProcess): BoundConfig {
    const { groups, selfCheck, overall } = this.#file;
    return {
      selfCheck,
      overall,
      groups: groups.map((group) => {
        const { name, members } = group.config;
        const { cloud } = this.groups.find(({ config }) => config.name === name)!;
        return {
          config: asWritten(group),
          provider: cloud.connect(
            process,
            members.map((member) => member.name),
          ),
          identity: identityOf(group),
        };
      }),
    };
  }

  /** Around each write of the journal. */
  #writing(process: SimProcess, when: "before" | "after"): void {
    this.#stage.onTouch?.(process, `${when} an entry is written`);
    const random = this.#atWrite;
    if (when === "before")
      this.#killAt = this.#stage.strikes("kill-at-write", random) ? random.pick(["before", "after"]) : null;
    if (this.#killAt !== when) return;
    this.#stage.history.fault("kill-at-write", `p${process.id} ${when} it`);
    process.kill();
  }

  #note(event: DaemonEvent, process: SimProcess): void {
    const { history } = this.#stage;
    if (event.type === "probe") history.count("probes");
    const line = (): string => `p${process.id} ${textOfEvent(event)}`;
    const mark = dullMark(event);
    if (mark === null) history.add(line());
    else history.addDull(mark, line);
  }

  #spoilNet(random: Random): void {
    for (const kind of ["net-inconclusive", "net-isolated"] as const) {
      const own = random.fork(kind);
      this.#stage.every(kind, own, () => {
        const ms = own.wide(5_000, 1_800_000);
        this.#stage.history.fault(kind, `for ${Math.round(ms / 1_000)} s`);
        this.#net.state = kind === "net-isolated" ? "isolated" : "inconclusive";
        for (const { members } of this.groups) for (const member of members) member.watches.cut();
        this.#stage.clock.in(ms, () => (this.#net.state = "ok"));
      });
    }
  }
}

function reachable(running: Running | null): Reachable | null {
  if (running === null) return null;
  const { process, daemon } = running;
  return { process, people: daemon.people, groups: () => daemon.groups() };
}
