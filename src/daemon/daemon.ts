/**
 * The daemon: probes every member on time, keeps the strikes, and runs one reconcile loop a group. It owns no socket and
 * no file; what it tells goes to its listeners.
 */
import type { OverallPolicy } from "../core/policy.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import type { Target } from "../core/target.ts";
import type { SelfObservation, Trust } from "../core/trust.ts";
import type { Clock } from "./clock.ts";
import type { Probed, ProbeEngine } from "./engine/engine.ts";
import { SharedProbes } from "./engine/shared-probes.ts";
import type { DaemonEvent, Listener } from "./events.ts";
import { Group, type BoundGroup, type GroupParts } from "./group.ts";
import type { RestoredMoves } from "./moves.ts";
import { Orders, type OrderStore } from "./orders.ts";
import { Overall } from "./overall.ts";
import { expiryEvent, People } from "./people.ts";
import { Preflight } from "./preflight.ts";
import { SelfCheck } from "./self-check.ts";
import type { Situation } from "./situation.ts";
import type { DaemonSnapshot } from "./snapshot.ts";

/**
 * How long a stop may take, in milliseconds, before what is under way is given up: a service manager's patience of 10 s
 * less the time to flush and exit.
 */
const stopDeadlineMs = 9_000;

/** Holders that began to fail within this time began together. Milliseconds. */
const togetherMs = 30_000;

export interface DaemonParts {
  readonly clock: Clock;
  /** 0 ≤ x < 1; for jitter. */
  readonly random: () => number;
  /** What probes. It is stopped with the daemon. */
  readonly engine: ProbeEngine;
  /** What tells us that our own network works. */
  readonly selfCheck: { readonly canaries: readonly Target[]; readonly need: number };
  /** What the journal knows from before. Null: nothing, or there is none. */
  readonly recover: (group: string) => RestoredMoves | null;
  /** Where the orders of people are kept. */
  readonly orderStore: OrderStore;
  /** What all groups together may do. */
  readonly overall: OverallPolicy;
  /** Where an event goes; a listener must not throw. */
  readonly emit: Listener;
}

/** What a reload may change beside the groups. */
export type DaemonSettings = Pick<DaemonParts, "selfCheck" | "overall">;

export class Daemon {
  readonly #parts: DaemonParts;
  readonly #probes: SharedProbes;
  readonly #startedAt: number;
  readonly #self: SelfCheck;
  readonly #orders: Orders;
  readonly #preflight: Preflight;
  /** The same for all of them. */
  readonly #groupParts: GroupParts;
  /** What people may say to it. */
  readonly people: People;
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  #groups: readonly Group[];
  #byName: ReadonlyMap<string, Group>;
  /** The groups of the config: those that run, and those that wait for the end of one that was let go. */
  #wanted: readonly BoundGroup[];
  /** A group that is wanted waits. */
  #isWaiting = false;
  #overallPolicy: OverallPolicy;
  /** The loops of the groups, also of those that have been let go and finish what they must. */
  readonly #loops = new Map<Group, Promise<void>>();
  #bug: { readonly reason: unknown } | null = null;
  #cancelAbort = (): void => undefined;
  /** What was begun before this has no meaning any more: trust came back then. */
  #forgotAt = -Infinity;

