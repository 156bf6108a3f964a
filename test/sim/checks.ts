/** Watches everything from outside, and says when a rule is broken. */
import { isDeepStrictEqual } from "node:util";
import { stepText } from "../../src/core/address.ts";
import type { Move } from "../../src/core/facts.ts";
import type { DaemonEvent } from "../../src/daemon/events.ts";
import type { GroupSnapshot } from "../../src/daemon/snapshot.ts";
import type { HealthcheckNews } from "../../src/daemon/healthcheck-watch.ts";
import type { RestoredMoves } from "../../src/daemon/moves.ts";
import { calendarWrongs } from "./calendar.ts";
import { noEntry, type CloudWatcher, type SimCloud } from "./cloud.ts";
import { foreignWhy } from "./disk-faults.ts";
import type { Written } from "./config-file.ts";
import type { GroupView } from "./group-view.ts";
import { GroupViews } from "./group-views.ts";
import { stamp } from "./history.ts";
import { approvalWrongs, limitWrongs, overallWrongs, requestWrongs } from "./move-checks.ts";
import type { OrderBook } from "./orders.ts";
import { Past } from "./past.ts";
import type { SimProcess } from "./process.ts";
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

export class Checks implements CloudWatcher {
  readonly violations: string[] = [];
  /** Processes whose present distrust makes them count afresh once it ends. */
  readonly #breakRuns = new WeakSet<SimProcess>();
  readonly #told = new Set<string>();
  readonly #stage: Stage;
  /** R13: timers do not pile up: one for each member, and a few for each group. */
  readonly #timersMax: number;
  readonly #views = new Map<SimProcess, GroupViews>();
  readonly #changes = new Map<string, TruthChange[]>();
  /** Groups whose address is nowhere by a step of ours, and since when. */
  readonly #stranded = new Map<string, number>();
  /** The last instant at which the cloud of a group did not do as it should. */
  readonly #troubledUntil = new Map<string, number>();
  /** Which version the last reading of the process showed when it asked for a step, and in which order its group then moved. */
  readonly #basis = new WeakMap<StepCall, { readonly version: number; readonly order: string }>();
  readonly #past = new Past();
  readonly #orders: OrderBook;
  /** Whose journal a fresh process goes on from. Null: the past is lost. */
  #last: { readonly process: SimProcess; readonly daemon: DaemonUnderTest } | null = null;

  /** @param most all groups and members that the config ever has. */
  constructor(stage: Stage, most: Written, orders: OrderBook) {
    this.#stage = stage;
    this.#orders = orders;
    this.#timersMax = most.groups.reduce((sum, { config }) => sum + config.members.length + 4, 8);
  }

