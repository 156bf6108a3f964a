/** One group on a virtual clock: members that answer as told, a fake cloud, and the real daemon between them. */
import { expect } from "vitest";
import type { Cause } from "../../../src/core/cause.ts";
import { fromElasticIp, type CalendarConfig, type GroupConfig } from "../../../src/config/config.ts";
import type { GroupPolicy, OverallPolicy } from "../../../src/core/policy.ts";
import type { Target } from "../../../src/core/target.ts";
import type { Clock } from "../../../src/daemon/clock.ts";
import { Daemon } from "../../../src/daemon/daemon.ts";
import type { BoundGroup } from "../../../src/daemon/group.ts";
import { MemoryJournal } from "../../../src/daemon/journal/memory-journal.ts";
import { restoredMoves } from "../../../src/daemon/journal/restore.ts";
import type { Past } from "../../../src/daemon/history/why.ts";
import { Recorder } from "../../../src/daemon/recorder.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import type { DaemonEvent, Listener } from "../../../src/daemon/events.ts";
import type { Capabilities } from "../../../src/core/address.ts";
import type { OrderStore, StoredOrder } from "../../../src/daemon/orders.ts";
import { noCalendar } from "../config/sample.ts";
import { defaultOverall, defaultPolicy, routes } from "../core/facts-text.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { LaggingEngine, type Lags } from "./lagging-engine.ts";
import { tcpTarget } from "./results.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface StageOptions {
  readonly members?: readonly string[];
  readonly holders?: readonly string[];
  /** With `verify`, the host `path` is probed through the address. */
  readonly policy?: Partial<GroupPolicy>;
  readonly overall?: OverallPolicy;
  readonly calendar?: CalendarConfig;
  readonly target?: Partial<Target>;
  /** What of that is different for single members. */
  readonly targetOf?: Readonly<Record<string, Partial<Target>>>;
  /** Members are probed by what is stored with the address. */
  readonly stored?: true;
  readonly capabilities?: Capabilities;
  /** So many further groups with the same members, each with a cloud of its own. */
  readonly copies?: number;
  /** Names that are probed to see whether our own network works. */
  readonly canaries?: readonly string[];
  /** Runs a second group whose reconcile loop throws this, once it is told to break. */
  readonly besides?: string;
  /** Another daemon with the same config, which this one shares the world with: clock, cloud and members. */
  readonly rivalOf?: DaemonStage;
  /** The rival has a network of its own: what it sees of the members is told to it alone. */
  readonly answersOfItsOwn?: boolean;
}

/** Its capabilities cannot be read any more once it breaks: the kind of bug that no one foresees. */
class BrokenCloud extends FakeCloud {
  #bug: string | null = null;
  readonly #words: string;

  constructor(clock: VirtualClock, words: string) {
    super(clock, ["a"]);
    this.#words = words;
    Object.defineProperty(this, "capabilities", {
      get: () => {
        if (this.#bug !== null) throw new Error(this.#bug);
        return routes;
      },
    });
  }

  break(): void {
    this.#bug = this.#words;
  }
}

/** A process that can be killed: afterwards no timer of it fires and no answer reaches it. */
class Mortal {
  readonly clock: Clock;
  #alive = true;

  constructor(world: Clock) {
    this.clock = {
      now: () => world.now(),
      wallNow: () => world.wallNow(),
      after: (delayMs, fn) => world.after(delayMs, () => this.#alive && fn()),
    };
  }

  kill(): void {
    this.#alive = false;
  }

  provider(cloud: Provider): Provider {
    return {
      get capabilities() {
        return cloud.capabilities;
      },
      callsOfMove: cloud.callsOfMove,
      get callsOfCheck() {
        return cloud.callsOfCheck;
      },
      read: (signal) => this.#whileAlive(cloud.read(signal)),
      execute: (step, signal) => this.#whileAlive(cloud.execute(step, signal)),
      check: (signal) => cloud.check(signal),
      ...(cloud.readHealthcheck === undefined
        ? {}
        : { readHealthcheck: (signal) => this.#whileAlive(cloud.readHealthcheck!(signal)) }),
    };
  }

  #whileAlive<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.#alive && resolve(value),
        (error: unknown) => this.#alive && reject(error),
      );
    });
  }
}

class MemoryOrders implements OrderStore {
  saved: readonly StoredOrder[] = [];
  /** Why nothing can be saved; null: it can. */
  trouble: string | null = null;

  load(): readonly StoredOrder[] {
    return this.saved;
  }

  peek(): readonly StoredOrder[] | null {
    return this.saved;
  }