  constructor(groups: readonly BoundGroup[], parts: DaemonParts) {
    this.#parts = parts;
    this.#overallPolicy = parts.overall;
    this.#startedAt = parts.clock.now();
    this.#probes = new SharedProbes(parts.engine);
    this.#orders = new Orders({
      clock: parts.clock,
      store: parts.orderStore,
      onChange: (group) => this.#wakeAfresh(group),
      onExpiry: (expired) => this.#emit(expiryEvent(expired)),
    });
    this.#preflight = new Preflight({
      clock: parts.clock,
      random: parts.random,
      groups: () => this.#groups,
      group: (name) => this.#byName.get(name),
      emit: parts.emit,
    });
    const { clock, random, recover } = parts;
    this.#groupParts = {
      clock,
      random,
      recover,
      emit: (event) => this.#emit(event),
      probes: this.#probes,
      orders: this.#orders,
      overall: (group) => new Overall(group, this.#groups, this.#overallPolicy),
      trust: () => {
        this.#self.look();
        return this.#self.trust;
      },
      meaningOf: (probed) => this.#meaningOf(probed),
    };
    this.#wanted = groups;
    this.#groups = groups.map((group) => this.#create(group));
    this.#byName = byName(this.#groups);
    this.people = new People({
      clock: parts.clock,
      orders: this.#orders,
      groups: () => this.#groups,
      emit: (event) => this.#emit(event),
    });
    this.#self = new SelfCheck({
      clock: parts.clock,
      canaries: parts.selfCheck.canaries,
      need: parts.selfCheck.need,
      probes: this.#probes,
      engine: parts.engine,
      groups: () => this.#failingTogether(),
      onChange: (before, after) => this.#takeTrust(before, after),
      onBehind: (behind) => this.#emit({ type: "behind", overdueMs: behind && behind.overdueMs }),
    });
  }

  /** @returns when it has stopped. @throws on a bug in a reconcile loop: the process should then end and be restarted. */
  async run(): Promise<void> {
    for (const group of this.#groups) this.#start(group);
    this.#self.start();
    const preflight = this.#preflight.run(this.#stop.signal);
    await until(this.#stop.signal);
    // A group that is added while we stop is none: `reload` refuses it.
    await Promise.all(this.#loops.values());
    this.#cancelAbort();
    this.#self.stop();
    await this.#parts.engine.stop();
    await preflight;
    this.#orders.stop();
    if (this.#bug !== null)
      throw new Error("A reconcile loop broke, which is a bug", { cause: this.#bug.reason });
  }

  /** Begins nothing new, finishes the steps under way, and gives up what takes too long. `run()` returns then. */
  stop(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    for (const group of this.#loops.keys()) group.stop();
    this.#cancelAbort = this.#parts.clock.after(stopDeadlineMs, () => this.#abort.abort());
  }

  /**
   * Goes on with another config. A group that is the same at its provider takes it over between two moves, and members that
   * are probed as before keep their health; others are let go, and their address is not touched; new ones begin, on an address
   * that a group before still moves once that one has ended.
   *
   * @returns once nothing is left of the config before.
   */
  async reload(groups: readonly BoundGroup[], { selfCheck, overall }: DaemonSettings): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#overallPolicy = overall;
    this.#self.reload(selfCheck);
    const wanted = new Map(groups.map((bound) => [bound.config.name, bound]));
    const taken: Promise<void>[] = [];
    for (const group of this.#groups) {
      const bound = wanted.get(group.config.name);
      if (bound?.identity === group.identity && !group.isLeaving) taken.push(group.reload(bound));
      else {
        group.letGo();
        taken.push(this.#loops.get(group) ?? Promise.resolve());
      }
    }
    this.#wanted = groups;
    this.#arrange();
    this.#preflight.reload();
    await Promise.all(taken);
  }

  snapshot(): DaemonSnapshot {
    return {
      startedAt: this.#startedAt,
      distrust: this.#self.trust.distrust,
      behind: this.#self.behind,
      targets: this.#probes.size,
      watches: this.#parts.engine.watches,
      paused: this.#orders.pauseOfAll,
      groups: this.#groups.map((group) => ({ ...group.snapshot(), preflight: this.#preflight.of(group) })),
    };
  }

  /** @returns what a group stands on at this moment; null: it has no plan yet; "unknown": there is no such group. */
  situationOf(name: string): Situation | null | "unknown" {
    const group = this.#byName.get(name);
    return group === undefined ? "unknown" : group.reconciler.situation;
  }

  /** Starts the groups that are wanted and do not run. One that somebody is in the way of waits, and that one is shown meanwhile. */
  #arrange(): void {
    const leaving = [...this.#loops.keys()].filter((group) => group.isLeaving && group.isMoving);
    const fresh: Group[] = [];
    const awaited = new Set<Group>();
    const shown = this.#wanted.map((bound) => {
      const known = this.#byName.get(bound.config.name) ?? null;
      if (known?.isLeaving === false) return known;
      const blockers = leaving.filter((group) => isInTheWay(group, bound));
      const [blocker] = blockers;
      if (blocker !== undefined) {
        for (const each of blockers) awaited.add(each);
        return known !== null && blockers.includes(known) ? known : blocker;
      }
      const created = this.#create(bound, known);
      fresh.push(created);
      return created;
    });
    for (const group of leaving) group.giveWay(awaited.has(group));
    this.#isWaiting = awaited.size > 0;
    this.#groups = [...new Set(shown)];
    this.#byName = byName(this.#groups);
    for (const group of fresh) this.#start(group);
  }

  #create(bound: BoundGroup, before: Group | null = null): Group {
    return new Group(bound, this.#groupParts, before);
  }

  #start(group: Group): void {
    if (this.#stop.signal.aborted) group.stop();
    this.#loops.set(group, this.#loop(group));
  }

  async #loop(group: Group): Promise<void> {
    try {
      await group.run({ abort: this.#abort.signal });
    } catch (error) {
      // A bug in one group ends the process, but not before the others have finished their steps.
      this.#bug ??= { reason: error };
      this.stop();
    } finally {
      this.#loops.delete(group);
      if (this.#isWaiting && !this.#stop.signal.aborted) this.#arrange();
    }
  }

  /** What a probe says, now that we have looked at ourselves. */
  #meaningOf({ result, heardAt }: Probed): ProbeResult {
    this.#self.look();
    const begunAt = heardAt - result.durationMs;
    const isTrusted = this.#self.trust.distrust === null && begunAt >= this.#forgotAt;
    return isTrusted ? result : withoutMeaning(result);
  }

  /** What people have ordered has changed: of one group, or of all. */
  #wakeAfresh(group: string | null): void {
    for (const { config, reconciler } of this.#groups) {
      if (group === null || config.name === group) reconciler.decideAfresh();
    }
  }

  #failingTogether(): SelfObservation["groups"] {
    const since = this.#parts.clock.now() - togetherMs;
    let failing = 0;
    for (const group of this.#groups) if (group.beganToFail(since)) failing += 1;
    return { failing, all: this.#groups.length };
  }

  #takeTrust(before: Trust, after: Trust): void {
    this.#emit({ type: "trust", distrust: after.distrust });
    const regained = after.distrust === null ? before.distrust : null;
    for (const group of this.#groups) {
      if (regained === null) group.reconciler.wake();
      else group.forget(regained.forgets);
    }
    if (regained !== null && regained.forgets !== "nothing") this.#forgotAt = this.#parts.clock.now();
  }

  #emit(event: DaemonEvent): void {
    this.#parts.emit(event);
    this.#preflight.take(event);
  }
}

/** Two groups on one address would act over one another. Names of providers may have changed, so they tell nothing. */
function isInTheWay({ config }: Group, bound: BoundGroup): boolean {
  return config.name === bound.config.name || config.address.id === bound.config.address.id;
}

function byName(groups: readonly Group[]): ReadonlyMap<string, Group> {
  return new Map(groups.map((group) => [group.config.name, group]));
}

/** @returns once the signal has aborted. */
function until(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What a probe says while we do not believe ourselves. */
function withoutMeaning(result: ProbeResult): ProbeResult {
  return result.outcome === "inconclusive"
    ? result
    : { ...result, outcome: "inconclusive", cause: "distrusted" };
}
