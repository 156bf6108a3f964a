/** What one process of the daemon has been told of one group: all that a decision of it may rest on. */
import { isDeepStrictEqual } from "node:util";
import type { Reading } from "../../src/core/address.ts";
import type { Healthcheck } from "../../src/core/target.ts";
import type { Move } from "../../src/core/facts.ts";
import type { Trigger } from "../../src/core/rules.ts";
import type { MoveOutcome } from "../../src/core/move.ts";
import type { RestoredMoves } from "../../src/daemon/moves.ts";
import type { Outcome } from "../../src/core/cause.ts";
import { identityOf, probedBy, type WrittenGroup } from "./config-file.ts";
import { EvidenceBook } from "./evidence-book.ts";
import type { OrderBook } from "./orders.ts";
import type { SimProcess } from "./process.ts";
import type { SimConfig } from "./setup.ts";
import type { StepCall, TruthChange } from "./truth.ts";

/** So long after a step, and the time that it may take itself, the daemon may still take a change for its own. Milliseconds. */
const echoMs = 1_000_000;
/** More than an hour may have. */
const stepTimesKept = 200;

export class GroupView {
  /** The one in force: a move ends by the config that it began with. */
  config: SimConfig;
  readonly identity: string;
  readonly process: SimProcess;
  /** When the first round of probes began. */
  startedAt: number;
  books: ReadonlyMap<string, EvidenceBook>;
  /** It is not known yet how members are to be probed. */
  awaitsCheck: boolean;
  /** The last reading, when it came in the process's time, and which version of the truth it showed. */
  reading: { readonly is: Reading; readonly at: number; readonly version: number | null } | null = null;
  /** Holders and strangers of the last reading that knew them. */
  #known: { readonly names: string; readonly version: number } | null = null;
  /** The call that has not been answered. */
  executing: StepCall | null = null;
  stepTimes: number[] = [];
  /** When a reading first showed a change that only other people made, and no step has been taken since. */
  handAt: number | null = null;
  /** The move in flight has taken the address off with nobody else having it. */
  tookOff = false;
  /** The times at which moves off a member were first seen to have worked. */
  moveTimes: number[] = [];
  stoppedAt: number | null = null;
  /** The last call: has a reading come after it, and has it changed anything in truth? */
  lastCall: { readonly call: StepCall; seen: boolean; worked: boolean } | null = null;
  /** The moves of the processes before this one that the journal tells it of, at the world's time. */
  inherited: readonly number[] = [];
  /** When a person last said yes to a move that waited. */
  approvedAt: number = -Infinity;
  /** To whom the move under way goes that a person had to approve. Null: there is none. */
  approvedTo: readonly string[] | null = null;
  /** Probes through the address that failed in a row since the last move, and when that ended. */
  pathFails = 0;
  movedAt: number = -Infinity;
  /** What a person has asked for last. */
  asked: { readonly member: string; readonly at: number } | null = null;
  /** To whom the switchover under way goes. */
  switchingTo: string | null = null;
  /** To whom the move of a drill goes that is under way. */
  drillingTo: string | null = null;
  /** The drill under way. */
  drill: { readonly phase: "out" | "away"; readonly home: string; readonly away: string } | null = null;
  readonly orders: OrderBook;
  /** A move is under way, also one of the process before. */
  isMoving = false;
  /** The kind of move that the journal has told it of as under way. */
  takenUp: Trigger | null = null;
  /** It has left the config, or another group has taken its name: it only ends what it must. */
  isLeaving = false;
  /** It was let go with nothing under way, so that nothing more is heard of it. */
  endedAt: number = Infinity;
  /** The config has a group of its name. */
  isWanted = true;
  /** Taken over when the move under way has ended. */
  #waiting: WrittenGroup | null = null;
  /** What is stored with its address, as far as it is probed by that. */
  #check: Healthcheck | null = null;
  #moving = false;
  #counted = false;

  /** @param before the one of the same process that it takes the place of. */
  constructor(group: WrittenGroup, process: SimProcess, orders: OrderBook, before: GroupView | null = null) {
    this.config = group.config;
    this.identity = identityOf(group);
    this.process = process;
    this.orders = orders;
    this.awaitsCheck = group.follows;
    this.startedAt = process.now();
    this.books = booksOf(group.config);
    if (before === null) return;
    this.executing = before.executing;
    // What the provider stores is asked for anew, and so are members that the config had not meanwhile.
    if (before.isWanted && !group.follows) this.books = booksOf(group.config, before);
  }

