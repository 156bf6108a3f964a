/**
 * The loop of one group: read the truth, plan, take one step, and again. It is level-triggered: an event only wakes it
 * up, and what it then does follows from all facts; without an event it wakes by itself. One loop a group, so that no
 * two moves of a group can ever run at once.
 */
import { errorText } from "../core/error-text.ts";
import type { Effect, Reading } from "../core/address.ts";
import { asksSomebody, questionMs, type Answer } from "../core/approval.ts";
import type { GroupFacts, Move } from "../core/facts.ts";
import { isHolderless, presentHolders } from "../core/holders.ts";
import { moveOutcome, type HolderChange, type MoveOutcome } from "../core/move.ts";
import { plan, type Act, type Plan } from "../core/plan.ts";
import { requestMs, type MoveRequest } from "../core/switchover.ts";
import { standbyOf, type Standby } from "../core/standby.ts";
import { Approvals, type Question } from "./approvals.ts";
import { Decisions } from "./decisions.ts";
import { withDeadline } from "./deadline.ts";
import { StageClock } from "./move-stages.ts";
import { Moves } from "./moves.ts";
import type { ReconcilerParts, StopSignals } from "./reconciler-parts.ts";
import { ReadTimes } from "./read-times.ts";
import { Situations, type Situation } from "./situation.ts";
import { Truth } from "./truth.ts";
import { Waker } from "./waker.ts";

/** A truth younger than this is not read again because a health has changed. Milliseconds. */
const freshMs = 5_000;
/** The least sleep that the end of a reason leads to. Milliseconds. */
const momentMs = 50;
/** How much longer than its own deadline a provider is waited for. Milliseconds. */
const graceMs = 1_000;
/** A provider that cannot be read for so long is no passing trouble: its credentials may be no good any more. Milliseconds. */
const blindMs = 15_000;
/** After a step without an answer it is this long: by then what became of it shows, or never will. Milliseconds. */
const blindAfterStepMs = 60_000;
/** Readings and steps in one pass; more than any move needs. What is left is done in the next pass. */
const turnsMax = 20;

