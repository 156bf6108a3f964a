/**
 * One group while it is watched: its members and their probes, the way through its address, and its reconcile loop. A new
 * config is taken over between two moves; what it does not change goes on as it was.
 */
import type { Capabilities } from "../core/address.ts";
import type { OverallFacts } from "../core/facts.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import type { Standby } from "../core/standby.ts";
import { targetKey } from "../core/target.ts";
import type { Forgets, Trust } from "../core/trust.ts";
import type { GroupConfig } from "../config/config.ts";
import { isSamePath, pathKey, probeKey } from "../config/sameness.ts";
import { isProbed, usesStored, withStored, type ProbedMember } from "../config/stored-healthcheck.ts";
import type { Provider } from "../providers/provider.ts";
import { Agenda } from "./agenda.ts";
import type { Clock } from "./clock.ts";
import type { Probed, Scheduled } from "./engine/engine.ts";
import type { SharedProbes } from "./engine/shared-probes.ts";
import type { DaemonEvent, Listener } from "./events.ts";
import { HealthcheckWatch, type HealthcheckNews, type HealthcheckSnapshot } from "./healthcheck-watch.ts";
import { Members } from "./members.ts";
import type { RestoredMoves } from "./moves.ts";
import type { Orders } from "./orders.ts";
import { PathWatch } from "./path-watch.ts";
import type { StopSignals } from "./reconciler-parts.ts";
import { Reconciler } from "./reconciler.ts";
import { groupSnapshot, type GroupSnapshot } from "./snapshot.ts";

/** So long it tries to put an address somewhere while another group waits for its end: a few attempts. Milliseconds. */
const giveWayMs = 120_000;

/** A group and the provider that is bound to its address. */
export interface BoundGroup {
  readonly config: GroupConfig;
  readonly provider: Provider;
  /** Which address it is at which provider, and which member is which instance or stack there; see `groupIdentity`. */
  readonly identity: string;
}

/** What groups need of the daemon around them. */
export interface GroupParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly probes: SharedProbes;
  readonly orders: Orders;
  /** As the group of this name sees it. */
  readonly overall: (group: string) => OverallFacts;
  readonly recover: (group: string, identity: string) => RestoredMoves | null;
  /** Looks at ourselves at this very moment. */
  readonly trust: () => Trust;
  /** What a probe says, now that we have looked at ourselves. */
  readonly meaningOf: (probed: Probed) => ProbeResult;
  readonly emit: Listener;
}

export class Group {
  readonly reconciler: Reconciler;
  readonly #parts: GroupParts;
  readonly #members: Members;
  readonly #stop = new AbortController();
  readonly #giveUp = new AbortController();
  #cancelGiveUp: (() => void) | null = null;
  #isLeaving = false;
  readonly #probes = new Map<string, Scheduled>();
  /** When a person last wanted a member to be probed now, by probe. */
  #hurriedAt: Map<string, number> | null = null;
  readonly #agenda: Agenda;
  readonly #healthcheck: HealthcheckWatch;
  #bound: BoundGroup;
  /** That of `#bound`, with what is known of the healthcheck that is stored with the address. */
  #config: GroupConfig;
  /** Another stored healthcheck has come, and is not taken over yet. */
  #news: HealthcheckNews | null = null;
  #path: PathWatch | null;
  /** The config that waits for the move under way to end. */
  #waiting: { readonly bound: BoundGroup; readonly done: () => void } | null = null;