  /** From now on members are probed by this; what was seen before was asked otherwise. */
  probedBy(check: Healthcheck): void {
    this.#check = check;
    this.config = probedBy(this.config, check);
    this.awaitsCheck = false;
    this.startedAt = this.process.now();
    this.books = booksOf(this.config);
  }

  /** Another config of the same group: it counts from now on, or when the move under way has ended. */
  reload(group: WrittenGroup): void {
    this.#waiting = group;
    if (!this.isMoving) this.#takeOver();
  }

  /** Its address is left as it is, but for what a move of its own has taken off. */
  letGo(): void {
    this.isLeaving = true;
    if (!this.isMoving) this.endedAt = this.process.now();
    this.stoppedAt ??= this.process.now();
  }

  #takeOver(): void {
    if (this.#waiting === null) return;
    const { config: written, follows } = this.#waiting;
    this.#waiting = null;
    const before = this.config;
    if (!follows) this.#check = null;
    this.config = this.#check === null ? written : probedBy(written, this.#check);
    // Who begins to follow what is stored is not probed until that has been read.
    const isUnknown = follows && this.#check === null;
    this.awaitsCheck = isUnknown;
    this.books = booksOf(this.config, isUnknown ? null : { config: before, books: this.books });
    // What is seen through the address depends on how its members are probed.
    if (isUnknown || !isDeepStrictEqual(pathOf(before), pathOf(this.config))) this.pathFails = 0;
  }

