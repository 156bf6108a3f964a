/** Watches everything from outside, and says when a rule is broken. */
import { isDeepStrictEqual } from "node:util";
import { stepText } from "../../src/core/address.ts";
import type { DaemonEvent } from "../../src/daemon/events.ts";
import type { HealthcheckNews } from "../../src/daemon/healthcheck-watch.ts";
import type { OverallPolicy } from "../../src/core/policy.ts";
import type { RestoredMoves } from "../../src/daemon/moves.ts";
import { calendarWrongs } from "./calendar.ts";
import type { CloudWatcher, SimCloud } from "./cloud.ts";
import { foreignWhy } from "./disk-faults.ts";
import { GroupView } from "./group-view.ts";
import { stamp } from "./history.ts";
import type { OrderBook } from "./orders.ts";
import { Past } from "./past.ts";
import type { SimProcess } from "./process.ts";
import type { SimConfig } from "./setup.ts";
import type { Stage } from "./stage.ts";
import { wrongsOf } from "./step-checks.ts";
import type { StepCall, TruthChange } from "./truth.ts";
import type { DaemonUnderTest } from "./under-test.ts";

/** An address that we took off is back somewhere within this much time in which nothing else goes wrong. Milliseconds. */
const strandedMaxMs = 180_000;

/** After a long freeze everything is due at once; that is still less than this. */
const firedMax = 100;

/** How many changes of a group are remembered; a reading never looks further back. */
const changesKept = 500;

/** What the daemon was told from outside. */
export interface Told {
  readonly book: OrderBook;
  readonly overall: OverallPolicy;
  /** The groups that are probed by what is stored with their address. */
  readonly follows: ReadonlySet<string>;
}

/** A request may begin to be carried out within this time. Milliseconds. */
const requestMs = 60_000;

/** An approval is good for a minute. Milliseconds. */
const approvalMs = 60_000;

/** The triggers that move an address off a member that has it. */
const movesOff: ReadonlySet<string> = new Set(["failover", "failback", "brown-out", "next-member"]);

export class Checks implements CloudWatcher {
  readonly violations: string[] = [];
  /** Processes whose present distrust makes them count afresh once it ends. */
  readonly #breakRuns = new WeakSet<SimProcess>();
  readonly #told = new Set<string>();
  readonly #stage: Stage;
  readonly #configs: readonly SimConfig[];
  /** R13: timers do not pile up: one for each member, and a few for each group. */
  readonly #timersMax: number;
  readonly #views = new Map<SimProcess, ReadonlyMap<string, GroupView>>();
  readonly #changes = new Map<string, TruthChange[]>();
  /** Groups whose address is nowhere by a step of ours, and since when. */
  readonly #stranded = new Map<string, number>();
  /** The last instant at which the cloud of a group did not do as it should. */
  readonly #troubledUntil = new Map<string, number>();
  /** Which version the last reading of the process showed when it asked for a step. */
  readonly #basis = new WeakMap<StepCall, number>();
  readonly #past: Past;
  readonly #orders: OrderBook;
  readonly #overall: OverallPolicy;
  readonly #follows: ReadonlySet<string>;
  /** Whose journal a fresh process goes on from. Null: the past is lost. */
  #last: { readonly process: SimProcess; readonly daemon: DaemonUnderTest } | null = null;

  constructor(stage: Stage, configs: readonly SimConfig[], told: Told) {
    this.#stage = stage;
    this.#configs = configs;
    this.#orders = told.book;
    this.#overall = told.overall;
    this.#follows = told.follows;
    this.#past = new Past(configs.map(({ name }) => name));
    this.#timersMax = configs.reduce((sum, { members }) => sum + members.length + 4, 8);
  }