  /** @param before the group of the same name that it replaces: members that are probed as before keep their health. */
  constructor(bound: BoundGroup, parts: GroupParts, before: Group | null = null) {
    this.#bound = bound;
    this.#config = bound.config;
    this.#parts = parts;
    this.#healthcheck = new HealthcheckWatch({
      clock: parts.clock,
      bound: () => this.#bound,
      onNews: (news) => this.#takeHealthcheck(news),
    });
    const now = parts.clock.now();
    this.#members = new Members(bound.config.members, now);
    if (before !== null) this.#members.adopt(bound.config.members, now, before.#members);
    this.#path = PathWatch.of(bound.config, now);
    const { config, provider } = bound;
    const { clock, emit } = parts;
    const recovered = parts.recover(config.name, bound.identity);
    const restored = recovered?.drill ?? null;
    this.#agenda = new Agenda({ clock, group: config.name, config: config.calendar, restored, emit });
    this.reconciler = new Reconciler({
      clock,
      random: parts.random,
      trust: parts.trust,
      orders: parts.orders,
      overall: parts.overall,
      agenda: this.#agenda,
      emit: (event) => this.#tell(event),
      group: config,
      provider,
      members: this.#members,
      path: this.#path,
      healthcheck: () => this.#healthcheck.facts,
      recovered,
      onIdle: () => this.#takeOver(),
      onTurn: () => this.#takeProvider(),
    });
  }

  get config(): GroupConfig {
    return this.#config;
  }

  get identity(): string {
    return this.#bound.identity;
  }

  /** Probes, decides and moves. @returns once it has been stopped or let go. @throws on a bug. */
  async run({ abort }: Pick<StopSignals, "abort">): Promise<void> {
    this.#schedule();
    try {
      const giveUp = AbortSignal.any([abort, this.#giveUp.signal]);
      await this.reconciler.run({ stop: this.#stop.signal, giveUp, abort });
    } finally {
      this.giveWay(false);
      this.#healthcheck.stop();
      for (const probe of this.#probes.values()) probe.remove();
      this.#waiting?.done();
    }
  }

  /**
   * Takes a new config over: now, or when the move under way has ended; its provider earlier if the move needs it.
   *
   * @param bound of the same identity.
   * @returns once it has, or has taken over one that came later.
   */
  reload(bound: BoundGroup): Promise<void> {
    const earlier = this.#waiting;
    return new Promise((done) => {
      // Whoever reloaded before closes connections once told, and the move under way still uses them.
      const doneAll = (): void => {
        earlier?.done();
        done();
      };
      this.#waiting = { bound, done: doneAll };
      if (!this.reconciler.isMoving) this.#takeOver();
      else this.reconciler.wake();
    });
  }

  /** It is watched no longer. An address that a move of ours has taken off is put somewhere first; nothing else is touched. */
  letGo(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#agenda.letGo();
    this.stop();
  }

  /** @param isAwaited another group waits for its end: an address that it cannot put anywhere is left to that one after a while. */
  giveWay(isAwaited: boolean): void {
    if (isAwaited) this.#cancelGiveUp ??= this.#parts.clock.after(giveWayMs, () => this.#giveUp.abort());
    else {
      this.#cancelGiveUp?.();
      this.#cancelGiveUp = null;
    }
  }

  /** It has been let go: it comes to its end and takes no config over any more. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** The daemon stops: a step under way is finished, and nothing begins. */
  stop(): void {
    this.#stop.abort();
  }

  /**
   * Probes members now: as often as their interval, and none of which a strike counts, so that consecutive outcomes still take their time.
   *
   * @param member null: all of them.
   * @returns the names of those that are probed now.
   */
  probeNow(member: string | null): readonly string[] {
    const now = this.#parts.clock.now();
    return this.config.members.filter(isProbed).flatMap((each) => {
      const { name, target } = each;
      const key = probeKey(each);
      const soonest = (this.#hurriedAt?.get(key) ?? -Infinity) + target.intervalMs;
      if ((member !== null && name !== member) || now < soonest || this.#members.isStriking(name)) return [];
      this.#hurriedAt ??= new Map();
      this.#hurriedAt.set(key, now);
      this.#probes.get(key)?.hurry();
      return name;
    });
  }

  get provider(): Provider {
    return this.#bound.provider;
  }

  /** A move is under way. */
  get isMoving(): boolean {
    return this.reconciler.isMoving;
  }

  /** Could anybody take the address over? */
  get standby(): Standby {
    return this.reconciler.standby;
  }

  snapshot(): Omit<GroupSnapshot, "preflight"> {
    const { reconciler } = this;
    return {
      ...groupSnapshot(reconciler.facts(), reconciler.decision, reconciler.question),
      agenda: this.#agenda.snapshot(),
      healthcheck: this.healthcheck,
    };
  }

  /** How it stands with the healthcheck that is stored with the address. Null: it is not probed by one. */
  get healthcheck(): HealthcheckSnapshot | null {
    return this.#healthcheck.snapshot();
  }

  /** Its drill is under way. */
  get isDrilling(): boolean {
    return this.#agenda.isDrilling;
  }

  /** One of the members that hold the address, or held it until a move of ours, began to fail after `since`. */
  beganToFail(since: number): boolean {
    // Asked for once a second, and hardly ever does any.
    const failing = this.#members.beganToFail(since);
    if (failing.length === 0) return false;
    // One that was moved off at once has failed all the same.
    const { holders, moves } = this.reconciler;
    const left = moves.leftSince(since);
    return failing.some((name) => holders.includes(name) || left.includes(name));
  }

  /** We believe ourselves again: what was seen before counts only so far. */
  forget(what: Forgets): void {
    const now = this.#parts.clock.now();
    this.#members.forget(what, now);
    // Nothing is known, so what comes counts; and a connection that was cut meanwhile calls for no probe.
    if (what === "all") for (const probe of this.#probes.values()) probe.setStriking(true);
    if (what !== "nothing") this.#path?.forget(now);
    if (what === "all") this.reconciler.startAfresh();
    else this.reconciler.wake();
  }

  /** The config that waits, and the healthcheck that does. Members that are probed otherwise than before start at unknown. */
  #takeOver(): void {
    // A move may wait for the first healthcheck, and yet end under the config that it began with.
    const waiting = this.reconciler.isMoving ? null : this.#waiting;
    const pending = this.#news;
    if (waiting === null && pending === null) return;
    if (waiting !== null) this.#waiting = null;
    this.#news = null;
    const { clock } = this.#parts;
    const before = this.#config;
    if (waiting !== null) {
      this.#bound = waiting.bound;
      this.#healthcheck.reload();
      this.#agenda.reload(waiting.bound.config.calendar);
    }
    const { config: written, provider } = this.#bound;
    // A config that came in between may have a healthcheck of its own.
    const news = usesStored(written) ? pending : null;
    const config = withStored(written, this.#healthcheck.check);
    this.#config = config;
    this.#members.adopt(config.members, clock.now());
    if (!isSamePath(before, config)) this.#path = PathWatch.of(config, clock.now());
    this.#schedule();
    this.reconciler.reload({ group: config, provider, path: this.#path });
    if (news !== null) {
      // Others have changed what is judged by: nothing moves before all members were looked at like this.
      this.reconciler.startAfresh();
      this.#parts.emit({ type: "healthcheck", group: config.name, ...news });
    }
    waiting?.done();
  }

  /**
   * That of the config that waits, when the move does not get on without it: new credentials may be what it needs. What still works
   * is not given up in the middle of a move.
   */
  #takeProvider(): void {
    const provider = this.#waiting?.bound.provider;
    if (provider === undefined || provider === this.provider || !this.reconciler.isStuck) return;
    if (!movesAlike(provider.capabilities, this.provider.capabilities)) return;
    this.#bound = { ...this.#bound, provider };
    this.reconciler.reload({ group: this.#config, provider, path: this.#path });
  }

  #takeHealthcheck(news: HealthcheckNews): void {
    if (news.from === news.to) this.#parts.emit({ type: "healthcheck", group: this.config.name, ...news });
    else {
      this.#news = { ...news, from: this.#news?.from ?? news.from };
      if (!this.#mustWait) this.#takeOver();
    }
    this.reconciler.wake();
  }

  /** A move ends by the healthcheck that it began with. One of a process before this may wait for the first one. */
  get #mustWait(): boolean {
    return this.isMoving && this.config.members.every(isProbed);
  }

  /** Probes that are as before go on with their rhythm; the others end, and new ones begin. */
  #schedule(): void {
    const wanted = new Map<string, () => Scheduled>(
      this.config.members
        .filter(isProbed)
        .map((member) => [probeKey(member), () => this.#scheduleMember(member)]),
    );
    const path = this.#path;
    if (path !== null) wanted.set(pathKey(this.config), () => this.#schedulePath(path));
    for (const [key, probe] of this.#probes) {
      if (wanted.has(key)) continue;
      probe.remove();
      this.#probes.delete(key);
      this.#hurriedAt?.delete(key);
    }
    for (const [key, start] of wanted) if (!this.#probes.has(key)) this.#probes.set(key, start());
  }

  #tell(event: DaemonEvent): void {
    this.#agenda.take(event);
    this.#parts.emit(event);
    // With who holds the address known, the provider is there.
    if (event.type === "reading" && event.reading.kind === "known" && !this.#mustWait)
      this.#healthcheck.look();
  }

  #scheduleMember({ name, target }: ProbedMember): Scheduled {
    return this.#parts.probes.add(targetKey(target), target, (probed) => this.#take(name, probed));
  }

  #schedulePath(path: PathWatch): Scheduled {
    const { name } = this.config;
    const { probes, meaningOf, clock, emit } = this.#parts;
    // Never that of a group of this name before, which ends only after this one has begun.
    const key = `${this.identity} through ${targetKey(path.target([]))}`;
    const scheduled = probes.add(key, path.target(this.reconciler.holders), (probed) => {
      const seen = meaningOf(probed);
      const { holders } = this.reconciler;
      const { verified, urgent, changed } = path.observe({ seen, isOld: probed.isOld }, holders, clock.now());
      emit({ type: "path-probe", group: name, result: seen });
      if (verified !== null) this.#tell({ type: "verified", group: name, ...verified });
      if (changed) this.reconciler.wake();
      return urgent;
    });
    path.onTarget = (target) => scheduled.retarget(target);
    path.onMove = () => scheduled.hurry();
    return scheduled;
  }

  /** @returns true while a strike counts. */
  #take(member: string, probed: Probed): boolean {
    const { clock, meaningOf, emit } = this.#parts;
    const now = clock.now();
    const result = meaningOf(probed);
    const seen = this.#members.observe(member, result, now, probed.heardAt);
    const { before, after, strikes, matters, why, brownOut } = seen;
    if (result.outcome === "pass") this.#path?.noteAddress(member, result.address);
    const ids = { group: this.config.name, member };
    emit({ type: "probe", ...ids, result, before: before.health, strikes, latenessMs: probed.latenessMs });
    if (brownOut !== null) emit({ type: "brown-out", ...ids, ...brownOut });
    if (after.health !== before.health) {
      emit({ type: "transition", ...ids, from: before.health, to: after.health, why });
      this.reconciler.wakeAndRead();
    } else if (matters) this.reconciler.wake();
    return after.strikes !== null;
  }
}

/** @returns true when a move that was planned for the one can go on with the other. */
function movesAlike(a: Capabilities, b: Capabilities): boolean {
  return a.transfer === b.transfer && a.severalHolders === b.severalHolders;
}
