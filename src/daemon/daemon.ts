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
import type { BoundGroup } from "./group.ts";
import { Groups } from "./groups.ts";
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
  /** A group begins: what the journal knows of it from before, see `Journal.recover`. Null: nothing, or there is none. */
  readonly recover: (group: string, identity: string) => RestoredMoves | null;
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
  /** What people may say to it. */
  readonly people: People;
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  readonly #groups: Groups;
  #overallPolicy: OverallPolicy;
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
      groups: () => this.#groups.all,
      group: (name) => this.#groups.get(name),
      emit: parts.emit,
    });
    const { clock, random, recover } = parts;
    this.#groups = new Groups(groups, {
      each: {
        clock,
        random,
        recover,
        emit: (event) => this.#emit(event),
        probes: this.#probes,
        orders: this.#orders,
        overall: (group) => new Overall(group, this.#groups.all, this.#overallPolicy),
        trust: () => {
          this.#self.look();
          return this.#self.trust;
        },
        meaningOf: (probed) => this.#meaningOf(probed),
      },
      stop: this.#stop.signal,
      abort: this.#abort.signal,
      // A bug in one group ends the process, but not before the others have finished their steps.
      onBug: (reason) => {
        this.#bug ??= { reason };
        this.stop();
      },
    });
    this.people = new People({
      clock: parts.clock,
      orders: this.#orders,
      groups: () => this.#groups.all,
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
    this.#groups.start();
    this.#self.start();
    const preflight = this.#preflight.run(this.#stop.signal);
    await until(this.#stop.signal);
    // A group that is added while we stop is none: `reload` refuses it.
    await this.#groups.ended();
    this.#cancelAbort();
    this.#self.stop();
    await this.#parts.engine.stop();
    await preflight;
    this.#orders.stop();
    if (this.#bug !== null)
      throw new Error("A reconcile loop broke, which is a bug", { cause: this.#bug.reason });
  }

  /** It ends what it must, and then ends. */
  get isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Begins nothing new, finishes the steps under way, and gives up what takes too long. `run()` returns then. */
  stop(): void {
    if (this.isStopping) return;
    this.#stop.abort();
    this.#groups.stop();
    this.#cancelAbort = this.#parts.clock.after(stopDeadlineMs, () => this.#abort.abort());
  }

  /**
   * Goes on with another config. A group that is the same at its provider takes it over between two moves, and members that
   * are probed as before keep their health; others are let go, and their address is not touched; new ones begin, on an address
   * that a group before still moves once that one has ended.
   *
   * @returns once nothing is left of the config before. A daemon that stops takes nothing over any more.
   */
  async reload(groups: readonly BoundGroup[], { selfCheck, overall }: DaemonSettings): Promise<void> {
    if (this.isStopping) return this.#groups.ended();
    this.#overallPolicy = overall;
    this.#self.reload(selfCheck);
    const taken = this.#groups.reload(groups);
    this.#preflight.reload();
    await taken;
  }

  snapshot(): DaemonSnapshot {
    return {
      startedAt: this.#startedAt,
      distrust: this.#self.trust.distrust,
      behind: this.#self.behind,
      targets: this.#probes.size,
      watches: this.#parts.engine.watches,
      paused: this.#orders.pauseOfAll,
      groups: this.#groups.all.map((group) => ({
        ...group.snapshot(),
        preflight: this.#preflight.of(group),
      })),
    };
  }

  /** @returns what a group stands on at this moment; null: it has no plan yet; "unknown": there is no such group. */
  situationOf(name: string): Situation | null | "unknown" {
    const group = this.#groups.get(name);
    return group === undefined ? "unknown" : group.reconciler.situation;
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
    for (const { config, reconciler } of this.#groups.all) {
      if (group === null || config.name === group) reconciler.decideAfresh();
    }
  }

  #failingTogether(): SelfObservation["groups"] {
    const since = this.#parts.clock.now() - togetherMs;
    let failing = 0;
    for (const group of this.#groups.all) if (group.beganToFail(since)) failing += 1;
    return { failing, all: this.#groups.all.length };
  }

  #takeTrust(before: Trust, after: Trust): void {
    this.#emit({ type: "trust", distrust: after.distrust });
    const regained = after.distrust === null ? before.distrust : null;
    for (const group of this.#groups.all) {
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