  processStarted(process: SimProcess): void {
    for (const before of this.#views.keys()) {
      if (!before.alive && before !== this.#last?.process) this.#views.delete(before);
    }
    this.#views.set(
      process,
      new Map(
        this.#configs.map((config) => [
          config.name,
          new GroupView(config, process, { orders: this.#orders, follows: this.#follows.has(config.name) }),
        ]),
      ),
    );
    for (const { name } of this.#configs) this.troubled(name, this.#stage.clock.now);
  }

  /** What the journal tells a fresh process. R14: that of another group tells nothing. */
  recovered(process: SimProcess, group: string, moves: RestoredMoves): void {
    if (moves.inFlight?.why === foreignWhy) this.fail(`R14: ${group} believes the journal of another group`);
    this.#view(process, group)?.recovered(moves);
  }

  /** It has read the journal: with an intact one and nobody else about, hold-downs and hands of others still count. */
  processReady(process: SimProcess, daemon: DaemonUnderTest): void {
    const before = this.#last;
    const alone = [...this.#views.keys()].every((other) => other === process || !other.alive);
    const intact = alone && before?.daemon.journalIsComplete === true && daemon.journalIsComplete;
    this.#stage.history.count(intact ? "starts with a whole journal" : "starts without the whole past");
    if (!intact) this.pastIsLost();
    else {
      for (const from of this.#viewsOf(before.process)) {
        const to = this.#view(process, from.config.name);
        if (to !== null) this.#past.handOver(from, to, this.#stage.clock.now);
      }
    }
    if (before !== null && !before.process.alive) this.#views.delete(before.process);
    this.#last = alone ? { process, daemon } : null;
  }

  /** From now on nobody can be held to what was written until now. */
  pastIsLost(): void {
    this.#past.lose(this.#stage.clock.now);
  }

  /** A person has said yes to the move of this group that waited. */
  approved(process: SimProcess, group: string): void {
    const view = this.#view(process, group);
    if (view !== null) view.approvedAt = process.now();
  }

  /** A person has asked for this member, and the daemon has agreed. */
  switchoverAsked(process: SimProcess, group: string, member: string): void {
    const view = this.#view(process, group);
    if (view !== null) view.asked = { member, at: process.now() };
  }

  processStopping(process: SimProcess): void {
    for (const view of this.#viewsOf(process)) view.stoppedAt = process.now();
  }

  /** R2: what was seen before a long gap is forgotten, and a full first round comes first. */
  processThawed(process: SimProcess): void {
    for (const view of this.#viewsOf(process)) view.forget();
  }

  fail(text: string): void {
    // Trouble of one kind comes in crowds; the first of each says it all.
    const kind = text.replaceAll(/\d+/g, "0");
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    this.violations.push(text);
    this.#stage.history.add(`*** ${text}`);
  }

  daemonEvent(event: DaemonEvent, process: SimProcess, clouds: ReadonlyMap<string, SimCloud>): void {
    // After distrust the daemon counts runs afresh, and so it must be judged.
    if (event.type === "trust") {
      if (event.distrust === null && this.#breakRuns.has(process)) {
        for (const view of this.#viewsOf(process)) view.breakRuns();
      }
      if (event.distrust !== null && event.distrust.forgets !== "nothing") this.#breakRuns.add(process);
      else this.#breakRuns.delete(process);
    }
    if (!("group" in event) || typeof event.group !== "string") return;
    const view = this.#view(process, event.group);
    if (view === null) return;
    switch (event.type) {
      case "probe":
        view.books.get(event.member)?.take(event.result.outcome, process.now());
        return;
      case "reading": {
        const version = clouds.get(event.group)?.versionOf(event.reading) ?? null;
        view.read(event.reading, version, this.#changes.get(event.group) ?? []);
        return;
      }
      case "holders":
        if (event.ours) {
          view.noteOwnChange();
          // From when it was asked for, since a power cut may take everything after that.
          this.#past.ownChange(event.group);
        } else {
          if (view.handAt !== null) this.#past.changedByHand(event.group, this.#stage.clock.now);
        }
        return;
      case "decision":
        if (event.plan.why === "") this.fail(`R11: ${event.group}: a decision without a reason`);
        return;
      case "move-started":
        this.#checkLimits(view, event.move.trigger);
        this.#checkOverall(view, event.move.trigger);
        if (event.move.trigger === "switchover") this.#checkAsked(view, event.move.to);
        else this.#checkApproval(view);
        for (const wrong of calendarWrongs(event.move, view, [...this.#viewsOf(process)]))
          this.fail(`${event.group}: ${wrong}`);
        view.moveBegan(event.move);
        view.approvedTo =
          view.config.policy.mode === "approve" && event.move.trigger !== "switchover" ? event.move.to : null;
        this.#past.moveBegan(event.group, event.move.trigger, this.#stage.clock.now);
        return;
      case "move-ended":
        view.moveEnded(event.outcome);
        view.approvedTo = null;
        this.#past.moveEnded(event.group);
        return;
      case "healthcheck":
        this.#takeHealthcheck(view, clouds.get(event.group), event);
        return;
      case "transition":
      case "step-started":
      case "step-ended":
      case "brown-out":
      case "preflight":
      case "verified":
      case "question":
      case "situation":
        return;
      case "maintenance":
        this.#stage.history.count(`maintenance ${event.maintenance?.mode ?? "over"}`);
        return;
      case "drill": {
        const { phase, home, away, outcome } = event;
        view.drill = phase === "ended" ? null : { phase, home, away };
        this.#stage.history.count(`drill ${outcome ?? phase}`);
        return;
      }
      case "path-probe":
        view.pathProbed(event.result.outcome);
        return;
      case "order":
        if (event.act !== "acknowledge") return;
        view.handAt = null;
        this.#past.noted(event.group);
        return;
    }
  }

  /** R2: whoever is probed otherwise than before is known no more, and the first round begins anew. */
  #takeHealthcheck(view: GroupView, cloud: SimCloud | undefined, { from, to }: HealthcheckNews): void {
    const check = cloud?.storedAs(to) ?? null;
    if (from === to || (check !== null && isDeepStrictEqual(check, cloud?.storedAs(from)))) return;
    if (check === null) this.fail(`${view.config.name}: probed by ${to}, which was never stored`);
    else view.probedBy(check);
    this.#stage.history.count(from === null ? "healthcheck read" : "healthcheck changed");
  }

  /** A process was killed while it took a person's word for it that a change is all right: the next one knows of it, or not. */
  mayBeAcknowledged(group: string): void {
    this.#past.noted(group);
  }

  stepCalled(call: StepCall): void {
    const { process, step, group } = call;
    this.#stage.history.count("steps");
    this.#stage.history.count(`step ${step.kind}`);
    this.#stage.history.add(`${group} p${process.id} call ${call.id}: ${stepText(step)}`);
    const view = this.#view(process, group);
    if (view === null) return this.fail(`${group}: a step of a process that is gone`);
    for (const wrong of wrongsOf(step, view)) this.fail(`${group}: ${stepText(step)}: ${wrong}`);
    this.#basis.set(call, view.reading?.version ?? 0);
    view.stepCalled(call);
    this.#past.noted(group);
  }

  stepEnded(call: StepCall): void {
    const view = this.#view(call.process, call.group);
    if (view !== null && view.executing === call) view.executing = null;
  }

  troubled(group: string, until: number): void {
    this.#troubledUntil.set(group, Math.max(until, this.#troubledUntil.get(group) ?? 0));
  }

  truthChanged(change: TruthChange): void {
    const { group, from, to, author, version } = change;
    const who = author.by === "daemon" ? `call ${author.call.id}${author.late ? ", late" : ""}` : author.by;
    this.#stage.history.add(
      `${group} truth ${version}: ${from.join("+") || "-"} > ${to.join("+") || "-"} (${who})`,
    );
    const changes = this.#changes.get(group) ?? [];
    changes.push(change);
    if (changes.length > 2 * changesKept) changes.splice(0, changesKept);
    this.#changes.set(group, changes);
    if (author.by === "daemon") this.#view(author.call.process, group)?.worked(author.call);
    if (to.length > 0 || author.by !== "daemon") this.#stranded.delete(group);
    else this.#tookLast(change, author.call);
  }

  /** After every event. */
  look(): void {
    for (const process of this.#views.keys()) {
      if (!process.alive) continue;
      if (process.pendingTimers > this.#timersMax) this.fail(`R13: ${process.pendingTimers} timers at once`);
      this.#checkPace(process);
    }
    if (this.#stranded.size === 0) return;
    for (const [group, at] of this.#stranded) this.#checkStranded(group, at);
  }

  /**
   * R3: with attach-first a step of ours never takes the last holder away, unless somebody else changed the holders after
   * the reading that it rests on. Work of our own that the cloud does late is excused and counted: a cloud that hides what
   * it still has to do cannot be guarded against by looking.
   */
  #tookLast(change: TruthChange, call: StepCall): void {
    const { group } = change;
    const policy = this.#configs.find(({ name }) => name === group)?.policy;
    this.#stage.history.count("address taken off");
    this.#stranded.set(group, this.#stage.clock.now);
    if (policy?.order === "detach-first") return;
    const basis = this.#basis.get(call) ?? 0;
    const since = (this.#changes.get(group) ?? []).filter(
      ({ version }) => version > basis && version < change.version,
    );
    const excuse = since.find(({ author }) => author.by !== "daemon" || author.call !== call);
    if (excuse === undefined) this.fail(`${group}: R3: ${stepText(call.step)} left nobody with the address`);
    else {
      const { author } = excuse;
      const own = author.by === "daemon" && author.call.process === call.process;
      const kind = own ? "own step" : author.by === "daemon" ? "another process" : "other hand";
      this.#stage.history.count(`excused: last holder taken after a change by ${kind}`);
    }
  }

  /** R3: with detach-first, whoever took the address off, or knows it from its journal, puts it somewhere again. */
  #checkStranded(group: string, at: number): void {
    for (const [process, views] of this.#views) {
      if (!process.alive || views.get(group)?.tookOff !== true) continue;
      const since = Math.max(at, process.bornAt, process.frozenAt, this.#troubledUntil.get(group) ?? 0);
      if (this.#stage.clock.now - since <= strandedMaxMs) continue;
      this.fail(`${group}: R3: nobody has had the address since ${stamp(at)}, and we took it off`);
      this.#stranded.delete(group);
    }
  }

  /** R13: nobody runs in circles; a busy second has a few probes, readings and steps for each group. */
  #checkPace(process: SimProcess): void {
    if (process.firedMost <= firedMax) return;
    this.fail(`R13: ${process.firedMost} timers fired within a second`);
  }

  /** Hold-down and limit: moves off a member keep their distance from the moves that were seen to work, also across restarts. */
  #checkLimits(view: GroupView, trigger: string): void {
    this.#stage.history.count(`move ${trigger}`);
    if (!movesOff.has(trigger)) return;
    const { holdDownMs, limit } = view.config.policy;
    const agoMs = [
      ...view.inherited.map((at) => this.#stage.clock.now - at),
      ...view.moveTimes.map((at) => view.process.now() - at),
    ];
    const leastMs = Math.min(...agoMs);
    // Another member is tried because the move before has not helped.
    if (leastMs < holdDownMs && trigger !== "next-member")
      this.fail(`${view.config.name}: hold-down: ${trigger} ${leastMs} ms after a move`);
    const recent = agoMs.filter((ms) => ms < limit.windowMs).length;
    if (recent >= limit.moves)
      this.fail(`${view.config.name}: limit: ${recent} moves were allowed, one more began`);
  }

  /** R8: not too many groups together, nor too often. Pools do not count. */
  #checkOverall(view: GroupView, trigger: string): void {
    if (!movesOff.has(trigger)) return;
    const { limit, share } = this.#overall;
    const now = view.process.now();
    const others = [...this.#viewsOf(view.process)].filter((each) => each.config.policy.holders === "one");
    const movesWithin = (each: GroupView, ms: number): number =>
      each.moveTimes.filter((at) => now - at < ms).length;
    const moves = others.reduce((sum, each) => sum + movesWithin(each, limit.windowMs), 0);
    if (moves >= limit.moves) this.fail(`R8: ${moves} moves of all groups were allowed, one more began`);
    const moved = others.filter((each) => each !== view && movesWithin(each, share.windowMs) > 0).length;
    const allowed = Math.max(2, Math.floor(share.ofGroups * this.#configs.length));
    if (moved >= allowed) this.fail(`R8: ${moved} groups have moved, one more began`);
  }

  /** In mode approve nothing begins without a person's yes. */
  #checkApproval({ config, process, approvedAt }: GroupView): void {
    if (config.policy.mode !== "approve" || process.now() - approvedAt <= approvalMs) return;
    this.fail(`R6: ${config.name}: a move began without approval`);
  }

  /** A switchover begins only because a person has just asked for it. */
  #checkAsked(view: GroupView, to: readonly string[]): void {
    const { asked, config, process } = view;
    view.switchingTo = asked?.member ?? null;
    if (asked === null || !to.includes(asked.member))
      this.fail(`R6: ${config.name}: a switchover to ${to.join("+")} that nobody has asked for`);
    else if (process.now() - asked.at > requestMs)
      this.fail(`R6: ${config.name}: a switchover ${process.now() - asked.at} ms after it was asked for`);
  }

  #view(process: SimProcess, group: string): GroupView | null {
    return this.#views.get(process)?.get(group) ?? null;
  }

  #viewsOf(process: SimProcess): Iterable<GroupView> {
    return this.#views.get(process)?.values() ?? [];
  }
}