  save(orders: readonly StoredOrder[]): string | null {
    if (this.trouble === null) this.saved = orders;
    return this.trouble;
  }
}

export class DaemonStage {
  readonly clock: VirtualClock;
  readonly cloud: FakeCloud;
  readonly events: DaemonEvent[] = [];
  /** Told of every event too. */
  readonly listeners: Listener[] = [];
  journal: MemoryJournal;
  /** What was recorded, as the daemon of now tells it. */
  past!: Past;
  readonly #groups: BoundGroup[] = [];
  readonly #canaries: readonly Target[];
  readonly #overall: OverallPolicy;
  /** What outlives the process beside the journal. */
  readonly orderStore: MemoryOrders = new MemoryOrders();
  readonly #copies: FakeCloud[] = [];
  readonly #answers: Map<string, Cause>;
  /** Makes the second group's loop throw. */
  readonly breakBesides: () => void;
  /** Of all processes of this stage, from now on. */
  readonly lags: Lags = { probesTakeMs: 0, readsAfterMs: 0, probeLoopLateMs: null };
  /** What the daemon's run threw. */
  bug: unknown = null;
  daemon: Daemon;
  /** Of the present process. */
  engine!: LaggingEngine;
  #process: Mortal;
  #ended = false;

  constructor(options: StageOptions = {}) {
    const names = options.members ?? ["a", "b"];
    const policy = { ...defaultPolicy, ...options.policy };
    const { rivalOf } = options;
    this.clock = rivalOf?.clock ?? new VirtualClock();
    this.#answers =
      rivalOf === undefined || options.answersOfItsOwn === true ? new Map<string, Cause>() : rivalOf.#answers;
    this.#overall = options.overall ?? defaultOverall;
    this.journal = this.#newJournal();
    this.cloud =
      rivalOf?.cloud ?? new FakeCloud(this.clock, options.holders ?? [names[0]!], options.capabilities);
    const config: GroupConfig = {
      name: "g",
      provider: "p",
      address: { kind: "elastic-ip", id: "198.51.100.7" },
      policy,
      members: names.map((name) => ({
        name,
        identity: name,
        holder: { kind: "instance", id: name },
        target:
          options.stored === true
            ? { mode: fromElasticIp, host: name }
            : tcpTarget({ host: name, ...options.target, ...options.targetOf?.[name] }),
      })),
      calendar: options.calendar ?? noCalendar,
      path: policy.verify === null ? null : { host: "path", port: null, identity: null },
    };
    this.#canaries = (options.canaries ?? []).map((host) =>
      tcpTarget({ host, intervalMs: 3_000, timeoutMs: 1_000 }),
    );
    this.#groups.push({ config, provider: this.cloud, identity: "g" });
    for (let i = 1; i < (options.copies ?? 1); i++) {
      const cloud = new FakeCloud(this.clock, this.cloud.holders, options.capabilities);
      this.#copies.push(cloud);
      this.#groups.push({ config: { ...config, name: `g${i}` }, provider: cloud, identity: `g${i}` });
    }
    const besides = new BrokenCloud(this.clock, options.besides ?? "");
    this.breakBesides = () => besides.break();
    if (options.besides !== undefined) {
      this.#groups.push({ config: { ...config, name: "besides" }, provider: besides, identity: "besides" });
    }
    this.#process = new Mortal(this.clock);
    this.daemon = this.#start();
  }

  /** As `kill -9`: whatever the daemon waits for never comes. What it had asked the cloud for happens all the same. */
  kill(): void {
    this.#process.kill();
  }

  /** Starts the daemon anew, with what the journal has kept or as if it had been deleted. */
  start({ withoutJournal }: { readonly withoutJournal: boolean } = { withoutJournal: false }): void {
    if (withoutJournal) this.journal = this.#newJournal();
    this.#process = new Mortal(this.clock);
    this.daemon = this.#start();
  }

  #newJournal(): MemoryJournal {
    return new MemoryJournal(this.clock);
  }

  #start(): Daemon {
    const mortal = this.#process;
    const recorder = new Recorder({ clock: mortal.clock, journal: this.journal, version: "1" });
    this.past = recorder.past;
    const groups = this.#groups.map((group) => ({ ...group, provider: mortal.provider(group.provider) }));
    this.engine = new LaggingEngine(mortal.clock, (target) => this.#answerOf(target), this.lags);
    const daemon = new Daemon(groups, {
      recover: (group, identity) =>
        restoredMoves(this.journal.recover(group, identity), this.clock.now(), this.clock.wallNow()),
      selfCheck: { canaries: this.#canaries, need: 1 },
      overall: this.#overall,
      orderStore: this.orderStore,
      clock: mortal.clock,
      random: () => 0.5,
      engine: this.engine,
      emit: (event) => {
        recorder.take(event);
        this.events.push(event);
        for (const listener of this.listeners) listener(event);
      },
    });
    recorder.start();
    void this.#run(daemon, recorder);
    return daemon;
  }

  async #run(daemon: Daemon, recorder: Recorder): Promise<void> {
    try {
      await daemon.run();
    } catch (error) {
      this.bug = error;
    }
    recorder.stop();
    this.#ended = true;
  }

  /**
   * Reloads with each group changed so.
   *
   * @param change null: the group leaves the config. It is always given the group of the beginning.
   * @param identity what they are from now on. Default: the same as at the beginning.
   * @param through what is between them and their cloud from now on. Default: nothing.
   */
  reload(
    change: (group: GroupConfig) => GroupConfig | null,
    { identity, through }: { identity?: string; through?: (cloud: Provider) => Provider } = {},
  ): Promise<void> {
    const groups = this.#groups.flatMap((group): readonly BoundGroup[] => {
      const config = change(group.config);
      const provider = this.#process.provider(through?.(group.provider) ?? group.provider);
      return config === null ? [] : [{ ...group, identity: identity ?? group.identity, config, provider }];
    });
    const selfCheck = { canaries: this.#canaries, need: 1 };
    return this.daemon.reload(groups, { selfCheck, overall: this.#overall });
  }

  /** The provider of each group and of its copies. */
  get clouds(): readonly FakeCloud[] {
    return [this.cloud, ...this.#copies];
  }

  get ended(): boolean {
    return this.#ended;
  }

  #answerOf({ host, port }: Target): Cause {
    return this.#answers.get(`${host}:${port}`) ?? this.#answers.get(host) ?? "ok";
  }

  /** From now on every probe of the member, or of its `host:port`, ends with this cause. */
  answer(member: string, cause: Cause): void {
    this.#answers.set(member, cause);
  }

  /** The rule that decides now, e.g. `steady`. */
  get rule(): string | null {
    return this.daemon.snapshot().groups[0]?.rule ?? null;
  }

  /** The steps of all groups. */
  allCalls(): readonly string[] {
    return [this.cloud, ...this.#copies].flatMap(({ calls }) => calls);
  }

  /** The steps that the provider was asked for, without their times. */
  get steps(): readonly string[] {
    return this.cloud.calls.map((call) => call.replace(/^\d+ /, ""));
  }

  texts(type: DaemonEvent["type"]): readonly string[] {
    return this.events.filter((event) => event.type === type).map(textOf);
  }
}

function textOf(event: DaemonEvent): string {
  switch (event.type) {
    case "decision":
      return `${event.plan.kind} ${event.plan.rule}`;
    case "transition":
      return `${event.member} ${event.to}`;
    case "move-ended":
      return `${event.move.trigger} ${event.outcome}`;
    case "holders":
      return `${event.from.join("+")} > ${event.to.join("+")}${event.ours ? "" : " by hand"}`;
    case "trust":
      return event.distrust?.cause ?? "trusted";
    case "behind":
      return event.overdueMs === null ? "keeps up" : "behind";
    case "probe-crash":
      return event.why;
    case "verified":
      return `${event.member}${event.late ? " late" : ""}`;
    case "brown-out":
      return `${event.member} ${event.began ? "begins" : "ends"}`;
    case "preflight":
      return `${event.readiness} ${event.why}`.trim();
    case "order":
      return event.text;
    case "question":
      return event.question.why;
    case "maintenance":
      return event.maintenance?.mode ?? "over";
    case "drill":
      return event.text;
    case "healthcheck":
      return `${event.from ?? "-"} > ${event.to ?? "-"}${event.trouble === null ? "" : ` (${event.trouble})`}`;
    case "situation":
      return event.situation.rule;
    case "probe":
    case "path-probe":
    case "reading":
    case "move-started":
    case "step-started":
    case "step-ended":
    case "request":
    case "traffic":
      return event.type;
  }
}

/** Lets time pass until the provider has been asked for so many steps. */
export async function untilCalls(stage: DaemonStage, count: number): Promise<void> {
  for (let i = 0; i < 900 && stage.cloud.calls.length < count; i++) await stage.clock.advance(100);
  expect(stage.cloud.calls.length).toBeGreaterThanOrEqual(count);
}