export class Reconciler {
  #parts: ReconcilerParts;
  readonly #truth = new Truth();
  readonly #moves: Moves;
  readonly #waker: Waker;
  #startedAt: number;
  readonly #reads: ReadTimes;
  readonly #stages = new StageClock();
  readonly #decisions: Decisions;
  readonly #situations = new Situations();
  readonly #approvals = new Approvals();
  /** The move that a person has asked for, and until when it may begin. */
  #request: (MoveRequest & { readonly until: number }) | null = null;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#reads = new ReadTimes(parts.random);
    this.#moves = new Moves(parts.random, parts.recovered);
    this.#waker = new Waker(parts.clock);
    this.#startedAt = parts.clock.now();
    this.#decisions = new Decisions(this.#startedAt);
  }

  /** Something has changed: look at all facts again, soon. */
  wake(): void {
    this.#waker.wake();
  }

  /** A member's health has changed: decide on it with a fresh look at who holds the address. */
  wakeAndRead(): void {
    const { at } = this.#truth.facts();
    if (this.#parts.clock.now() - at > freshMs) this.#reads.atOnce();
    this.wake();
  }

  /** Everything seen before is void: a full first round comes first, and who holds the address is asked again. */
  startAfresh(): void {
    this.#startedAt = this.#parts.clock.now();
    this.decideAfresh();
  }

  /** Names of the members that hold the address by the last reading; none when that is not known. */
  get holders(): readonly string[] {
    const { reading } = this.#truth.facts();
    return reading?.kind === "known" ? reading.holders : [];
  }

  facts(): GroupFacts {
    const { group, provider, members, clock, orders, path, agenda } = this.#parts;
    // First, since it may void what was seen before: an answer of the provider may be the first thing after a gap.
    const trust = this.#parts.trust();
    const now = clock.now();
    const { maintenance, drill } = agenda.facts();
    return {
      name: group.name,
      now,
      startedAt: this.#startedAt,
      policy: group.policy,
      capabilities: provider.capabilities,
      trust,
      members: members.facts(now, (member) => orders.ofMember(group.name, member)),
      healthcheck: this.#parts.healthcheck(),
      truth: this.#truth.facts(),
      history: this.#moves.facts(),
      overall: this.#parts.overall(group.name),
      path: path?.facts(now) ?? null,
      pause: orders.pauseOf(group.name),
      maintenance,
      drill,
      answer: this.#approvals.answer,
      request: this.#requestAt(now),
    };
  }

  /** Could anybody take the address over? Asked for in the middle of events, so it does not look at ourselves. */
  get standby(): Standby {
    const { group, members, clock, orders } = this.#parts;
    const now = clock.now();
    const facts = members.facts(now, (member) => orders.ofMember(group.name, member));
    return standbyOf({ members: facts, truth: this.#truth.facts(), now });
  }

  #requestAt(now: number): MoveRequest | null {
    const request = this.#request;
    if (request === null) return null;
    return this.#moves.inFlight?.trigger === "switchover" || now < request.until ? request : null;
  }

  /** A person asks for a move. Whether it can be had is decided on a fresh look. */
  request(request: MoveRequest): void {
    this.#request = { ...request, until: this.#parts.clock.now() + requestMs };
    this.decideAfresh();
  }

  get moves(): Pick<Moves, "instants" | "leftSince"> {
    return this.#moves;
  }

  /** The move that waits for a person, or null. */
  get question(): Question | null {
    return this.#approvals.question;
  }

  /** Answers the move that waits. What follows is planned afresh, on a fresh look at who holds the address. */
  settle(question: Question, verdict: Answer["verdict"], by: string): void {
    this.#approvals.settle(question, verdict, by, this.#parts.clock.now());
    this.decideAfresh();
  }

  /**
   * A person has taken note of what is held back on their account: a change by hand, a move that was rejected or not verified.
   *
   * @returns true when there was something.
   */
  acknowledge(): boolean {
    const { clock, group, path } = this.#parts;
    const now = clock.now();
    const noted = [
      this.#moves.acknowledge(now, group.policy.holdDownMs),
      this.#approvals.forget(),
      path?.acknowledge(now) === true,
    ];
    this.decideAfresh();
    return noted.includes(true);
  }

  /** A move is under way. */
  get isMoving(): boolean {
    return this.#moves.inFlight !== null;
  }

  /**
   * Asked while no step is under way: the move does not get on with its provider, and no step of before can be at work any more, as
   * far as can be known.
   */
  get isStuck(): boolean {
    const { reading } = this.#truth.facts();
    const { isUncertain, isFailing } = this.#moves;
    if (reading?.kind === "known") return reading.busy === null && isFailing && !isUncertain;
    const leastMs = isUncertain ? blindAfterStepMs : blindMs;
    return this.#truth.blindFor(this.#parts.clock.now()) >= leastMs;
  }

  /**
   * Goes on with another config of the same address and members. Who holds the address is asked anew, and a look that is
   * under way does not count, since it was made by the provider of before.
   */
  reload(parts: Pick<ReconcilerParts, "group" | "provider" | "path">): void {
    this.#parts = { ...this.#parts, ...parts };
    this.decideAfresh();
  }

  /** Decides on a fresh look at who holds the address. */
  decideAfresh(): void {
    this.#reads.atOnce();
    this.wake();
  }

  /** The last plan, and since when the group has been in its state. */
  get decision(): Pick<Decisions, "plan" | "stateSince"> {
    return this.#decisions;
  }

  /** What the group stands on at this moment. Null before the first plan. */
  get situation(): Situation | null {
    return this.#situations.at(this.facts(), this.#parts.clock.wallNow());
  }

  async run(signals: StopSignals): Promise<void> {
    while (!this.#patience(signals).aborted) {
      const wakeAt = await this.#pass(signals);
      await this.#waker.sleepUntil(wakeAt, this.#patience(signals));
    }
  }

  /**
   * A move that has taken the address off and not put it anywhere yet is finished even while we are being stopped. What is
   * known of the holders from before that step does not count, and that they have not changed yet does not count for a while.
   */
  #patience(signals: StopSignals): AbortSignal {
    const tookOff = this.#moves.inFlight?.tookOff === true && this.#moves.awaitsReading;
    const mayYet = this.#moves.mayYetTakeOff(this.holders, this.#parts.clock.now() - blindAfterStepMs);
    return tookOff || mayYet ? signals.giveUp : this.#stepsEnd(signals);
  }

  /** Aborted when no step may be begun any more: at once when we stop, and later when the address is nowhere by our own hand. */
  #stepsEnd(signals: StopSignals): AbortSignal {
    const known = { truth: this.#truth.facts(), history: this.#moves.facts() };
    return isHolderless(known) ? signals.giveUp : signals.stop;
  }

  /** @returns when to look again without an event. */
  async #pass(signals: StopSignals): Promise<number> {
    for (let turn = 0; turn < turnsMax; turn++) {
      this.#parts.onTurn();
      if (this.#parts.clock.now() >= this.#reads.next) await this.#read(this.#patience(signals));
      const next = this.#decide();
      if (next.kind === "hold") return this.#wakeAt(next.until);
      if (this.#patience(signals).aborted) return this.#reads.next;
      if (next.kind === "ask") {
        this.#reads.atOnce();
        continue;
      }
      if (this.#stepsEnd(signals).aborted) return this.#lookSoon();
      if (this.#parts.group.policy.mode === "shadow") return this.#reads.next;
      // Right before a step: what people have told another process of ours counts as well.
      if (this.#parts.orders.refresh()) continue;
      await this.#act(next, signals.abort);
    }
    return this.#reads.next;
  }

  /** There is nothing to do but to see whether the address is gone. @returns when. */
  #lookSoon(): number {
    this.#reads.atOnce();
    return this.#parts.clock.now() + freshMs;
  }

  /** When a reason or something on the calendar ends; a moment later if that is now, so that nobody runs in circles. */
  #wakeAt(until: number | null): number {
    const next = Math.min(until ?? Infinity, this.#parts.agenda.changesAt);
    return Math.min(Math.max(next, this.#parts.clock.now() + momentMs), this.#reads.next);
  }

  #decide(): Plan {
    const facts = this.facts();
    const next = plan(facts);
    const move = this.#moves.inFlight;
    const outcome = move === null ? null : moveOutcome(move, facts, next);
    if (move === null || outcome === null) {
      this.#tell(next);
      this.#ask(next);
      this.#parts.agenda.look(facts, next);
      this.#note(facts, next);
      return next;
    }
    this.#endMove(move, outcome);
    return this.#decide();
  }

  #endMove(move: Move, outcome: MoveOutcome): void {
    this.#moves.end();
    const { path, clock, emit, group, onIdle } = this.#parts;
    const now = clock.now();
    const isSeen = path !== null && outcome === "completed" && move.trigger !== "pool";
    const stages = this.#stages.end(move, isSeen, now);
    const [member] = move.to;
    const { startedAt, trigger } = move;
    if (isSeen && member !== undefined) path.moved({ member, startedAt }, trigger === "next-member", now);
    if (trigger === "switchover") this.#request = null;
    emit({ type: "move-ended", group: group.name, move, outcome, stages });
    onIdle();
  }

  /** Once for each change of rule, step or reason, not every round. */
  #tell(next: Plan): void {
    const { group, emit, clock } = this.#parts;
    const news = this.#decisions.take(next, clock.now());
    if (news === null || next.kind === "ask") return;
    const carriedOut = next.kind === "act" && group.policy.mode !== "shadow";
    emit({ type: "decision", group: group.name, plan: next, carriedOut, ...news });
  }

  #ask(next: Plan): void {
    const { clock, group, emit } = this.#parts;
    const question = this.#approvals.take(next, clock.now(), clock.wallNow());
    if (question !== null) emit({ type: "question", group: group.name, question });
  }

  /** Once for each change of what would be told of the group, not every round. */
  #note(facts: GroupFacts, next: Plan): void {
    if (next.kind === "ask") return;
    const { clock, orders, emit } = this.#parts;
    const parts = { facts, plan: next, question: this.question, pausedAll: orders.pauseOfAll !== null };
    const situation = this.#situations.take(parts, clock.wallNow());
    if (situation !== null) emit({ type: "situation", group: facts.name, situation });
  }

  async #act(act: Act, abort: AbortSignal): Promise<void> {
    const { group, provider, members, clock, emit } = this.#parts;
    const present = presentHolders(this.facts()).map((member) => member.name);
    const begun = this.#moves.head(act.goal, present, clock.now());
    if (begun !== null) {
      this.#approvals.use();
      this.#stages.begin(begun, members, clock.now());
      emit({ type: "move-started", group: group.name, move: begun });
    }
    const takesOff = act.step.kind === "detach" && group.policy.order === "detach-first";
    const { step, why } = act;
    emit({ type: "step-started", group: group.name, step, why, to: act.goal.holders, takesOff });

    const startedAt = clock.now();
    const effect = await this.#bounded(provider.capabilities.stepDeadlineMs, abort, (signal) =>
      provider.execute(step, signal),
    ).catch((error: unknown): Effect => ({ kind: "uncertain", detail: errorText(error) }));
    const endedAt = clock.now();

    const waitMs = this.#moves.noteEffect(step, effect, endedAt, takesOff);
    if (waitMs !== null) this.#refuse(step.member, effect.detail, waitMs);
    this.#reads.atOnce();
    const durationMs = endedAt - startedAt;
    emit({ type: "step-ended", group: group.name, step, effect, durationMs });
  }

  /** The provider has not given the address to this member, so others are asked for first. */
  #refuse(member: string, detail: string, waitMs: number): void {
    const { members, clock } = this.#parts;
    // A person who is asked for another one needs time to answer.
    const leastMs = asksSomebody(this.facts()) ? questionMs : 0;
    members.refuse(member, detail, clock.now(), { waitMs, leastMs });
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { group, provider, members, clock, emit } = this.#parts;
    const startedAt = clock.now();
    const reading = await this.#bounded(provider.capabilities.readDeadlineMs, signal, (bounded) =>
      provider.read(bounded),
    ).catch((error: unknown): Reading => ({ kind: "unknown", detail: errorText(error) }));
    // Cut short because we stop: that says nothing about the provider.
    if (signal.aborted) return;
    // Asked for by a config of before: who is what may have another name now.
    if (provider !== this.#parts.provider) return;
    const now = clock.now();
    this.#reads.after(reading, now);

    const isFirst = reading.kind === "known" && !this.#truth.isAnswered;
    const change = this.#truth.take(reading, now);
    const changed = isFirst || change !== null || this.#moves.awaitsReading;
    emit({ type: "reading", group: group.name, reading, durationMs: now - startedAt, isFirst, changed });
    if (reading.kind === "unknown") return;
    if (change === null) this.#parts.path?.holdersRead([...reading.holders, ...reading.foreign]);
    else this.#takeChange(change, now);
    if (reading.busy !== null) return;
    const seen = this.#moves.noteSeen(reading.holders, now);
    if (seen === null) return;
    const { step, waitMs } = seen;
    if (waitMs !== null) this.#refuse(step.member, "the last attempt had no effect", waitMs);
    else if (step.kind !== "detach") members.accept(step.member);
  }

  /** Who moves the address by hand while we are at it has the last word: our own move ends there. */
  #takeChange(change: HolderChange, now: number): void {
    const ours = this.#moves.noteChange(change, now);
    this.#parts.path?.holdersChanged(change.to, now);
    this.#parts.emit({ type: "holders", group: this.#parts.group.name, ...change, ours });
    const move = this.#moves.inFlight;
    if (!ours && move !== null) this.#endMove(move, "abandoned");
  }

  /** A provider keeps its own deadlines; this one, a little later, holds even if it does not. */
  #bounded<T>(ms: number, abort: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(this.#parts.clock, ms + graceMs, abort, work);
  }
}
