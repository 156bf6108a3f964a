/**
 * The daemon: probes every member on time, keeps the strikes, and runs one reconcile loop a group. It owns no socket and
 * no file; what it tells goes to its listeners.
 */
import type { OverallFacts } from "../core/facts.ts";
import type { OverallPolicy } from "../core/policy.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import { targetUrl, type Target } from "../core/target.ts";
import type { SelfObservation, Trust } from "../core/trust.ts";
import type { GroupConfig, MemberConfig } from "../config/config.ts";
import type { Provider } from "../providers/provider.ts";
import type { Clock } from "./clock.ts";
import type { DaemonEvent, Listener } from "./events.ts";
import { Members } from "./members.ts";
import type { RestoredMoves } from "./moves.ts";
import { Orders, type OrderStore } from "./orders.ts";
import { PathWatch } from "./path-watch.ts";
import { expiryEvent, People } from "./people.ts";
import { SelfCheck } from "./self-check.ts";
import { Reconciler } from "./reconciler.ts";
import { ProbeScheduler } from "./scheduler.ts";
import { groupSnapshot, type DaemonSnapshot } from "./snapshot.ts";

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
  /** One attempt at a target. Never rejects, ends within the target's timeout. */
  readonly probe: (target: Target, signal: AbortSignal) => Promise<ProbeResult>;
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

/** A group and the provider that is bound to its address. */
export interface BoundGroup {
  readonly config: GroupConfig;
  readonly provider: Provider;
}

interface RunningGroup {
  readonly config: GroupConfig;
  readonly members: Members;
  readonly path: PathWatch | null;
  readonly reconciler: Reconciler;
}

export class Daemon {
  readonly #parts: DaemonParts;
  readonly #scheduler: ProbeScheduler;
  readonly #groups: readonly RunningGroup[];
  readonly #startedAt: number;
  readonly #self: SelfCheck;
  readonly #orders: Orders;
  /** What people may say to it. */
  readonly people: People;
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  #cancelAbort = (): void => undefined;