  /**
   * @param version of the truth that it shows, null when it shows none.
   * @param changes of this group, all of them.
   */
  read(is: Reading, version: number | null, changes: readonly TruthChange[]): void {
    const now = this.process.now();
    this.reading = { is, at: now, version };
    if (is.kind === "unknown" || version === null) return;
    if (this.lastCall !== null && this.executing === null && is.busy === null) this.lastCall.seen = true;
    const names = [...is.holders, ...is.foreign].toSorted().join();
    if (this.#known !== null && this.#known.names !== names) this.pathFails = 0;
    const before = this.#known;
    this.#known = { names, version };
    if (before === null || before.names === names) return;
    const between = changes.filter((change) => change.version > before.version && change.version <= version);
    const byOthers = between.length > 0 && between.every(({ author }) => author.by === "person");
    const idleMs = now - (this.stepTimes.at(-1) ?? -Infinity);
    this.handAt = byOthers && idleMs > echoMs ? now : null;
  }

  /** Nothing that probes said until now counts any more. */
  forget(): void {
    this.startedAt = this.process.now();
    for (const book of this.books.values()) book.forget();
  }

  breakRuns(): void {
    for (const book of this.books.values()) book.breakRun();
  }

  /** What this process took over from the journal. */
  recovered({ inFlight, sent, drill }: RestoredMoves): void {
    this.drill = drill.open;
    this.isMoving = inFlight !== null;
    this.takenUp = inFlight?.trigger ?? null;
    if (inFlight?.trigger === "drill") this.drillingTo = inFlight.to[0] ?? null;
    if (inFlight?.trigger === "switchover") this.switchingTo = inFlight.to[0] ?? null;
    this.tookOff = inFlight?.tookOff === true;
    this.stepTimes = sent.map(({ at }) => at);
  }

  stepCalled(call: StepCall): void {
    const { policy } = this.config;
    const rest = this.holders.filter((name) => name !== call.step.member);
    if (call.step.kind === "detach" && policy.order === "detach-first" && rest.length === 0)
      this.tookOff = true;
    this.executing = call;
    this.lastCall = { call, seen: false, worked: false };
    this.handAt = null;
    this.stepTimes = [...this.stepTimes, this.process.now()].slice(-stepTimesKept);
  }

  worked(call: StepCall): void {
    if (this.lastCall?.call === call) this.lastCall.worked = true;
  }

  moveBegan({ trigger, to }: Move): void {
    // What a drill moves counts neither towards the hold-down nor towards the limit.
    this.#counted = trigger === "drill";
    this.drillingTo = trigger === "drill" ? (to[0] ?? null) : null;
    this.#moving = true;
    this.isMoving = true;
  }

  moveEnded(outcome: MoveOutcome): void {
    this.#moving = false;
    this.tookOff = false;
    this.drillingTo = null;
    if (this.switchingTo !== null) this.asked = null;
    this.switchingTo = null;
    if (outcome !== "abandoned") {
      this.pathFails = 0;
      this.movedAt = this.process.now();
    }
    this.isMoving = false;
    this.#takeOver();
  }

  pathProbed(outcome: Outcome): void {
    if (outcome === "pass") this.pathFails = 0;
    if (outcome === "fail") this.pathFails += 1;
  }

  /** A reading shows a change that a step of ours explains. A move counts once. */
  noteOwnChange(): void {
    if (this.#counted || !this.#moving) return;
    this.#counted = true;
    this.moveTimes = [...this.moveTimes, this.process.now()].slice(-100);
  }

  /** Members that hold the address by the last reading; none when that did not say. */
  get holders(): readonly string[] {
    return this.reading?.is.kind === "known" ? this.reading.is.holders : [];
  }

  /** By our own hand, and by all that this process knows, nobody holds the address. */
  get holderless(): boolean {
    const is = this.reading?.is;
    return this.tookOff && (is?.kind !== "known" || is.holders.length + is.foreign.length === 0);
  }

  isProven(name: string): boolean {
    const forced = this.orders.forced(this.config.name, name, this.process.id);
    if (forced !== null) return forced !== "unhealthy";
    return this.books.get(name)?.isProven(this.process.now()) === true;
  }

  isDead(name: string): boolean {
    const forced = this.orders.forced(this.config.name, name, this.process.id);
    if (forced !== null) return forced !== "healthy";
    return this.books.get(name)?.isDead(this.process.now()) === true;
  }

  /** May the address be moved off this holder to that member? */
  mayLeave(holder: string, to: string): boolean {
    return (
      this.switchingTo === to ||
      this.drillingTo === to ||
      this.isDead(holder) ||
      this.mayFailBack(to, holder) ||
      this.#isBrownedOut(holder) ||
      this.#isUnverified()
    );
  }

  #isBrownedOut(name: string): boolean {
    // A person vouches for it.
    if (this.orders.forced(this.config.name, name, this.process.id) === "healthy") return false;
    const rule = this.config.members.find((member) => member.name === name)?.target.brownOut ?? null;
    return rule?.action === "move" && this.books.get(name)?.mayBeBrownedOut(rule) === true;
  }

  /** The last move has not been seen to work in its time, and the config says to go on to the next member then. */
  #isUnverified(): boolean {
    const { verify } = this.config.policy;
    if (verify === null || verify.otherwise === "hold") return false;
    return this.pathFails > 0 && this.process.now() - this.movedAt >= verify.withinMs;
  }

  /** May the address go back to this member from `holder`, of those that are asked by order of preference? */
  mayFailBack(name: string, holder: string): boolean {
    const { failbackAfterMs } = this.config.policy;
    const order = this.config.members.map((member) => member.name);
    if (this.orders.forced(this.config.name, name, this.process.id) !== null) {
      return failbackAfterMs !== null && order.indexOf(name) < order.indexOf(holder) && this.isProven(name);
    }
    const since = this.books.get(name)?.goodSince ?? null;
    return (
      failbackAfterMs !== null &&
      since !== null &&
      order.indexOf(name) < order.indexOf(holder) &&
      this.process.now() - since >= failbackAfterMs &&
      this.isProven(name)
    );
  }
}

/** Members that are probed as before are known as before. */
function booksOf(
  { members }: SimConfig,
  before: Pick<GroupView, "config" | "books"> | null = null,
): ReadonlyMap<string, EvidenceBook> {
  return new Map(
    members.map((member) => {
      const { name, target } = member;
      const known = before?.config.members.find((each) => each.name === name);
      const book = isDeepStrictEqual(known, member) ? before?.books.get(name) : undefined;
      return [name, book ?? new EvidenceBook(target)];
    }),
  );
}

function pathOf({ path, policy, members }: SimConfig): unknown {
  return [path, policy.verify, members];
}