  /** @param written the config that it has read. */
  processStarted(process: SimProcess, written: Written): void {
    for (const before of this.#views.keys()) {
      if (!before.alive && before !== this.#last?.process) this.#views.delete(before);
    }
    this.#views.set(process, new GroupViews(process, written, this.#orders));
    for (const { config } of written.groups) this.troubled(config.name, this.#stage.clock.now);
  }

  /** It takes another config over. */
  reloaded(process: SimProcess, written: Written): void {
    const views = this.#views.get(process);
    if (views?.wanted.some(({ isMoving }) => isMoving) === true)
      this.#stage.history.count("reloads in the middle of a move");
    views?.reload(written);
  }

  /** It has begun to, and made the groups that need not wait. */
  reloadBegun(process: SimProcess): void {
    this.#views.get(process)?.reloadBegun();
  }

  /** What the journal tells a group that begins. R14: that of another group tells nothing. */
  recovered(process: SimProcess, group: string, moves: RestoredMoves): void {
    if (moves.inFlight?.why === foreignWhy) this.fail(`R14: ${group} believes the journal of another group`);
    const created = this.#views.get(process)?.created(group) ?? null;
    this.#view(process, group)?.recovered(moves);
    if (created !== null) this.#createdLater(created, process);
  }

  /** The same group may have been there before: then what it did and what people did to it counts as after a restart. */
  #createdLater(
    { before, after }: { readonly before: GroupView | null; readonly after: GroupView },
    process: SimProcess,
  ): void {
    const { clock, history } = this.#stage;
    history.count("groups begun by a reload");
    this.troubled(after.config.name, clock.now);
    if (this.#last?.process !== process || !this.#last.daemon.journalIsKept) return;
    // All is written by then, and nothing of it lost.
    if (after.takenUp !== null && !this.#past.isOpen(after.identity))
      this.fail(`R14: ${after.config.name} takes up a ${after.takenUp} that has ended`);
    this.#past.handOver(before, after, clock.now);
  }

  /** It has read the journal: with an intact one and nobody else about, hold-downs and hands of others still count. */
  processReady(process: SimProcess, daemon: DaemonUnderTest): void {
    const before = this.#last;
    const alone = [...this.#views.keys()].every((other) => other === process || !other.alive);
    const intact = alone && before?.daemon.journalIsComplete === true && daemon.journalIsComplete;
    this.#stage.history.count(intact ? "starts with a whole journal" : "starts without the whole past");
    if (!intact) this.pastIsLost();
    else {
      for (const to of this.#viewsOf(process))
        this.#past.handOver(this.#view(before.process, to.config.name), to, this.#stage.clock.now);
    }
    this.#past.restarted();
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
        if (!view.books.has(event.member) || process.now() > view.endedAt)
          this.fail(
            `R13: ${event.group}/${event.member} is probed, and the config does not have it any more`,
          );
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
          this.#past.ownChange(view.identity);
        } else {
          if (view.handAt !== null) this.#past.changedByHand(view.identity, this.#stage.clock.now);
        }
        return;
      case "decision":
        if (event.plan.why === "") this.fail(`R11: ${event.group}: a decision without a reason`);
        return;
      case "move-started":
        this.#takeMove(event.move, view);
        return;
      case "move-ended":
        view.moveEnded(event.outcome);
        view.approvedTo = null;
        this.#past.moveEnded(view.identity);
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
        this.#past.noted(view.identity);
        return;
    }
  }

  #takeMove(move: Move, view: GroupView): void {
    const { trigger, to } = move;
    const { clock, history } = this.#stage;
    const all = this.#views.get(view.process)!;
    const isAsked = trigger === "switchover";
    history.count(`move ${trigger}`);
    const wrongs = [
      ...limitWrongs(view, trigger, clock.now),
      ...overallWrongs(view, trigger, all),
      ...(isAsked ? requestWrongs(view, to) : approvalWrongs(view)),
      ...calendarWrongs(move, view, [...all.all]).map((wrong) => `${view.config.name}: ${wrong}`),
    ];
    for (const wrong of wrongs) this.fail(wrong);
    if (isAsked) view.switchingTo = view.asked?.member ?? null;
    view.moveBegan(move);
    view.approvedTo = view.config.policy.mode === "approve" && !isAsked ? to : null;
    this.#past.moveBegan(view.identity, trigger, clock.now);
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
  mayBeAcknowledged(process: SimProcess, group: string): void {
    const view = this.#view(process, group);
    if (view !== null) this.#past.noted(view.identity);
  }

  stepCalled(call: StepCall): void {
    const { process, step, group } = call;
    this.#stage.history.count("steps");
    this.#stage.history.count(`step ${step.kind}`);
    this.#stage.history.add(`${group} p${process.id} call ${call.id}: ${stepText(step)}`);
    const view = this.#view(process, group);
    if (view === null) return this.fail(`${group}: a step of a process that is gone`);
    for (const wrong of wrongsOf(step, view)) this.fail(`${group}: ${stepText(step)}: ${wrong}`);
    this.#basis.set(call, { version: view.reading?.version ?? 0, order: view.config.policy.order });
    view.stepCalled(call);
    this.#past.noted(view.identity);
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
    const { version: basis, order } = this.#basis.get(call) ?? { version: 0, order: null };
    this.#stage.history.count("address taken off");
    this.#stranded.set(group, this.#stage.clock.now);
    if (order === "detach-first") return;
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
      const view = views.get(group);
      // A process that begins in mode shadow never calls anybody, whatever the one before has left.
      if (!process.alive || view?.tookOff !== true || view.config.policy.mode === "shadow") continue;
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

  /** Whether the daemon shows the groups and members of the config that it was given last, in their order. */
  checkShown(shown: readonly GroupSnapshot[], { groups }: Written): void {
    const text = (
      all: readonly { readonly name: string; readonly members: readonly { readonly name: string }[] }[],
    ) =>
      all.map(({ name, members }) => `${name}: ${members.map((member) => member.name).join(" ")}`).join("; ");
    const wanted = text(groups.map(({ config }) => config));
    if (text(shown) !== wanted) this.fail(`the config is not in force: ${text(shown)} instead of ${wanted}`);
  }

  /** By its own hand nobody has the address of one of its groups, so that it may not come to the end of a move. */
  isHeldUp(process: SimProcess): boolean {
    return [...this.#viewsOf(process)].some(({ tookOff, isMoving }) => tookOff && isMoving);
  }

  /**
   * A group has left the config while its address was nowhere by our hand, and its credentials were taken away: it can neither act nor
   * look, tries for ever, and nobody waits for it.
   */
  isLockedOut(process: SimProcess): boolean {
    const isLocked = [...this.#viewsOf(process)].some(
      ({ isWanted, tookOff, isMoving, reading }) =>
        !isWanted && tookOff && isMoving && reading?.is.kind === "unknown" && reading.is.detail === noEntry,
    );
    if (isLocked) this.#stage.history.count("excused: a group that has left is locked out");
    return isLocked;
  }

  #view(process: SimProcess, group: string): GroupView | null {
    return this.#views.get(process)?.get(group) ?? null;
  }

  #viewsOf(process: SimProcess): Iterable<GroupView> {
    return this.#views.get(process)?.all ?? [];
  }
}