  constructor(groups: readonly BoundGroup[], parts: DaemonParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.#scheduler = new ProbeScheduler(parts.clock);
    this.#orders = new Orders({
      clock: parts.clock,
      store: parts.orderStore,
      onChange: (group) => this.#wakeAfresh(group),
      onExpiry: (expired) => this.#emit(expiryEvent(expired)),
    });
    this.#groups = groups.map((group) => this.#create(group));
    this.people = new People({
      clock: parts.clock,
      orders: this.#orders,
      groups: this.#groups,
      emit: parts.emit,
    });
    this.#self = new SelfCheck({
      clock: parts.clock,
      canaries: parts.selfCheck.canaries,
      need: parts.selfCheck.need,
      probe: (target) => parts.probe(target, this.#stop.signal),
      groups: () => this.#failingTogether(),
      onChange: (before, after) => this.#takeTrust(before, after),
    });
  }

  #create({ config, provider }: BoundGroup): RunningGroup {
    const members = new Members(config.members, this.#startedAt);
    const path = PathWatch.of(config, this.#startedAt);
    const reconciler = new Reconciler({
      ...this.#parts,
      trust: () => {
        this.#self.look();
        return this.#self.trust;
      },
      group: config,
      provider,
      members,
      path,
      recovered: this.#parts.recover(config.name),
      orders: this.#orders,
      overall: () => this.#overall(),
    });
    return { config, members, path, reconciler };
  }

  /** @returns when it has stopped. @throws on a bug in a reconcile loop: the process should then end and be restarted. */
  async run(): Promise<void> {
    for (const group of this.#groups) {
      for (const member of group.config.members) this.#schedule(group, member);
      if (group.path !== null) this.#schedulePath(group, group.path);
    }
    this.#self.start();
    const signals = { stop: this.#stop.signal, abort: this.#abort.signal };
    const loops = this.#groups.map(async (group) => {
      try {
        await group.reconciler.run(signals);
      } catch (error) {
        // A bug in one group ends the process, but not before the others have finished their steps.
        this.stop();
        throw error;
      }
    });
    const ends = await Promise.allSettled(loops);
    this.stop();
    this.#cancelAbort();
    await this.#scheduler.stop();
    await this.#self.stop();
    this.#orders.stop();
    const bug = ends.find((end) => end.status === "rejected");
    if (bug !== undefined) throw new Error("A reconcile loop broke, which is a bug", { cause: bug.reason });
  }

  /** Begins nothing new, finishes the steps under way, and gives up what takes too long. `run()` returns then. */
  stop(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#cancelAbort = this.#parts.clock.after(stopDeadlineMs, () => this.#abort.abort());
  }

  snapshot(): DaemonSnapshot {
    return {
      startedAt: this.#startedAt,
      distrust: this.#self.trust.distrust,
      paused: this.#orders.pauseOfAll,
      groups: this.#groups.map(({ reconciler }) =>
        groupSnapshot(reconciler.facts(), reconciler.plan, reconciler.question),
      ),
    };
  }

  #schedule(group: RunningGroup, member: MemberConfig): void {
    this.#scheduler.add({
      key: `${group.config.name}/${member.name} ${targetUrl(member.target)}`,
      target: member.target,
      run: () => this.#parts.probe(member.target, this.#stop.signal),
      onResult: (result, latenessMs) => this.#take(group, member, result, latenessMs),
    });
  }

  #schedulePath({ config, reconciler }: RunningGroup, path: PathWatch): void {
    const hurry = this.#scheduler.add({
      key: `${config.name} through ${config.path?.host ?? ""}`,
      target: path.pace,
      run: () => this.#parts.probe(path.begin(reconciler.holders), this.#stop.signal),
      onResult: (result) => {
        const seen = this.#meaningOf(result);
        const now = this.#parts.clock.now();
        const { verified, urgent, changed } = path.observe(seen, reconciler.holders, now);
        this.#emit({ type: "path-probe", group: config.name, result: seen });
        if (verified !== null) this.#emit({ type: "verified", group: config.name, ...verified });
        if (changed) reconciler.wake();
        return urgent;
      },
    });
    path.onMove = hurry;
  }

  /** @returns true while a strike counts. */
  #take(group: RunningGroup, member: MemberConfig, probed: ProbeResult, latenessMs: number): boolean {
    const now = this.#parts.clock.now();
    const result = this.#meaningOf(probed);
    const { before, after, strikes, matters, why, brownOut } = group.members.observe(
      member.name,
      result,
      now,
    );
    if (result.outcome === "pass") group.path?.noteAddress(member.name, result.address);
    const ids = { group: group.config.name, member: member.name };
    this.#emit({ type: "probe", ...ids, result, before: before.health, strikes, latenessMs });
    if (brownOut !== null) this.#emit({ type: "brown-out", ...ids, ...brownOut });
    if (after.health !== before.health) {
      this.#emit({ type: "transition", ...ids, from: before.health, to: after.health, why });
      group.reconciler.wakeAndRead();
    } else if (matters) group.reconciler.wake();
    return after.strikes !== null;
  }

  /** What a probe says, now that we have looked at ourselves. */
  #meaningOf(probed: ProbeResult): ProbeResult {
    this.#self.look();
    return this.#self.trust.distrust === null ? probed : withoutMeaning(probed);
  }

  #overall(): OverallFacts {
    const groups = this.#groups;
    return {
      policy: this.#parts.overall,
      groups: groups.length,
      // Asked for only when a move is due: with thousands of groups the list is long.
      get moves() {
        // In a pool the others go on serving, and members come and go more often.
        const single = groups.filter(({ config }) => config.policy.holders === "one");
        return single.flatMap(({ config, reconciler }) =>
          reconciler.moveInstants.map((at) => ({ group: config.name, at })),
        );
      },
    };
  }

  /** What people have ordered has changed: of one group, or of all. */
  #wakeAfresh(group: string | null): void {
    for (const { config, reconciler } of this.#groups) {
      if (group === null || config.name === group) reconciler.decideAfresh();
    }
  }

  #failingTogether(): SelfObservation["groups"] {
    const since = this.#parts.clock.now() - togetherMs;
    const failing = this.#groups.filter(({ reconciler, members }) =>
      members.beganToFail(reconciler.holders, since),
    );
    return { failing: failing.length, all: this.#groups.length };
  }

  #takeTrust(before: Trust, after: Trust): void {
    this.#emit({ type: "trust", distrust: after.distrust });
    const regained = after.distrust === null ? before.distrust : null;
    const now = this.#parts.clock.now();
    for (const { members, path, reconciler } of this.#groups) {
      if (regained === null) {
        reconciler.wake();
        continue;
      }
      members.forget(regained.forgets, now);
      if (regained.forgets !== "nothing") path?.forget(now);
      if (regained.forgets === "all") reconciler.startAfresh();
      else reconciler.wake();
    }
  }

  #emit(event: DaemonEvent): void {
    this.#parts.emit(event);
  }
}

/** What a probe says while we do not believe ourselves. */
function withoutMeaning(result: ProbeResult): ProbeResult {
  return result.outcome === "inconclusive"
    ? result
    : { ...result, outcome: "inconclusive", cause: "distrusted" };
}
